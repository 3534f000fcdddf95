"""The map knowledge of a world that the simulator itself needs: rooms and surfaces, for placement and for reports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from taskmatrix_ros.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Room:
    """Free floor between walls, metres, map frame."""

    name: str
    x_m: tuple[float, float]
    y_m: tuple[float, float]

    def holds(self, x_m: float, y_m: float) -> bool:
        """Whether a point lies in it."""
        return self.x_m[0] <= x_m <= self.x_m[1] and self.y_m[0] <= y_m <= self.y_m[1]


@dataclass(frozen=True, slots=True)
class Surface:
    """The top of a piece of furniture; its sides lie along the map's axes.

    :param front_yaw_rad: direction in which a robot looks that stands before it; the edge it reaches over is behind
        that direction.
    """

    name: str
    room: str
    center_m: tuple[float, float]
    size_m: tuple[float, float]
    height_m: float
    front_yaw_rad: float | None

    def holds(self, x_m: float, y_m: float, bottom_m: float) -> bool:
        """Whether something with that lower face stands on it."""
        dx, dy = abs(x_m - self.center_m[0]), abs(y_m - self.center_m[1])
        return dx <= self.size_m[0] / 2 and dy <= self.size_m[1] / 2 and abs(bottom_m - self.height_m) < 0.02


@dataclass(frozen=True, slots=True)
class HomeMap:
    """Rooms, surfaces, and the size of what can be carried."""

    rooms: tuple[Room, ...]
    surfaces: dict[str, Surface]
    object_sizes_m: dict[str, tuple[float, float, float]]

    def room_at(self, x_m: float, y_m: float) -> str | None:
        """Name of the room around a point."""
        return next((room.name for room in self.rooms if room.holds(x_m, y_m)), None)

    def surface_under(self, name: str, x_m: float, y_m: float, z_m: float) -> str | None:
        """Name of the surface on which an object stands.

        :param z_m: height of the object's middle.
        """
        bottom = z_m - self.object_sizes_m.get(name, (0.0, 0.0, 0.0))[2] / 2
        return next((s.name for s in self.surfaces.values() if s.holds(x_m, y_m, bottom)), None)


def load_home_map(path: Path) -> HomeMap:
    """Read rooms, surfaces and object sizes from a world's map file.

    :raises ConfigError: the file is absent, no YAML, or an entry lacks something.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        fronts: dict[str, float] = {}
        for place in content["places"]:
            if "surface" in place:
                fronts.setdefault(place["surface"], float(place["approach"]["yaw_rad"]))
        return HomeMap(
            rooms=tuple(Room(r["name"], _pair(r["x_m"]), _pair(r["y_m"])) for r in content["rooms"]),
            surfaces={
                s["name"]: Surface(
                    name=s["name"],
                    room=s["room"],
                    center_m=_pair(s["center_m"]),
                    size_m=_pair(s["size_m"]),
                    height_m=float(s["height_m"]),
                    front_yaw_rad=fronts.get(s["name"]),
                )
                for s in content["surfaces"]
            },
            object_sizes_m={o["name"]: _triple(o["size_m"]) for o in content["objects"]},
        )
    except OSError as error:
        raise ConfigError(f"simulation: cannot read {path}: {error.strerror}; give the world a map file") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"simulation: {path.name} is not YAML: {error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"simulation: {path.name}: an entry lacks or misstates {error}; correct it") from error


def _pair(values: Any) -> tuple[float, float]:
    first, second = (float(v) for v in values)
    return _finite(first), _finite(second)


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = (float(v) for v in values)
    return _finite(first), _finite(second), _finite(third)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"a finite number, not {value}")
    return value
