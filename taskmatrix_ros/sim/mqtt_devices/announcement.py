"""How the simulated devices announce themselves: Home Assistant's discovery messages, in the single form."""

from __future__ import annotations

import json
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.air_conditioner import COOLEST_C, WARMEST_C, AirConditioner
from taskmatrix_ros.sim.mqtt_devices.device import Device
from taskmatrix_ros.sim.mqtt_devices.fan import Fan
from taskmatrix_ros.sim.mqtt_devices.light import Light
from taskmatrix_ros.sim.mqtt_devices.opening import Opening
from taskmatrix_ros.sim.mqtt_devices.speaker import Speaker
from taskmatrix_ros.sim.mqtt_devices.television import Television
from taskmatrix_ros.sim.mqtt_devices.thermometer import Thermometer

PREFIX = "homeassistant"

_POWER = {
    "payload_on": '{"power": "on"}',
    "payload_off": '{"power": "off"}',
    "state_on": "on",
    "state_off": "off",
}
_PLAYING = {
    "payload_play": '{"pause": false}',
    "payload_pause": '{"pause": true}',
    "payload_stop": '{"play": null}',
}
_VOLUME = {
    "command_topic": "~/set",
    "command_volume_topic": "~/set",
    "command_volume_template": '{"volume_pct": {{ value }}}',
    "state_volume_topic": "~/state",
    "state_volume_template": "{{ value_json.volume_pct }}",
    "volume_max": 100,
    "command_play_media_topic": "~/set",
    "command_play_media_template": '{"play": {{ media | tojson }}}',
}


def announcement(device: Device) -> tuple[str, str] | None:
    """Give topic and payload of a device's announcement, retained; None for one that announces nothing."""
    described = _described(device)
    if described is None:
        return None
    component, config = described
    _home, *parts = device.topic.split("/")
    ident = f"sim_{'_'.join(parts)}"
    name = " ".join(parts[1:] or parts).replace("_", " ").title()
    room = name if len(parts) > 1 and parts[1] != "front" else ""
    config |= {
        "~": device.topic,
        "name": None,
        "state_topic": "~/state",
        "availability_topic": "~/availability",
        "unique_id": ident,
        "default_entity_id": f"{component}.{'_'.join(parts)}",
        "device": {"identifiers": [ident], "name": _title(device, name), "manufacturer": "taskmatrix_ros simulation"}
        | ({"suggested_area": room} if room else {}),
        "origin": {"name": "taskmatrix_sim"},
    }
    return f"{PREFIX}/{component}/{ident}/config", json.dumps(config)


def _title(device: Device, name: str) -> str:
    kinds = {Light: "Light", Thermometer: "Thermometer", AirConditioner: "", Opening: ""}
    kind = kinds.get(type(device), "")
    special = {"home/ac": "Air Conditioner", "home/tv": "Television"}
    return special.get(device.topic, f"{name} {kind}".strip())


def _described(device: Device) -> tuple[str, dict[str, Any]] | None:
    match device:
        case Light():
            return "light", _light(device)
        case AirConditioner():
            return "climate", _climate()
        case Thermometer():
            value = {"value_template": "{{ value_json.temperature_c }}", "unit_of_measurement": "°C"}
            return "sensor", {**value, "device_class": "temperature", "expire_after": 60}
        case Television():
            return "media_player", {
                **_VOLUME,
                "command_topic": "~/set",
                **_POWER,
                "value_template": "{{ value_json.power }}",
            }
        case Speaker():
            return "media_player", {**_VOLUME, **_PLAYING, "value_template": "{{ value_json.state }}"}
        case Fan():
            return "fan", {"command_topic": "~/set", **_fan()}
        case Opening() if "door" in device.topic:  # no motor moves it
            words = {"payload_on": "open", "payload_off": "closed", "device_class": "door"}
            return "binary_sensor", {"value_template": "{{ value_json.state }}", **words}
        case Opening():
            words = {"payload_open": '{"state": "open"}', "payload_close": '{"state": "closed"}', "payload_stop": None}
            return "cover", {"command_topic": "~/set", "value_template": "{{ value_json.state }}", **words}
    return None


def _fan() -> dict[str, Any]:
    return {
        "command_template": '{"power": "{{ value }}"}',
        "payload_on": "on",
        "payload_off": "off",
        "state_value_template": "{{ value_json.power }}",
    }


def _light(device: Light) -> dict[str, Any]:
    share = "{{ (brightness / 2.55) | round | int }}"
    dimmed = f'{{%- if brightness is defined -%}}, "brightness_pct": {share}{{%- endif -%}}'
    dimmable = device.brightness_pct is not None
    config: dict[str, Any] = {
        "schema": "template",
        "command_topic": "~/set",
        "command_on_template": f'{{"power": "on"{dimmed if dimmable else ""}}}',
        "command_off_template": '{"power": "off"}',
        "state_template": "{{ value_json.power }}",
    }
    if dimmable:
        config["brightness_template"] = "{{ (value_json.brightness_pct * 2.55) | round | int }}"
    return config


def _climate() -> dict[str, Any]:
    power = '{% if value == "off" %}{"power": "off"}{% else %}{"power": "on", "mode": "{{ value }}"}{% endif %}'
    return {
        "modes": ["off", "auto", "cool", "heat"],
        "mode_command_topic": "~/set",
        "mode_command_template": power,
        "mode_state_topic": "~/state",
        "mode_state_template": "{{ 'off' if value_json.power == 'off' else value_json.mode }}",
        "temperature_command_topic": "~/set",
        "temperature_command_template": '{"target_c": {{ value }}}',
        "temperature_state_topic": "~/state",
        "temperature_state_template": "{{ value_json.target_c }}",
        "current_temperature_topic": "~/state",
        "current_temperature_template": "{{ value_json.room_c }}",
        "min_temp": COOLEST_C,
        "max_temp": WARMEST_C,
        "temp_step": 0.5,
    }
