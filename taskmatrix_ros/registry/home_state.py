"""A home's states as state keys, in this project's units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from taskmatrix_ros.core.home import Home, HomeEntity

_ATTRIBUTES: Mapping[str, tuple[str, Callable[[float], float]]] = {
    "brightness": ("brightness_pct", lambda value: round(value / 255 * 100, 1)),
    "current_position": ("position_pct", float),
    "volume_level": ("volume_pct", lambda value: round(value * 100, 1)),
    "percentage": ("speed_pct", float),
    "color_temp_kelvin": ("color_temp_kelvin", float),
}


def home_state(home: Home) -> dict[str, Any]:
    """Give ``<entity_id>.state`` and what actions change of the attributes, for every exposed entity."""
    state: dict[str, Any] = {}
    for entity in home.entities:
        if entity.exposed:
            state |= _entity_state(entity)
    if home.robot is not None:
        state["robot.holding"] = home.robot.holding
    return state


def _entity_state(entity: HomeEntity) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if entity.state is not None and entity.state not in ("unknown", "unavailable"):
        known[f"{entity.entity_id}.state"] = _number_or_text(entity.state)
    for name, (key, convert) in _ATTRIBUTES.items():
        value = entity.attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            known[f"{entity.entity_id}.{key}"] = convert(value)
    return known


def _number_or_text(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
