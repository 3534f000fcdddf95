"""What Home Assistant tells becomes a home that can be talked of, and documents of what it can do."""

from __future__ import annotations

from typing import Any

import pytest

from taskmatrix_ros.core.binding_spec import HomeAssistant
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.registry.entity_state import entity_state
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot
from taskmatrix_ros.registry.live_home import LiveHome, Registries
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.registry.service_documents import ServiceChoice, service_package

STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "light.desk": ("on", {"friendly_name": "Desk", "brightness": 128}),
    "light.shelf": ("off", {"friendly_name": "Shelf"}),
    "cover.gate": ("closed", {"device_class": "gate"}),
    "sensor.power": ("12", {}),
    "sensor.heat": ("20.5", {"device_class": "temperature"}),
}
REGISTRIES = Registries(
    floors=[{"floor_id": "up", "name": "Upstairs", "aliases": ["first floor"]}],
    areas=[
        {"area_id": "office", "name": "Office", "aliases": ["study"], "floor_id": "up"},
        {"area_id": "cellar", "name": "Cellar", "aliases": []},
    ],
    devices=[{"id": "d1", "area_id": "office"}],
    entities=[
        {"entity_id": "light.desk", "device_id": "d1", "area_id": None, "name": "Desk lamp", "aliases": ["lamp"]},
        {"entity_id": "light.shelf", "device_id": None, "area_id": "cellar", "hidden_by": "user"},
    ],
    floors_of={"Downstairs": (("cellar",), ("below",)), "Upstairs": (("Office",), ("on top",))},
)


def home(expose: Any = "assist", registries: Registries = REGISTRIES) -> LiveHome:
    made = LiveHome(expose)
    made.load(registries)
    made.add(STATES, all_of_them=True)
    return made


def test_names_rooms_and_floors() -> None:
    made = home()
    desk = made.entity("light.desk")
    assert desk is not None
    assert (desk.name, desk.aliases, desk.area, desk.state) == ("Desk lamp", ("lamp",), "office", "on")
    assert {area.id: area.floor for area in made.areas} == {"office": "up", "cellar": "downstairs"}
    assert {floor.id: floor.aliases for floor in made.floors} == {
        "up": ("first floor", "on top"),
        "downstairs": ("below",),
    }


def test_a_snapshot_of_it_can_be_read_again() -> None:
    told = home().snapshot()
    again = HomeSnapshot.parse(told.model_dump_json())
    assert again.entities == told.entities
    assert again.areas == told.areas


@pytest.mark.parametrize(
    ("expose", "exposed", "expected"),
    [
        ("assist", None, {"light.desk", "cover.gate", "sensor.heat"}),
        ("assist", {"light.shelf": {"conversation": True}, "light.desk": {}}, {"light.shelf"}),
        ("all", None, set(STATES)),
        (("light.*",), None, {"light.desk", "light.shelf"}),
    ],
)
def test_what_may_be_named(expose: Any, exposed: Any, expected: set[str]) -> None:
    registries = Registries(**{**vars(REGISTRIES), "exposed": exposed})
    made = home(expose, registries)
    assert {entity.entity_id for entity in made.entities if entity.exposed} == expected


def test_the_revision_rises_with_what_it_consists_of_and_not_with_states() -> None:
    made = home()
    before = made.revision
    made.add({"light.desk": ("off", STATES["light.desk"][1])})
    assert made.revision == before
    desk = made.entity("light.desk")
    assert desk is not None
    assert desk.state == "off"
    made.remove(["light.desk"])
    assert made.revision > before
    assert made.bar(["cover.gate"])
    assert not made.bar(["cover.gate"])
    assert [entity.entity_id for entity in made.entities if entity.exposed] == ["sensor.heat"]


@pytest.mark.parametrize(
    ("entity_id", "state", "attributes", "key", "value"),
    [
        ("light.a", "on", {"brightness": 51}, "light.a.brightness_pct", 20.0),
        ("light.a", "unavailable", {}, "light.a.state", None),
        ("light.a", "on", {"brightness": "very"}, "light.a.brightness_pct", None),
        ("sensor.a", "21.5", {}, "sensor.a.state", 21.5),
        ("sensor.a", "7", {"device_class": "enum"}, "sensor.a.state", "7"),
        ("select.a", "5", {}, "select.a.state", "5"),
        ("climate.a", "heat", {}, "climate.a.min_temperature_c", None),
        ("media_player.a", "on", {"volume_level": 0.25}, "media_player.a.volume_pct", 25.0),
        ("cover.a", "open", {"current_position": 40}, "cover.a.position_pct", 40.0),
    ],
)
def test_states_are_in_our_units(entity_id: str, state: str, attributes: Any, key: str, value: Any) -> None:
    assert entity_state(entity_id, state, attributes)[key] == value


def test_degrees_fahrenheit_become_celsius() -> None:
    told = entity_state("climate.a", "heat", {"temperature": 68, "min_temp": 50}, fahrenheit=True)
    assert told["climate.a.temperature_c"] == 20
    assert told["climate.a.min_temperature_c"] == 10


SERVICES: dict[str, Any] = {
    "light": {
        "turn_on": {"fields": {}, "target": {"entity": [{"domain": ["light"]}]}},
        "sparkle": {
            "description": "Sparkle.",
            "fields": {
                "colour": {"required": True, "selector": {"select": {"options": ["red", "blue"]}}},
                "more": {"fields": {"times": {"selector": {"number": {"min": 1, "max": 9}}}}},
                "1bad": {},
            },
            "target": {"entity": [{"domain": ["light"]}]},
        },
    },
    "lock": {"unlock": {"fields": {}, "target": {"entity": [{"domain": ["lock"]}]}}},
    "cover": {"open_cover": {"fields": {}, "target": {"entity": [{"domain": ["cover"]}]}}},
    "robotarm": {"wave": {"description": "", "name": "Wave", "fields": {}, "response": {"optional": True}}},
    "notify": {"phone": {"description": "Tell the phone.", "fields": {"message": {"required": True}}}},
    "homeassistant": {"restart": {"fields": {}}},
    "shell_command": {"anything": {"fields": {}}},
    "script": {"hidden": {"fields": {}}, "reload": {"fields": {}}},
}


def documents(services: Any = SERVICES, **choice: Any) -> dict[str, Any]:
    chosen = ServiceChoice(**{"barred": ("homeassistant", "shell_command"), **choice})
    package = service_package(services, home().entities, chosen)
    registry = Registry(trusted=["homeassistant"])
    registry.put(package, source="homeassistant")
    return {document.name: document for document in registry.documents()}


def test_each_service_is_a_document_where_there_is_something_to_act_on() -> None:
    made = documents()
    assert sorted(made) == ["cover_open_cover", "light_sparkle", "light_turn_on", "notify_phone", "robotarm_wave"]
    assert made["light_turn_on"].parameters["entity_id"].items.enum == ("light.desk",)
    assert made["light_turn_on"].ensures
    sparkle = made["light_sparkle"]
    assert sparkle.binding == HomeAssistant(kind="homeassistant", service="light.sparkle")
    assert sparkle.parameters["colour"].enum == ("red", "blue")
    assert sparkle.parameters["times"].type is ValueType.NUMBER
    assert (sparkle.parameters["times"].minimum, sparkle.parameters["times"].maximum) == (1, 9)
    assert sparkle.resources == ("{entity_id}",)
    assert made["robotarm_wave"].returns is not None


def test_effects_are_careful() -> None:
    made = documents()
    assert made["robotarm_wave"].effect is Effect.HAZARDOUS
    assert made["notify_phone"].effect is Effect.NOTIFY
    assert made["light_sparkle"].effect is Effect.ACTUATE
    assert made["cover_open_cover"].hazardous_when
    assert documents(effects={"robotarm.*": Effect.ACTUATE})["robotarm_wave"].effect is Effect.ACTUATE


def test_a_profile_may_leave_services_out() -> None:
    assert sorted(documents(allowed=("light.turn_*",))) == ["light_turn_on"]


def test_no_scene_is_made_up_around_what_is_exposed() -> None:
    entities = {"entities": {"required": True, "selector": {"object": None}}}
    scenes = {name: {"fields": entities} for name in ("apply", "create", "delete")}
    assert documents({"scene": scenes}, allowed=("scene.*",), effects={"scene.*": Effect.ACTUATE}) == {}


@pytest.mark.parametrize(
    "field",
    [
        *({"what": {"selector": {kind: None}}} for kind in ("object", "entity", "target", "action", "device", "area")),
        {"more": {"fields": {"what": {"selector": {"entity": {"domain": "lock"}}}}}},
        {"entities": {}},
        {"area_id": {"selector": {"text": None}}},
    ],
)
@pytest.mark.parametrize("domain", ["light", "notify"])
def test_a_field_that_may_name_anything_makes_a_service_hazardous(domain: str, field: dict[str, Any]) -> None:
    target = {"target": {"entity": [{"domain": ["light"]}]}}
    made = documents({domain: {"odd": {"fields": field, **target}, "plain": {"fields": {}, **target}}})
    assert made[f"{domain}_odd"].effect is Effect.HAZARDOUS
    assert made[f"{domain}_plain"].effect in (Effect.ACTUATE, Effect.NOTIFY)


def test_a_described_service_keeps_its_effect_whatever_fields_it_has() -> None:
    services = {"light": {"turn_on": {"fields": {"xy_color": {"selector": {"object": None}}}, "target": {}}}}
    made = documents(services)["light_turn_on"]
    assert made.effect is Effect.ACTUATE
    assert "xy_color" not in made.parameters
