# ruff: noqa: E501 - one announcement on a line
"""Announcements that cannot be used, and the word that the report of each must hold."""

from __future__ import annotations

import json
from typing import Any

LIGHT = {"name": "L", "command_topic": "l/set"}
JSON_LIGHT = {**LIGHT, "schema": "json"}
COVER = {"name": "C", "command_topic": "c/set"}
CLIMATE = {"name": "C", "mode_command_topic": "m/set"}
FAN = {"name": "F", "command_topic": "f/set"}
LOCK = {"name": "L", "command_topic": "l/set"}
SENSOR = {"name": "S", "state_topic": "s"}
NUMBER = {"name": "N", "command_topic": "n/set"}
HUMIDIFIER = {"name": "H", "command_topic": "h/set", "target_humidity_command_topic": "h/t"}
DEVICE = {"dev": {"ids": "d"}, "o": {"name": "o"}, "cmps": {"s": {"p": "switch", "cmd_t": "s/set", "unique_id": "s"}}}


def text(config: Any) -> bytes:
    return json.dumps(config).encode()


BROKEN: list[tuple[str, bytes, str]] = [
    ("switch/x", b"{not json", "no JSON"),
    ("switch/x", b"[1, 2]", "no JSON object"),
    ("switch/x", b'"text"', "no JSON object"),
    ("switch/x", b"\xff\xfe", "no JSON"),
    ("switch/x", b"[" * 5000, "no JSON"),
    ("switch/x", b'{"a":"' + b"x" * 300_000 + b'"}', "bytes"),
    ("toaster/x", text({"name": "T", "command_topic": "t"}), "toaster"),
    ("switch/x y", text({"name": "S", "command_topic": "s"}), "x y"),
    ("switch/x", text({"name": "S"}), "command_topic"),
    ("switch/x", text({"name": "S", "command_topic": ""}), "command_topic"),
    ("switch/x", text({"name": "S", "command_topic": "a/#"}), "wildcard"),
    ("switch/x", text({"name": "S", "command_topic": "a/+/b"}), "wildcard"),
    ("switch/x", text({"name": "S", "command_topic": ["a"]}), "command_topic"),
    ("switch/x", text({"name": "S", "command_topic": "a\u0000b"}), "U+0000"),
    ("switch/x", text({"name": "S", "command_topic": "s", "state_topic": "s/#"}), "state_topic"),
    ("switch/x", text({"name": "S", "command_topic": "s", "state_topic": 7}), "state_topic"),
    ("switch/x", text({"name": "S", "command_topic": "s", "qos": 3}), "qos"),
    ("switch/x", text({"name": "S", "command_topic": "s", "retain": "maybe"}), "retain"),
    ("switch/x", text({"name": ["S"], "command_topic": "s"}), "name"),
    ("switch/x", text({"name": "S", "command_topic": "s", "value_template": "{{ value_json.x"}), "value_template"),
    ("switch/x", text({"name": "S", "command_topic": "s", "value_template": "{{ value | nope }}"}), "nope"),
    ("switch/x", text({"name": "S", "command_topic": "s", "value_template": "{{ states('a.b') }}"}), "states"),
    ("switch/x", text({"name": "S", "command_topic": "s", "value_template": "{% include 'x' %}"}), "include"),
    ("switch/x", text({"name": "S", "command_topic": "s", "value_template": {"a": 1}}), "value_template"),
    ("switch/x", text({"name": "S", "command_topic": "s", "state_topic": "t", "payload_on": 1, "payload_off": 1}), "on and off"),
    ("switch/x", text({"name": "S", "command_topic": "s", "payload_on": {"a": 1}}), "payload_on"),
    ("switch/x", text({"name": "S", "command_topic": "s", "availability": "a/b"}), "availability"),
    ("switch/x", text({"name": "S", "command_topic": "s", "availability": [{"payload_available": "on"}]}), "topic"),
    ("switch/x", text({"name": "S", "command_topic": "s", "availability_topic": "a", "availability": [{"topic": "b"}]}), "both"),
    ("switch/x", text({"name": "S", "command_topic": "s", "availability_topic": "a", "availability_mode": "some"}), "some"),
    ("switch/x", text({"name": "S", "command_topic": "s", "device": "d"}), "device"),
    ("switch/x", text({"name": "S", "command_topic": "s", "device": {"name": "d"}}), "identifiers"),
    ("switch/x", text({"name": "S", "command_topic": "s", "device": {"ids": {"a": 1}}}), "identifiers"),
    ("switch/x", text({"name": "S", "command_topic": "s", "device": {"connections": [["mac"]]}}), "connections"),
    ("switch/x", text({"name": "S", "command_topic": "s", "unique_id": ["u"]}), "unique_id"),
    ("switch/x", text({"name": "S", "command_topic": "s", "entity_category": "main"}), "entity_category"),
    ("switch/x", text({"name": "S", "command_topic": "taskmatrix/stop"}), "topic of this node"),
    ("light/x", text({**LIGHT, "schema": "jsom"}), "json"),
    ("light/x", text({**LIGHT, "brightness_command_topic": "b", "brightness_scale": "much"}), "brightness_scale"),
    ("light/x", text({**LIGHT, "brightness_command_topic": "b", "brightness_scale": 0}), "brightness_scale"),
    ("light/x", text({**LIGHT, "on_command_type": "brightness"}), "brightness_command_topic"),
    ("light/x", text({**LIGHT, "on_command_type": "never"}), "never"),
    ("light/x", text({**LIGHT, "effect_command_topic": "e", "effect_list": "{}", "qos": "x"}), "qos"),
    ("light/x", text({**JSON_LIGHT, "supported_color_modes": ["sepia"]}), "sepia"),
    ("light/x", text({**JSON_LIGHT, "supported_color_modes": [], "brightness": "very"}), "supported_color_modes"),
    ("light/x", text({**JSON_LIGHT, "supported_color_modes": ["color_temp"], "min_mireds": 500, "max_mireds": 200}), "colder"),
    ("light/x", text({**LIGHT, "schema": "template", "command_on_template": "on"}), "command_off_template"),
    ("cover/x", text({"name": "C"}), "set_position_topic"),
    ("cover/x", text({**COVER, "position_open": 0}), "position_open"),
    ("cover/x", text({**COVER, "tilt_command_topic": "t", "tilt_min": 90, "tilt_max": 10}), "tilt_min"),
    ("cover/x", text({**COVER, "state_topic": "s", "state_open": "closed"}), "open and closed"),
    ("climate/x", text({"name": "C"}), "command topic"),
    ("cover/x", text({**COVER, "device_class": "garge"}), "garage"),
    ("binary_sensor/x", text({"name": "B", "state_topic": "b", "device_class": "doors"}), "doors"),
    ("valve/x", text({"name": "V"}), "state_topic"),
    ("climate/x", text({**CLIMATE, "modes": ["heat", "toast"]}), "toast"),
    ("climate/x", text({**CLIMATE, "min_temp": 30, "max_temp": 10}), "min_temp"),
    ("climate/x", text({**CLIMATE, "temperature_unit": "K"}), "temperature_unit"),
    ("climate/x", text({**CLIMATE, "preset_mode_command_topic": "p"}), "preset_mode_command_topic"),
    ("fan/x", text({**FAN, "speed_range_min": 5, "speed_range_max": 5}), "speed_range_min"),
    ("fan/x", text({**FAN, "preset_mode_command_topic": "p"}), "preset_mode_command_topic"),
    ("lock/x", text({**LOCK, "state_topic": "s", "state_locked": "X", "state_unlocked": "X"}), "locked"),
    ("sensor/x", text({"name": "S"}), "state_topic"),
    ("sensor/x", text({**SENSOR, "device_class": "temprature"}), "temprature"),
    ("sensor/x", text({**SENSOR, "expire_after": -5}), "expire_after"),
    ("sensor/x", text({**SENSOR, "device_class": "enum", "options": ["a"], "unit_of_measurement": "W"}), "options"),
    ("sensor/x", text({**SENSOR, "state_class": "sometimes"}), "state_class"),
    ("number/x", text({**NUMBER, "min": 10, "max": 1}), "min"),
    ("number/x", text({**NUMBER, "step": 0}), "step"),
    ("select/x", text({"name": "S", "command_topic": "s"}), "options"),
    ("select/x", text({"name": "S", "command_topic": "s", "options": []}), "options"),
    ("humidifier/x", text({"name": "H", "command_topic": "h"}), "target_humidity_command_topic"),
    ("humidifier/x", text({**HUMIDIFIER, "min_humidity": 80, "max_humidity": 20}), "min_humidity"),
    ("vacuum/x", text({"name": "V", "command_topic": "v", "supported_features": ["fly"]}), "fly"),
    ("valve/x", text({"name": "V", "command_topic": "v", "reports_position": True, "payload_open": "O"}), "reports_position"),
    ("alarm_control_panel/x", text({"name": "A", "command_topic": "a"}), "state_topic"),
    ("text/x", text({"name": "T", "command_topic": "t", "min": 9, "max": 3}), "min"),
    ("media_player/x", text({"name": "M"}), "command topic"),
    ("device/x", text({**DEVICE, "dev": None}), "device"),
    ("device/x", text({**DEVICE, "o": None}), "origin"),
    ("device/x", text({**DEVICE, "cmps": {}}), "components"),
    ("device/x", text({**DEVICE, "cmps": {"s": {"cmd_t": "s"}}}), "platform"),
    ("device/x", text({**DEVICE, "cmps": {"s": {"p": "switch", "unique_id": "s"}}}), "command_topic"),
    ("light/x", text({**JSON_LIGHT, "supported_color_modes": ["onoff", "rgb"]}), "onoff"),
    ("sensor/x", text({**SENSOR, "suggested_display_precision": "two"}), "suggested_display_precision"),
    ("cover/x", text({**COVER, "set_position_topic": "c/pos/set"}), "position_topic"),
    ("climate/x", text({**CLIMATE, "preset_modes": ["eco"]}), "preset_mode_command_topic"),
    ("fan/x", text({**FAN, "preset_modes": ["eco"]}), "preset_mode_command_topic"),
    ("humidifier/x", text({**HUMIDIFIER, "modes": ["eco"]}), "mode_command_topic"),
    ("lock/x", text({**LOCK, "code_format": "["}), "code_format"),
    ("lock/x", text({**LOCK, "payload_lock": "X", "payload_unlock": "X"}), "locks and unlocks"),
    ("number/x", text({**NUMBER, "device_class": "colour"}), "colour"),
    ("text/x", text({"name": "T", "command_topic": "t/set", "pattern": "["}), "pattern"),
    ("valve/x", text({"name": "V", "command_topic": "v/set", "reports_position": True, "state_open": "o"}), "state_open"),
    ("event/x", text({"name": "E", "state_topic": "e", "event_types": ["press"], "device_class": "bang"}), "bang"),
    ("device_tracker/x", text({"name": "T", "state_topic": "t", "source_type": "smell"}), "smell"),
]  # fmt: skip
