"""Units a person may say, and their conversion to a parameter's own."""

from __future__ import annotations

import math

from taskmatrix_ros.core.parameter_spec import ParameterSpec

# unit -> (dimension, factor, offset): base = value * factor + offset
_UNITS: dict[str, tuple[str, float, float]] = {
    "c": ("temperature", 1.0, 0.0),
    "f": ("temperature", 5.0 / 9.0, -160.0 / 9.0),
    "k": ("temperature", 1.0, -273.15),
    "rad": ("angle", 1.0, 0.0),
    "deg": ("angle", math.pi / 180.0, 0.0),
    "ratio": ("share", 1.0, 0.0),
    "pct": ("share", 0.01, 0.0),
    "s": ("time", 1.0, 0.0),
    "min": ("time", 60.0, 0.0),
    "h": ("time", 3600.0, 0.0),
    "m": ("length", 1.0, 0.0),
    "cm": ("length", 0.01, 0.0),
    "mm": ("length", 0.001, 0.0),
    "km": ("length", 1000.0, 0.0),
    "m_s": ("speed", 1.0, 0.0),
}
_ALIASES = {"celsius": "c", "°c": "c", "percent": "pct", "%": "pct", "seconds": "s", "m/s": "m_s", "degrees": "deg"}
_SUFFIXES = ("m_s", "c", "pct", "rad", "ratio", "s", "m", "k", "min", "h")


def unit_of(name: str, spec: ParameterSpec) -> str:
    """Give the unit of a parameter, from its ``unit`` or its name's suffix; empty if it has none that is known."""
    given = (spec.unit or "").strip().lower()
    given = _ALIASES.get(given, given)
    if given:
        return given if given in _UNITS else ""
    return next((suffix for suffix in _SUFFIXES if name.endswith(f"_{suffix}")), "")


def can_convert(said: str, own: str) -> bool:
    """Whether a value said in one unit can be given in the other; an empty ``said`` is the parameter's own unit."""
    if not own:
        return False
    if not said:
        return own in ("c", "f")
    return said in _UNITS and _UNITS[said][0] == _UNITS[own][0]


def convert(value: float, said: str, own: str) -> float:
    """Convert between units of one dimension; the result is rounded to 3 decimals where they differ."""
    if not said or said == own:
        return value
    _, factor, offset = _UNITS[said]
    _, own_factor, own_offset = _UNITS[own]
    return round((value * factor + offset - own_offset) / own_factor, 3)
