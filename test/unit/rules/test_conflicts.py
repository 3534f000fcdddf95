"""Two rules that would set one thing differently at one moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.rules.conflicts import Conflict, conflict_of
from taskmatrix_ros.rules.home_place import HomePlace

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def rule(name: str, trigger: dict[str, Any], condition: str | None = None, priority: int = 0) -> Rule:
    given = {"id": name, "triggers": [trigger], "condition": condition, "action": {"code": "x()"}, "priority": priority}
    return Rule.model_validate(given)


def state(key: str, **fields: Any) -> dict[str, Any]:
    return {"kind": "state", "key": key, **fields}


def look(one: Rule, other: Rule, mine: Any = 20.0, theirs: Any = 16.0) -> Conflict | None:
    return conflict_of(one, {"ac.setpoint_c": mine}, other, {"ac.setpoint_c": theirs}, NOW, HomePlace())


HOT, AT_SEVEN = state("room.temperature_c", above=25), {"kind": "time", "at": "07:00"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rule("a", HOT), rule("b", state("room.temperature_c", above=24))),
        (rule("a", HOT, 'state["p.place"] == "home"'), rule("b", HOT, 'weekday("sat")')),
        (rule("a", HOT, 'state["lux.value"] < 50'), rule("b", HOT, 'state["lux.value"] > 49')),
        (rule("a", AT_SEVEN), rule("b", {"kind": "cron", "expression": "0 7 * * mon"})),
        (rule("a", {"kind": "event", "event": "bell"}), rule("b", {"kind": "event", "event": "bell"})),
        (
            rule("a", state("motion.state", to="on"), 'state["lux.value"] < 50'),
            rule("b", state("door.state", to="off"), 'state["lux.value"] < 10'),
        ),
        (rule("a", {"kind": "any", "of": [HOT, AT_SEVEN]}), rule("b", AT_SEVEN)),
    ],
)
def test_they_are_found_both_ways_round(one: Rule, other: Rule) -> None:
    for first, second in ((one, other), (other, one)):
        found = look(first, second)
        assert found is not None
        assert found.key == "ac.setpoint_c"
        assert found.winner == "a"
        assert f"rule {first.id} sets ac.setpoint_c to 20.0, rule {second.id} sets it to 16.0" in str(found)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rule("a", HOT), rule("b", state("room.temperature_c", below=20))),
        (rule("a", state("motion.state", to="on")), rule("b", state("motion.state", to="off"))),
        (rule("a", state("motion.state", to="on")), rule("b", state("door.state", to="off"))),
        (rule("a", HOT, 'state["p.place"] == "home"'), rule("b", HOT, 'state["p.place"] != "home"')),
        (rule("a", HOT, 'state["lux.value"] < 50'), rule("b", HOT, 'state["lux.value"] >= 50')),
        (rule("a", HOT, 'weekday("sat", "sun")'), rule("b", HOT, 'weekday("mon")')),
        (rule("a", HOT, 'time_between("06:00", "22:00")'), rule("b", HOT, 'time_between("22:00", "06:00")')),
        (rule("a", AT_SEVEN), rule("b", {"kind": "time", "at": "22:00"})),
        (rule("a", AT_SEVEN), rule("b", HOT)),
        (rule("a", HOT, 'state["room.temperature_c"] > 30'), rule("b", HOT, 'state["room.temperature_c"] <= 30')),
    ],
)
def test_what_never_meets_is_no_conflict(one: Rule, other: Rule) -> None:
    assert look(one, other) is None


def test_setting_the_same_is_none_and_priority_decides() -> None:
    one, other = rule("a", HOT), rule("b", HOT, priority=3)
    assert look(one, other, 20.0, 20.0) is None
    found = look(one, other)
    assert found is not None
    assert found.winner == "b"
