"""Conditions: functions of the home's time, and what can never be right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from virtual_home import VirtualHome

from taskmatrix_ros.app.rules.rule_reader import parse_rules
from taskmatrix_ros.core.errors import ConfigError, ManifestError
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.rules.condition import parse_condition
from taskmatrix_ros.rules.condition_state import ConditionState
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.rule_check import type_problem

BERLIN = HomePlace(time_zone="Europe/Berlin", country="DE")


@pytest.mark.parametrize(
    ("condition", "moment", "holds"),
    [
        ('time_between("22:00", "06:00")', "2026-12-24T04:59:59Z", True),
        ('time_between("22:00", "06:00")', "2026-12-24T05:00:00Z", False),
        ('time_between("06:00", "22:00")', "2026-07-01T04:00:00Z", True),  # summer time
        ('weekday("sat", "sun")', "2026-12-25T23:30:00Z", True),
        ('weekday("sat", "sun")', "2026-12-25T22:30:00Z", False),
        ("holiday()", "2026-12-25T12:00:00Z", True),
        ("!holiday()", "2026-12-24T12:00:00Z", True),
        ('holiday() || weekday("thu")', "2026-12-24T12:00:00Z", True),
        ('state["home.holiday"] != null', "2026-12-31T23:30:00Z", True),
    ],
)
def test_functions_of_the_homes_time(condition: str, moment: str, holds: bool) -> None:
    now = datetime.fromisoformat(moment)
    world = ConditionState({}, now, BERLIN, {})
    assert parse_condition(condition).holds(world, {}, now=now)[0] is holds


def test_without_a_country_no_day_is_a_holiday() -> None:
    now = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert not parse_condition("holiday()").holds(ConditionState({}, now, HomePlace(), {}), {}, now=now)[0]
    with pytest.raises(ValueError, match="no known holidays"):
        HomePlace(country="XX")
    assert HomePlace(country="DE-BY").holiday(datetime(2026, 1, 6, tzinfo=UTC).date())


def test_age_counts_from_the_last_change_also_over_a_kill(tmp_path: Path) -> None:
    home = VirtualHome(tmp_path / "home.sqlite")
    home.add(
        "{id: long_on, mode: parallel, triggers: [{kind: event, event: look}], action: {code: x()},"
        " condition: 'age_s(\"hall.light\") >= 600'}"
    )
    home.set("hall.light", "on")
    home.wait(599)
    home.set("hall.light", "on")
    home.engine.event("look", {}, home.now)
    assert home.began == []
    home.die(away_s=1)
    home.set("hall.light", "on")
    home.engine.event("look", {}, home.now)
    assert len(home.began) == 1
    home.set("hall.light", "off")
    home.engine.event("look", {}, home.now)
    assert len(home.began) == 1
    home.database.close()


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('time_between("22:00")', "takes two times"),
        ('time_between("22:00", "24:30")', "hours go to 23"),
        ('weekday("saturday")', "knows mon, tue"),
        ("age_s(5)", "takes texts in quotes"),
        ("age_s()", "one key of state"),
        ('holiday("DE")', "home.country"),
        ('weekday("sat"', "not closed"),
    ],
)
def test_a_function_that_is_given_the_wrong_thing(condition: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_condition(condition)


@pytest.mark.parametrize(
    ("condition", "right"),
    [
        ('state["a.b"] < 5', True),
        ('state["a.b"] < 5 && state["c.d"] == "on"', True),
        ('state["a.b"] == null || state["a.b"] > 3', True),
        ('state["a.b"] < "x" && state["a.b"] > 3', False),
        ('"x" < 5', False),
        ('state["home.time"] > 7', False),
        ('state["home.weekday"] in ["sat"]', True),
        ('age_s("a.b") > "long"', False),
        ('state["a.b"] + 1', False),
        ('state["out.temperature_c"] < 5', True),
        ('state["out.temperature_c"] < "cold"', False),
        ('state["light.hall.state"] > 3', False),
    ],
)
def test_a_condition_that_compares_what_cannot_be_compared(condition: str, right: bool) -> None:
    types = {"out.temperature_c": ValueType.NUMBER, "light.{light}.state": ValueType.STRING}
    assert (type_problem(parse_condition(condition), types) is None) is right


def test_such_a_condition_is_refused_in_a_file() -> None:
    text = "{id: x, triggers: [{kind: event, event: e}], condition: 'state[\"home.time\"] > 7', action: {code: x()}}"
    with pytest.raises(ManifestError, match="can never be true or false"):
        parse_rules(text, "test", HomePlace())
