"""A small home that the tests of the home's grammar talk about, and a planner over it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from taskmatrix_ros.app.home.home_planning import home_manifests
from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.planner.home.home_reader import HomeReader
from taskmatrix_ros.planner.offline_planner import OfflinePlanner
from taskmatrix_ros.planner.timed.timed_reader import TimedReader
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot
from taskmatrix_ros.registry.home_state import home_state
from taskmatrix_ros.registry.registry import Registry

NOW = datetime(2026, 5, 4, 18, 30, tzinfo=UTC)

HOME: dict[str, Any] = {
    "floors": [
        {"id": "ground", "name": "Ground Floor", "aliases": ["downstairs"]},
        {"id": "upper", "name": "Upper Floor", "aliases": ["upstairs"]},
    ],
    "areas": [
        {"id": "kitchen", "name": "Kitchen", "floor": "ground"},
        {"id": "hall", "name": "Hall", "aliases": ["hallway"], "floor": "ground"},
        {"id": "lounge", "name": "Lounge", "aliases": ["living room"], "floor": "ground"},
        {"id": "bedroom", "name": "Bedroom", "floor": "upper"},
        {"id": "bath", "name": "Bathroom", "floor": "upper"},
        {"id": "garage", "name": "Garage", "floor": "ground"},
    ],
    "entities": [
        {"entity_id": "light.stove", "name": "Stove Spots", "area": "kitchen", "state": "on", "attributes": {"brightness": 102}},
        {"entity_id": "light.table", "name": "Dinner Table", "area": "kitchen", "state": "off"},
        {"entity_id": "light.hall", "name": "Hall Light", "area": "hall", "state": "on", "attributes": {"brightness": 255}},
        {"entity_id": "light.reading", "name": "Reading Lamp", "area": "lounge", "state": "off"},
        {"entity_id": "light.corner", "name": "Corner Lamp", "aliases": ["big lamp"], "area": "lounge", "state": "on", "attributes": {"brightness": 51}},
        {"entity_id": "light.bed_left", "name": "Bedside Lamp Left", "area": "bedroom", "state": "on", "attributes": {"brightness": 128}},
        {"entity_id": "light.bed_right", "name": "Bedside Lamp Right", "area": "bedroom", "state": "off"},
        {"entity_id": "light.vault", "name": "Vault Lamp", "area": "bedroom", "state": "off", "exposed": False},
        {"entity_id": "switch.kettle", "name": "Kettle", "area": "kitchen", "state": "off"},
        {"entity_id": "fan.bedroom", "name": "Ceiling Fan", "area": "bedroom", "state": "on", "attributes": {"percentage": 40, "percentage_step": 20}},
        {"entity_id": "fan.bath", "name": "Ceiling Fan", "area": "bath", "state": "off"},
        {"entity_id": "cover.left", "name": "Left Blind", "area": "lounge", "state": "open", "attributes": {"device_class": "blind", "current_position": 60}},
        {"entity_id": "cover.right", "name": "Right Blind", "area": "lounge", "state": "closed", "attributes": {"device_class": "blind", "current_position": 0}},
        {"entity_id": "cover.garage", "name": "Garage Door", "area": "garage", "state": "closed", "attributes": {"device_class": "garage"}},
        {"entity_id": "lock.front", "name": "Front Door", "area": "hall", "state": "unlocked"},
        {"entity_id": "lock.back", "name": "Back Door", "area": "kitchen", "state": "locked"},
        {"entity_id": "climate.lounge", "name": "Lounge Thermostat", "area": "lounge", "state": "heat", "attributes": {"temperature": 20, "current_temperature": 19.5, "min_temp": 7, "max_temp": 30, "hvac_modes": ["off", "heat", "auto"]}},
        {"entity_id": "climate.bedroom", "name": "Bedroom Radiator", "area": "bedroom", "state": "heat", "attributes": {"temperature": 18, "current_temperature": 17, "min_temp": 7, "max_temp": 30}},
        {"entity_id": "media_player.tv", "name": "TV", "area": "lounge", "state": "playing", "attributes": {"volume_level": 0.4, "device_class": "tv"}},
        {"entity_id": "media_player.kitchen", "name": "Kitchen Speaker", "area": "kitchen", "state": "idle", "attributes": {"volume_level": 0.2, "device_class": "speaker"}},
        {"entity_id": "vacuum.dusty", "name": "Dusty", "area": "hall", "state": "docked"},
        {"entity_id": "scene.film", "name": "Film Night"},
        {"entity_id": "todo.errands", "name": "Errands"},
        {"entity_id": "binary_sensor.window", "name": "Kitchen Window", "area": "kitchen", "state": "on", "attributes": {"device_class": "window"}},
        {"entity_id": "binary_sensor.smoke", "name": "Hall Smoke", "area": "hall", "state": "off", "attributes": {"device_class": "smoke"}},
        {"entity_id": "sensor.bath", "name": "Bath Air", "area": "bath", "state": "61", "attributes": {"device_class": "humidity", "unit_of_measurement": "%"}},
        {"entity_id": "person.ada", "name": "Ada", "state": "home"},
        {"entity_id": "person.ben", "name": "Ben", "state": "not_home"},
        {"entity_id": "weather.home", "name": "Forecast", "state": "cloudy", "attributes": {"temperature": 12, "temperature_unit": "°C"}},
    ],
    "timers": [
        {"name": "pasta", "start_minutes": 9, "total_seconds_left": 250, "is_active": True},
        {"area": "kitchen", "start_minutes": 30, "total_seconds_left": 1200, "is_active": False},
    ],
}  # fmt: skip


class HomeDesk:
    """A planner over a home, asked in one line."""

    def __init__(self, home: dict[str, Any] | None = None, *, timed: bool = False) -> None:
        self.home = HomeSnapshot.parse(json.dumps(home or HOME))
        registry = Registry()
        registry.load(home_manifests())
        readers = (TimedReader(registry, self.home),) if timed else ()
        self.planner = OfflinePlanner(registry, [HomeReader(self.home)], readers)

    def plan(self, text: str, area: str = "") -> tuple[str, str]:
        """Give what becomes of a text: ``planned`` and the code in one line, or another status and what is said."""
        context = PlanningContext(state=home_state(self.home), now=NOW, area=area)
        try:
            planned = self.planner.plan(Instruction(text=text, area=area), context)
        except ClarificationNeeded as error:
            return "ambiguous", error.question
        except PlanningError as error:
            return ("ambiguous" if error.error_code == "AMBIGUOUS" else "refused"), error.message
        if planned.code is None:
            return "answered", planned.answer
        return "planned", planned.code.source.replace("\n", "; ")

    def code(self, text: str, area: str = "") -> str:
        """Give the code of a text that is planned."""
        status, said = self.plan(text, area)
        assert status == "planned", f"{text}: {status}: {said}"
        return said
