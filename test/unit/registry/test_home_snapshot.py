"""A home read from JSON: what is taken, what is refused and how it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from taskmatrix_ros.app.home.home_planning import home_manifests
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.spread import spread
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot
from taskmatrix_ros.registry.home_state import home_state
from taskmatrix_ros.registry.registry import Registry


def parsed(value: Any) -> HomeSnapshot:
    return HomeSnapshot.parse(json.dumps(value))


def test_every_list_may_be_absent() -> None:
    home = parsed({})
    assert (home.floors, home.areas, home.entities, home.timers, home.places, home.objects) == ((),) * 6
    assert home.robot is None
    assert home.now is None


def test_null_stands_for_absent() -> None:
    home = parsed({"floors": None, "areas": [{"id": "a", "name": "A", "aliases": None, "floor": None}], "robot": None})
    assert home.areas[0].aliases == ()


def test_areas_are_named_by_id_or_by_name() -> None:
    home = parsed(
        {
            "areas": [{"id": "k1", "name": "Kitchen", "aliases": ["Galley"]}],
            "entities": [{"entity_id": "light.a", "area": "Galley"}, {"entity_id": "light.b", "area": "k1"}],
        }
    )
    assert [entity.area for entity in home.entities] == ["k1", "k1"]


def test_states_are_texts() -> None:
    entities = [
        {"entity_id": "sensor.a", "state": 21.5},
        {"entity_id": "binary_sensor.b", "state": True},
        {"entity_id": "light.c", "state": None},
    ]
    assert [entity.state for entity in parsed({"entities": entities}).entities] == ["21.5", "on", None]


def test_a_moment_without_zone_is_utc() -> None:
    assert parsed({"now": "2026-01-02T03:04:05"}).now == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_an_entity_without_name_is_called_by_its_id() -> None:
    assert parsed({"entities": [{"entity_id": "light.hall_lamp"}]}).entities[0].names == ("hall lamp",)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "no JSON object"),
        ({"entities": [{"entity_id": "nodomain"}]}, "entities[0].entity_id"),
        ({"entities": [{"name": "x"}]}, "entities[0].entity_id"),
        ({"areas": [{"id": "a", "name": "A"}, {"id": "a", "name": "B"}]}, "area 'a' is there twice"),
        ({"areas": [{"id": "den", "name": "Den"}], "entities": [{"entity_id": "light.x", "area": "denn"}]}, "'den'"),
        ({"areas": [{"id": "a", "name": "A", "floor": "top"}]}, "floor 'top', which is not listed"),
        ({"now": "yesterday"}, "now"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match="home 'home'") as caught:
        parsed(value)
    assert said in caught.value.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        HomeSnapshot.load(tmp_path / "none.json")


def test_a_file_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "home.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="no JSON"):
        HomeSnapshot.load(tmp_path / "home.json")


def test_states_of_what_is_exposed_become_state_keys_in_our_units() -> None:
    home = parsed(
        {
            "entities": [
                {"entity_id": "light.a", "state": "on", "attributes": {"brightness": 51}},
                {"entity_id": "sensor.t", "state": "21.5"},
                {"entity_id": "lock.hidden", "state": "locked", "exposed": False},
                {"entity_id": "cover.c", "state": "unavailable", "attributes": {"current_position": 40}},
            ]
        }
    )
    assert home_state(home) == {
        "light.a.state": "on",
        "light.a.brightness_pct": 20.0,
        "light.a.effect_list": None,
        "light.a.supported_color_modes": None,
        "sensor.t.state": 21.5,
        "cover.c.state": None,
        "cover.c.device_class": None,
        "cover.c.position_pct": 40.0,
    }


@pytest.mark.parametrize(
    ("modes", "brightness_pct", "may"),
    [
        (["onoff"], 40, False),
        (["onoff"], None, True),
        (["onoff"], 0, True),  # that is how it is turned off
        (["brightness"], 40, True),
        (["color_temp", "hs"], 40, True),
        (None, 40, True),  # it does not tell
    ],
)
def test_a_brightness_is_not_set_where_a_light_tells_that_it_has_none(
    modes: list[str] | None, brightness_pct: float | None, may: bool
) -> None:
    attributes = {} if modes is None else {"supported_color_modes": modes}
    state = home_state(parsed({"entities": [{"entity_id": "light.a", "state": "off", "attributes": attributes}]}))
    registry = Registry()
    registry.load(home_manifests())
    document = registry.get("light_turn_on")
    assert document is not None
    arguments = document.with_defaults({"entity_id": ["light.a"], "brightness_pct": brightness_pct})
    verdicts = [
        Expression.parse(condition).decide(state, each, now=datetime.now(UTC))
        for condition in document.requires
        for each in spread(document, arguments)
    ]
    assert all(verdict for verdict, _ in verdicts) is may, verdicts
    if not may:
        assert any("onoff" in evidence for verdict, evidence in verdicts if not verdict)
