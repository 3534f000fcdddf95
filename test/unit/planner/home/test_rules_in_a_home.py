"""What is said of times and states in a home becomes rules over its entities."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from taskmatrix_ros.app.home.home_planning import home_manifests, home_state
from taskmatrix_ros.bench.sentences import sentences_home
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.grammar.sentence_reader import calls_in
from taskmatrix_ros.planner.home.home_reader import HomeReader
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.timed.timed_reader import TimedReader
from taskmatrix_ros.registry.registry import Registry

NOW = datetime(2026, 3, 3, 18, 30, tzinfo=ZoneInfo("Europe/Berlin"))
WARMTH = "climate.living_room.current_temperature_c"


@cache
def planner() -> OfflinePlanner:
    home = sentences_home()
    registry = Registry()
    registry.load(home_manifests())
    return OfflinePlanner(registry, [HomeReader(home)], utterance_readers=(TimedReader(registry, home),))


def rules(text: str) -> list[Rule]:
    context = PlanningContext(now=NOW, zone="Europe/Berlin", state=home_state(sentences_home()))
    planned = planner().plan(Instruction(text=text), context)
    assert planned.code is not None
    calls = list(calls_in(planned.code.source))
    assert all(call.api == "rule_add" for call in calls)
    return [Rule.model_validate(call.arguments["rule"]) for call in calls]


@pytest.mark.parametrize(
    ("text", "trigger"),
    [
        ("make the lounge 20 degrees if it is below 18", {"key": WARMTH, "below": 18}),
        ("turn on the heating in the lounge if it's below 18", {"key": WARMTH, "below": 18}),
        ("turn on the heating if it is below 18 in the lounge", {"key": WARMTH, "below": 18}),
        ("if the living room is below 18 degrees tell me", {"key": WARMTH, "below": 18}),
        (
            "turn on the bedroom fan when it is above 25 degrees in there for 10 minutes",
            {"key": "climate.bedroom.current_temperature_c", "above": 25, "for_s": 600},
        ),
        ("make the lounge 20 degrees if it is below 18 outside", {"key": "weather.home.temperature_c", "below": 18}),
        ("turn off the kitchen light if it's below 5", {"key": "weather.home.temperature_c", "below": 5}),
        ("when the garage door opens turn on the hall light", {"key": "cover.garage_door.state", "to": ["open"]}),
    ],
)
def test_how_warm_it_is_is_that_of_the_room_that_is_meant(text: str, trigger: dict[str, object]) -> None:
    (rule,) = rules(text)
    plain = rule.triggers[0].model_dump(mode="json", exclude_defaults=True)
    assert {name: value for name, value in plain.items() if name != "kind"} == trigger


def test_at_a_time_it_is_asked_how_warm_that_room_is() -> None:
    (rule,) = rules("make the lounge 20 degrees at 7 am if it is below 18")
    assert rule.condition == f'state["{WARMTH}"] < 18'


def test_each_part_has_its_time() -> None:
    on, off = rules("every day at 8 turn on the kitchen lights and turn them off at 9")
    assert [getattr(rule.triggers[0], "at", None) for rule in (on, off)] == ["08:00", "09:00"]
    assert "light_turn_off" in str(off.action.code)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("when the front door opens turn on the hall light", "the front door"),  # a lock tells nothing of that
        ("set the lounge to 22 in 10 minutes and then back to 20", "percent or degrees"),
        ("set the lounge to 22 degrees in 10 minutes and then back to 20 degrees", "When shall I set the lounge to 20"),
        ("turn on the office lights when it is below 15 degrees over there", "in there|over there"),
    ],
)
def test_what_is_not_clear_is_refused(text: str, named: str) -> None:
    with pytest.raises(PlanningError, match=named):
        rules(text)
