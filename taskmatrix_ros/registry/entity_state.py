"""What an entity of Home Assistant says, as state keys in this project's units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

UNAVAILABLE = "unavailable"
_UNKNOWN = ("unknown", UNAVAILABLE, "")
_NUMERIC_DOMAINS = frozenset({"sensor", "number", "input_number", "counter"})

Convert = Callable[[Any], Any]


def _pct(largest: float) -> Convert:
    return lambda value: round(float(value) / largest * 100, 1)


_ATTRIBUTES: Mapping[str, tuple[str, Convert]] = {
    "battery_level": ("battery_pct", float),
    "brightness": ("brightness_pct", _pct(255)),
    "color_temp_kelvin": ("color_temp_kelvin", float),
    "current_humidity": ("current_humidity_pct", float),
    "current_position": ("position_pct", float),
    "current_tilt_position": ("tilt_position_pct", float),
    "humidity": ("humidity_pct", float),
    "max": ("maximum", float),
    "max_humidity": ("max_humidity_pct", float),
    "min": ("minimum", float),
    "min_humidity": ("min_humidity_pct", float),
    "percentage": ("speed_pct", float),
    "volume_level": ("volume_pct", _pct(1)),
    **{
        name: (name, lambda value: value)
        for name in (
            "available_modes", "device_class", "direction", "effect", "effect_list", "fan_mode", "fan_modes",
            "hvac_action", "hvac_modes", "is_volume_muted", "media_artist", "media_title", "mode", "options",
            "oscillating", "preset_mode", "preset_modes", "repeat", "shuffle", "sound_mode",
            "sound_mode_list", "source", "source_list", "supported_color_modes", "swing_mode", "swing_modes",
        )
    },
}  # fmt: skip
_TEMPERATURES = {
    "current_temperature": "current_temperature_c",
    "max_temp": "max_temperature_c",
    "min_temp": "min_temperature_c",
    "target_temp_high": "target_high_c",
    "target_temp_low": "target_low_c",
    "temperature": "temperature_c",
}
_LIMITS: Mapping[str, tuple[str, ...]] = {
    "climate": (
        "min_temperature_c", "max_temperature_c", "hvac_modes", "fan_modes", "preset_modes", "swing_modes",
        "min_humidity_pct", "max_humidity_pct",
    ),
    "cover": ("device_class",),
    "fan": ("preset_modes",),
    "humidifier": ("min_humidity_pct", "max_humidity_pct", "available_modes"),
    "input_number": ("minimum", "maximum"),
    "input_select": ("options",),
    "light": ("effect_list", "supported_color_modes"),
    "media_player": ("source_list", "sound_mode_list"),
    "number": ("minimum", "maximum"),
    "select": ("options",),
    "water_heater": ("min_temperature_c", "max_temperature_c"),
}  # fmt: skip
"""What limits an entity's commands: said even where it has none, so that one can know that."""


def entity_state(
    entity_id: str, state: str | None, attributes: Mapping[str, Any], *, fahrenheit: bool = False
) -> dict[str, Any]:
    """Give ``<entity_id>.state`` and ``<entity_id>.<attribute>`` for what can be commanded or limits commands.

    :param state: Home Assistant's own text; an entity that is unknown or unavailable has null.
    :param fahrenheit: whether its temperatures are in degrees Fahrenheit; ours never are.
    """
    domain = entity_id.partition(".")[0]
    known: dict[str, Any] = {f"{entity_id}.{name}": None for name in _LIMITS.get(domain, ())}
    known[f"{entity_id}.state"] = None if state is None or state in _UNKNOWN else _value(domain, state, attributes)
    for name, value in attributes.items():
        if name in _TEMPERATURES:
            known[f"{entity_id}.{_TEMPERATURES[name]}"] = _converted(lambda c: celsius(c, fahrenheit=fahrenheit), value)
        elif name in _ATTRIBUTES:
            key, convert = _ATTRIBUTES[name]
            known[f"{entity_id}.{key}"] = _converted(convert, value)
    return known


def celsius(value: Any, *, fahrenheit: bool) -> float:
    """Give a temperature of Home Assistant in degrees Celsius."""
    return round((float(value) - 32) / 1.8, 2) if fahrenheit else float(value)


def _converted(convert: Convert, value: Any) -> Any:
    try:
        return None if value is None else convert(value)
    except (TypeError, ValueError):
        return None


def _value(domain: str, state: str, attributes: Mapping[str, Any]) -> Any:
    if domain not in _NUMERIC_DOMAINS or (domain == "sensor" and attributes.get("device_class") == "enum"):
        return state
    try:
        return float(state)
    except ValueError:
        return state
