"""The house that the tests' Home Assistant is made of: rooms, and devices that can be switched out of reach."""

from __future__ import annotations

from typing import Any

from taskmatrix_ros.bench.home_assistant_server import HomeAssistantServer

FLOORS = {"Downstairs": ("Kitchen", "Living room", "Hall", "Garage"), "Upstairs": ("Bedroom", "Bathroom")}
"""The API of the version under test does not tell an area's floor, so profiles say it."""
AREAS: dict[str, list[str]] = {
    "Kitchen": [],
    "Living room": ["lounge"],
    "Hall": ["hallway"],
    "Bedroom": [],
    "Bathroom": [],
    "Garage": [],
}
LIGHTS = {
    "kitchen_light": ("Kitchen light", "Kitchen", []),
    "kitchen_counter": ("Counter light", "Kitchen", ["worktop light"]),
    "living_room_light": ("Living room light", "Living room", []),
    "reading_lamp": ("Reading lamp", "Living room", ["floor lamp"]),
    "hall_light": ("Hall light", "Hall", []),
    "bedroom_light": ("Bedroom light", "Bedroom", []),
    "bathroom_light": ("Bathroom light", "Bathroom", []),
}


def home_configuration() -> dict[str, Any]:
    """What ``configuration.yaml`` holds."""
    booleans: dict[str, Any] = {name: {"initial": True} for name in LIGHTS}
    booleans |= {f"{name}_reachable": {"initial": True} for name in LIGHTS}
    booleans |= {name: {"initial": False} for name in ("bedroom_heater", "coffee", "fan", "front_door", "player_on")}
    numbers = {f"{name}_level": {"min": 0, "max": 255, "initial": 255} for name in LIGHTS}
    numbers |= {
        "bedroom_temperature": {"min": -20, "max": 50, "step": 0.1, "initial": 21},
        "blind_position": {"min": 0, "max": 100, "initial": 0},
        "garage_position": {"min": 0, "max": 100, "initial": 0},
        "fan_speed": {"min": 0, "max": 100, "initial": 50},
        "player_volume": {"min": 0, "max": 1, "step": 0.01, "initial": 0.3},
    }
    return {
        "homeassistant": {
            "name": "Test home",
            "latitude": 48.1,
            "longitude": 11.5,
            "elevation": 500,
            "unit_system": "metric",
            "currency": "EUR",
            "country": "DE",
            "time_zone": "UTC",
        },
        "automation": [],
        "input_boolean": booleans,
        "input_number": numbers,
        "input_text": {"heard": {"initial": "", "max": 255}},
        "counter": {"presses": None},
        "input_select": {"awning": {"options": ["closed", "opening", "stopped"], "initial": "closed"}},
        "timer": {"laundry": {"duration": 600}},
        "light": [
            {"platform": "template", "lights": {name: _light(name, said) for name, (said, *_) in LIGHTS.items()}}
        ],
        "switch": [{"platform": "template", "switches": {"coffee_machine": _switch("coffee", "Coffee machine")}}],
        "fan": [{"platform": "template", "fans": {"bathroom_fan": _fan()}}],
        "cover": [
            {
                "platform": "template",
                "covers": {
                    "bedroom_blind": _cover("blind_position", "Bedroom blind", "blind"),
                    "garage_door": _cover("garage_position", "Garage door", "garage"),
                    "awning": _slow_cover(),
                },
            }
        ],
        "lock": [
            {
                "platform": "template",
                "name": "Front door",
                "unique_id": "front_door",
                "value_template": "{{ is_state('input_boolean.front_door', 'off') }}",
                "lock": _call("input_boolean.turn_off", "input_boolean.front_door"),
                "unlock": _call("input_boolean.turn_on", "input_boolean.front_door"),
            }
        ],
        "climate": [
            {
                "platform": "generic_thermostat",
                "name": "Bedroom thermostat",
                "unique_id": "bedroom_thermostat",
                "heater": "input_boolean.bedroom_heater",
                "target_sensor": "sensor.bedroom_temperature",
                "min_temp": 7,
                "max_temp": 28,
                "target_temp": 21,
                "target_temp_step": 0.5,
                "initial_hvac_mode": "heat",
            }
        ],
        "media_player": [
            {
                "platform": "universal",
                "name": "Living room speaker",
                "unique_id": "living_room_speaker",
                "device_class": "speaker",
                "state_template": "{{ 'playing' if is_state('input_boolean.player_on', 'on') else 'off' }}",
                "commands": {
                    "turn_on": _call("input_boolean.turn_on", "input_boolean.player_on"),
                    "turn_off": _call("input_boolean.turn_off", "input_boolean.player_on"),
                    "volume_set": {
                        "service": "input_number.set_value",
                        "target": {"entity_id": "input_number.player_volume"},
                        "data": {"value": "{{ volume_level }}"},
                    },
                },
                "attributes": {"volume_level": "input_number.player_volume"},
            }
        ],
        "template": [
            {
                "sensor": [
                    {
                        "name": "Bedroom temperature",
                        "unique_id": "bedroom_temperature",
                        "unit_of_measurement": "°C",
                        "device_class": "temperature",
                        "state": "{{ states('input_number.bedroom_temperature') }}",
                    }
                ]
            }
        ],
        "script": {
            "good_night": {
                "alias": "Good night",
                "sequence": [{"service": "counter.increment", "target": {"entity_id": "counter.presses"}}],
            },
            "weather": {
                "alias": "Weather report",
                "sequence": [
                    {"variables": {"report": {"words": "sunny"}}},
                    {"stop": "done", "response_variable": "report"},
                ],
            },
        },
        "scene": [{"name": "Film", "id": "film", "entities": {"input_boolean.reading_lamp": "off"}}],
    }


def furnish(server: HomeAssistantServer) -> None:
    """Make floors and areas, and put the devices into them; once, over the server's own API."""
    server.commands([{"type": "config/floor_registry/create", "name": name} for name in FLOORS])
    there = {area["name"].casefold(): area["area_id"] for area in server.command("config/area_registry/list")}
    made = server.commands(
        [
            {"type": "config/area_registry/update", "area_id": there[name.casefold()], "name": name, "aliases": said}
            if name.casefold() in there  # onboarding makes some
            else {"type": "config/area_registry/create", "name": name, "aliases": said}
            for name, said in AREAS.items()
        ]
    )
    areas = {area["name"]: area["area_id"] for area in made}
    places = {f"light.{name}": (area, said) for name, (_, area, said) in LIGHTS.items()}
    places |= {
        "switch.coffee_machine": ("Kitchen", []),
        "fan.bathroom_fan": ("Bathroom", []),
        "cover.bedroom_blind": ("Bedroom", []),
        "cover.garage_door": ("Garage", []),
        "cover.awning": ("Garage", []),
        "lock.front_door": ("Hall", ["main door"]),
        "climate.bedroom_thermostat": ("Bedroom", []),
        "sensor.bedroom_temperature": ("Bedroom", []),
        "media_player.living_room_speaker": ("Living room", []),
    }
    server.commands(
        [
            {
                "type": "config/entity_registry/update",
                "entity_id": entity_id,
                "area_id": areas[area],
                "aliases": said,
            }
            for entity_id, (area, said) in places.items()
        ]
    )
    shown = [*places, "script.good_night", "script.weather", "scene.film"]
    server.command("homeassistant/expose_entity", assistants=["conversation"], entity_ids=shown, should_expose=True)


def _call(service: str, entity_id: str) -> dict[str, Any]:
    return {"service": service, "target": {"entity_id": entity_id}}


def _light(name: str, said: str) -> dict[str, Any]:
    return {
        "friendly_name": said,
        "unique_id": name,
        "value_template": f"{{{{ is_state('input_boolean.{name}', 'on') }}}}",
        "level_template": f"{{{{ states('input_number.{name}_level') | float | int }}}}",
        "availability_template": f"{{{{ is_state('input_boolean.{name}_reachable', 'on') }}}}",
        "turn_on": _call("input_boolean.turn_on", f"input_boolean.{name}"),
        "turn_off": _call("input_boolean.turn_off", f"input_boolean.{name}"),
        "set_level": [
            {
                "service": "input_number.set_value",
                "target": {"entity_id": f"input_number.{name}_level"},
                "data": {"value": "{{ brightness }}"},
            },
            _call("input_boolean.turn_on", f"input_boolean.{name}"),
        ],
    }


def _switch(name: str, said: str) -> dict[str, Any]:
    return {
        "friendly_name": said,
        "unique_id": name,
        "value_template": f"{{{{ is_state('input_boolean.{name}', 'on') }}}}",
        "turn_on": _call("input_boolean.turn_on", f"input_boolean.{name}"),
        "turn_off": _call("input_boolean.turn_off", f"input_boolean.{name}"),
    }


def _fan() -> dict[str, Any]:
    return {
        "friendly_name": "Bathroom fan",
        "unique_id": "bathroom_fan",
        "value_template": "{{ is_state('input_boolean.fan', 'on') }}",
        "percentage_template": "{{ states('input_number.fan_speed') | int }}",
        "turn_on": _call("input_boolean.turn_on", "input_boolean.fan"),
        "turn_off": _call("input_boolean.turn_off", "input_boolean.fan"),
        "set_percentage": {
            "service": "input_number.set_value",
            "target": {"entity_id": "input_number.fan_speed"},
            "data": {"value": "{{ percentage }}"},
        },
    }


def _slow_cover() -> dict[str, Any]:
    """One that goes on moving until it is told to stop."""

    def to(option: str) -> dict[str, Any]:
        return {
            "service": "input_select.select_option",
            "target": {"entity_id": "input_select.awning"},
            "data": {"option": option},
        }

    return {
        "friendly_name": "Awning",
        "unique_id": "awning",
        "device_class": "awning",
        "value_template": "{{ states('input_select.awning') | replace('stopped', 'open') }}",
        "open_cover": to("opening"),
        "close_cover": to("closed"),
        "stop_cover": to("stopped"),
    }


def _cover(number: str, said: str, device_class: str) -> dict[str, Any]:
    def to(value: str) -> dict[str, Any]:
        return {
            "service": "input_number.set_value",
            "target": {"entity_id": f"input_number.{number}"},
            "data": {"value": value},
        }

    return {
        "friendly_name": said,
        "unique_id": number,
        "device_class": device_class,
        "position_template": f"{{{{ states('input_number.{number}') | float | int }}}}",
        "open_cover": to("100"),
        "close_cover": to("0"),
        "stop_cover": [],
        "set_cover_position": to("{{ position }}"),
    }
