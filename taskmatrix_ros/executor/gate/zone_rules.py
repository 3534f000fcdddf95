"""Whether a call would send something into a zone that a policy keeps closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from taskmatrix_ros.core.policy import Zone, first_match

_PLACE_WORDS = frozenset({"place", "places", "room", "rooms", "location", "area", "zone", "surface", "destination"})
"""Words of a parameter's name that make its value the name of a place."""


class ZoneRules:
    """The zones that are closed to one API."""

    def __init__(self, zones: Iterable[Zone], names: Iterable[str]) -> None:
        """:param names: of the API, which the zones' patterns are tried on."""
        known = tuple(names)
        self._zones = tuple(
            (zone, frozenset(map(_plain, (zone.name, *zone.places))))
            for zone in zones
            if first_match(known, zone.apis) is not None
        )

    def __bool__(self) -> bool:
        return bool(self._zones)

    def problem(self, arguments: Mapping[str, Any]) -> str | None:
        """Say which zone a call would enter, or None."""
        places = dict(_places(arguments))
        points = tuple(_points(arguments))
        for zone, names in self._zones:
            for parameter, value in places.items():
                if _plain(value) in names:
                    return f"{parameter} {value!r} is in the closed zone {zone.name!r}"
            for x_m, y_m in points:
                if _inside(zone, x_m, y_m):
                    shown = ", ".join("?" if value is None else f"{value:g}" for value in (x_m, y_m))
                    return f"({shown}) m is in the closed zone {zone.name!r}"
        return None


def _plain(name: str) -> str:
    """Write a name as people mean it: ``Baby_Room`` and ``the baby room`` are one place."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split()).removeprefix("the ")


def _places(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            yield from _places(value)
        elif not _PLACE_WORDS.isdisjoint(name.split("_")):
            for index, item in enumerate(value if isinstance(value, list | tuple) else (value,)):
                if isinstance(item, str):
                    yield (f"{name}[{index}]" if isinstance(value, list | tuple) else name), item


def _points(arguments: Mapping[str, Any]) -> Iterator[tuple[float | None, float | None]]:
    """Give every pair of coordinates: ``x_m`` and ``y_m``, also as ``goal_x_m``, inside objects and lists, too."""
    stems = {name[: -len("x_m")] for name in arguments if name == "x_m" or name.endswith("_x_m")}
    stems |= {name[: -len("y_m")] for name in arguments if name == "y_m" or name.endswith("_y_m")}
    for stem in stems:
        point = (_number(arguments.get(f"{stem}x_m")), _number(arguments.get(f"{stem}y_m")))
        if point != (None, None):
            yield point
    for value in arguments.values():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, Mapping):
                yield from _points(item)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _inside(zone: Zone, x_m: float | None, y_m: float | None) -> bool:
    """Where a coordinate is not given, it may be anywhere, so it counts as inside."""
    if zone.x_m is None and zone.y_m is None:
        return False
    return all(
        span is None or value is None or span[0] <= value <= span[1]
        for span, value in ((zone.x_m, x_m), (zone.y_m, y_m))
    )
