"""Which file describes which component."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.bindings.discovery.components import (
    climate,
    cover,
    fan,
    humidifier,
    light,
    lock,
    machines,
    media_player,
    sensors,
    switch,
    values,
)
from taskmatrix_ros.bindings.discovery.entity_maker import EntityMaker

DESCRIBERS: dict[str, Callable[[EntityMaker], None]] = {
    "alarm_control_panel": machines.describe_alarm,
    "binary_sensor": sensors.describe_binary_sensor,
    "button": values.describe_button,
    "climate": climate.describe,
    "cover": cover.describe,
    "device_tracker": sensors.describe_tracker,
    "event": sensors.describe_event,
    "fan": fan.describe,
    "humidifier": humidifier.describe,
    "lawn_mower": machines.describe_lawn_mower,
    "light": light.describe,
    "lock": lock.describe,
    "media_player": media_player.describe,
    "notify": values.describe_notify,
    "number": values.describe_number,
    "scene": values.describe_scene,
    "select": values.describe_select,
    "sensor": sensors.describe_sensor,
    "siren": machines.describe_siren,
    "switch": switch.describe,
    "text": values.describe_text,
    "update": sensors.describe_update,
    "vacuum": machines.describe_vacuum,
    "valve": machines.describe_valve,
    "water_heater": climate.describe_water_heater,
}

PASSED_OVER = frozenset({"camera", "device_automation", "image", "tag"})
"""What Home Assistant's discovery has and nothing here can use: pictures, and triggers of its automations."""
