"""Draws homes by chance: two rows of rooms, doors that join them all, furniture with room to stand before it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.worlds.free_floor import FreeFloor
from taskmatrix_ros.sim.worlds.furniture import CLUTTER, SURFACES, Furniture

WALL_M = 0.1
DOOR_M = 1.2
STAND_M = 0.85
"""From the edge of a surface to the middle of the robot that looks at it."""
SIDE_MARGIN_M, SPACING_M = 0.15, 0.30
"""Of things that stand on a surface: from its ends, and from each other's middles."""
MOST_ROOMS, MOST_OBJECTS = 12, 40

_WIDTH_M, _DEPTH_M = (3.6, 4.4), (3.5, 4.2)
_GAP_M = 0.12
"""Between a piece of furniture and the one beside it, and a door."""
_DOOR_CLEAR_M = 0.9
"""Before a door nothing stands."""
_TRIES = 60
_SPARE = 1.8
_NAMES = ("kitchen", "living_room", "bedroom", "study", "hall", "dining_room", "playroom", "guest_room", "workshop")


@dataclass(frozen=True, slots=True)
class Room:
    """Free floor between walls, metres, map frame."""

    name: str
    x_m: tuple[float, float]
    y_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Wall:
    """A straight wall along x or y.

    :param start_m: x, y of its middle line's lower end. :param along_x: else along y.
    :param doors_m: middles of its doors, from the start.
    """

    name: str
    start_m: tuple[float, float]
    length_m: float
    along_x: bool
    doors_m: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of furniture in its place.

    :param name: of its own; ``stand``: x, y, yaw of the robot before it, None where nothing is to be reached.
    """

    name: str
    kind: Furniture
    room: str
    x_m: float
    y_m: float
    yaw_rad: float
    stand: tuple[float, float, float] | None = None

    @property
    def size_m(self) -> tuple[float, float]:
        """Along the map's x and y."""
        width, depth = self.kind.size_m
        turn = self.yaw_rad - self.kind.back_turn_rad  # of its back, away from the north
        return (depth, width) if abs(math.sin(turn)) > 0.5 else (width, depth)

    @property
    def extent_m(self) -> tuple[float, float, float, float]:
        """Least and greatest x, least and greatest y."""
        width, depth = self.size_m
        return self.x_m - width / 2, self.x_m + width / 2, self.y_m - depth / 2, self.y_m + depth / 2


@dataclass(frozen=True, slots=True)
class WallTag:
    """An AprilTag on a wall; ``yaw_rad`` is where it looks to."""

    number: int
    room: str
    x_m: float
    y_m: float
    yaw_rad: float


@dataclass(frozen=True, kw_only=True)
class HomeDesign:
    """A whole home. ``start``: x, y, yaw of the robot."""

    name: str
    rooms: tuple[Room, ...]
    walls: tuple[Wall, ...]
    pieces: tuple[Piece, ...]
    tags: tuple[WallTag, ...]
    objects: int
    start: tuple[float, float, float]
    size_m: tuple[float, float] = field(default=(0.0, 0.0))

    @property
    def surfaces(self) -> tuple[Piece, ...]:
        """What things can stand on."""
        return tuple(piece for piece in self.pieces if piece.stand is not None)


def design_home(rooms: int, objects: int, seed: int) -> HomeDesign:
    """Draw a home in which the robot can get from its dock to every surface.

    :param rooms: 1..12. :param objects: things to carry, 1..40.
    :param seed: 0 or more; the same numbers draw the same home.
    :raises ConfigError: a number is out of range, or there is no space for so many objects.
    """
    for what, given, most in (("rooms", rooms, MOST_ROOMS), ("objects", objects, MOST_OBJECTS)):
        if not 1 <= given <= most:
            raise ConfigError(f"sim generate: {given} {what} is outside 1..{most}")
    if seed < 0:
        raise ConfigError(f"sim generate: seed {seed} is below 0; give 0 or more")
    by = np.random.default_rng(seed)
    for _ in range(_TRIES):
        design = _Draft(rooms, objects, seed, by).draw()
        if len(design.surfaces) >= 2 and _room_for(design) >= _SPARE * objects and _all_reachable(design):
            return design
    raise ConfigError(
        f"sim generate: no home of {rooms} room{'s' if rooms > 1 else ''} has space for {objects} objects in {_TRIES} "
        "tries; give more rooms"
    )


def _room_for(design: HomeDesign) -> int:
    """Tell how many things have room side by side at the fronts of the surfaces."""
    return sum(1 + int((piece.kind.size_m[0] - 2 * SIDE_MARGIN_M) / SPACING_M) for piece in design.surfaces)


def _all_reachable(design: HomeDesign) -> bool:
    floor = FreeFloor(design.size_m)
    for wall in design.walls:
        for extent in wall_parts(wall):
            floor.block(extent)
    for piece in design.pieces:
        floor.block(piece.extent_m)
    stands = [piece.stand[:2] for piece in design.surfaces if piece.stand is not None]
    return floor.joins(design.start[:2], stands)


def wall_parts(wall: Wall) -> list[tuple[float, float, float, float]]:
    """Give the parts of a wall between its doors: least and greatest x, least and greatest y."""
    ends = [0.0]
    for door in sorted(wall.doors_m):
        ends += [door - DOOR_M / 2, door + DOOR_M / 2]
    ends.append(wall.length_m)
    x, y = wall.start_m
    half = WALL_M / 2
    parts = []
    for low, high in zip(ends[::2], ends[1::2], strict=True):
        if high - low < 1e-6:
            continue
        parts.append(
            (x + low, x + high, y - half, y + half) if wall.along_x else (x - half, x + half, y + low, y + high)
        )
    return parts


class _Draft:
    """One try: what was drawn so far."""

    def __init__(self, rooms: int, objects: int, seed: int, by: np.random.Generator) -> None:
        self._by = by
        self._objects = objects
        self._name = f"home_{rooms}_{objects}_{seed}"
        columns = math.ceil(rooms / 2)
        self._rows = [columns, rooms - columns] if rooms > 1 else [1]
        self._rooms: list[Room] = []
        self._walls: list[Wall] = []
        self._doors: list[tuple[float, float]] = []
        self._pieces: list[Piece] = []
        self._tags: list[WallTag] = []

    def draw(self) -> HomeDesign:
        size = self._draw_rooms()
        for room in self._rooms:
            self._furnish(room)
        self._hang_tags()
        return HomeDesign(
            name=self._name,
            rooms=tuple(self._rooms),
            walls=tuple(self._walls),
            pieces=tuple(self._pieces),
            tags=tuple(self._tags),
            objects=self._objects,
            start=self._start(),
            size_m=size,
        )

    def _draw_rooms(self) -> tuple[float, float]:
        """Two rows over the same width; the rooms of one row are as wide as chance has it."""
        by = self._by
        width = sum(float(by.uniform(*_WIDTH_M)) for _ in range(self._rows[0]))
        depths = [float(by.uniform(*_DEPTH_M)) for count in self._rows if count]
        names = iter([*by.permutation(_NAMES).tolist(), *(f"room_{n}" for n in range(MOST_ROOMS))])
        low, edges = 0.0, []
        for count, depth in zip(self._rows, depths, strict=False):
            shares = by.uniform(0.9, 1.1, count)
            ends = [0.0, *(float(v) for v in np.cumsum(shares / shares.sum()) * width)]
            for left, right in pairwise(ends):
                half = WALL_M / 2
                self._rooms.append(
                    Room(str(next(names)), (left + half, right - half), (low + half, low + depth - half))
                )
            edges.append((low, low + depth, ends))
            low += depth
        self._raise_walls(width, low, edges)
        return width, low

    def _raise_walls(self, width: float, height: float, edges: list[tuple[float, float, list[float]]]) -> None:
        walls = self._walls
        walls += [
            Wall("wall_south", (0.0, 0.0), width, along_x=True),
            Wall("wall_north", (0.0, height), width, along_x=True),
            Wall("wall_west", (0.0, 0.0), height, along_x=False),
            Wall("wall_east", (width, 0.0), height, along_x=False),
        ]
        for row, (low, high, ends) in enumerate(edges):
            for number, x in enumerate(ends[1:-1]):
                door = self._door_at(0.0, high - low)
                walls.append(Wall(f"wall_{row}_{number}", (x, low), high - low, along_x=False, doors_m=(door,)))
                self._doors.append((x, low + door))
        if len(edges) == 2:
            # One door between the rows would join them all; a second one makes round trips.
            (_, y, lower), (_, _, upper) = edges
            shared = sorted({*lower, *upper})
            spans = [(a, b) for a, b in pairwise(shared) if b - a > DOOR_M + 0.9]
            chosen = self._by.permutation(len(spans))[: min(2, len(spans))]
            doors = tuple(self._door_at(*spans[int(n)]) for n in sorted(chosen))
            walls.append(Wall("wall_middle", (0.0, y), width, along_x=True, doors_m=doors))
            self._doors += [(door, y) for door in doors]

    def _door_at(self, low: float, high: float) -> float:
        margin = DOOR_M / 2 + 0.35
        return float(self._by.uniform(low + margin, high - margin))

    def _furnish(self, room: Room) -> None:
        by = self._by
        wanted = [*by.permutation(len(SURFACES))[: int(by.integers(2, 5))]]
        for number in wanted:
            self._place(room, SURFACES[int(number)])
        for number in by.permutation(len(CLUTTER))[: int(by.integers(0, 3))]:
            self._place(room, CLUTTER[int(number)])

    def _place(self, room: Room, kind: Furniture) -> None:
        """Put it with its back to a wall where it leaves doors and the fronts of others free, or leave it out."""
        for _ in range(_TRIES):
            piece = self._against_wall(room, kind)
            if piece is not None and self._fits(room, piece):
                self._pieces.append(piece)
                return

    def _against_wall(self, room: Room, kind: Furniture) -> Piece | None:
        side = int(self._by.integers(4))  # 0 north, 1 west, 2 south, 3 east: quarter turns of a back to the north
        width, depth = kind.size_m
        (left, right), (low, high) = room.x_m, room.y_m
        span = (right - left) if side % 2 == 0 else (high - low)
        if span < width + 2 * _GAP_M:
            return None
        along = float(self._by.uniform(width / 2 + 0.02, span - width / 2 - 0.02))
        back = depth / 2 + 0.01
        x, y = (
            (left + along, high - back),
            (left + back, low + along),
            (left + along, low + back),
            (right - back, low + along),
        )[side]
        turn = (0.0, math.pi / 2, math.pi, -math.pi / 2)[side]
        looking = math.pi / 2 + turn  # of a robot before it, towards its back
        stand = None
        if kind.height_m is not None:
            away = depth / 2 + STAND_M
            stand = (x - away * math.cos(looking), y - away * math.sin(looking), _wrapped(looking))
        count = sum(1 for piece in self._pieces if piece.kind is kind)
        name = kind.name if count == 0 else f"{kind.name}_{count + 1}"
        return Piece(name, kind, room.name, x, y, _wrapped(turn + kind.back_turn_rad), stand)

    def _fits(self, room: Room, piece: Piece) -> bool:
        x0, x1, y0, y1 = piece.extent_m
        if x0 < room.x_m[0] or x1 > room.x_m[1] or y0 < room.y_m[0] or y1 > room.y_m[1]:
            return False
        if any(distance_m(piece.extent_m, door) < _DOOR_CLEAR_M for door in self._doors):
            return False
        if piece.stand is not None and not self._is_free(room, piece.stand[:2], piece):
            return False
        for other in self._pieces:
            ox0, ox1, oy0, oy1 = other.extent_m
            if x0 < ox1 + _GAP_M and ox0 < x1 + _GAP_M and y0 < oy1 + _GAP_M and oy0 < y1 + _GAP_M:
                return False
            if other.stand is not None and distance_m(piece.extent_m, other.stand[:2]) < _clear_m(piece):
                return False
        return True

    def _is_free(self, room: Room, spot: tuple[float, float], piece: Piece) -> bool:
        x, y = spot
        inside = room.x_m[0] + _TURN_CLEAR_M <= x <= room.x_m[1] - _TURN_CLEAR_M
        inside = inside and room.y_m[0] + _TURN_CLEAR_M <= y <= room.y_m[1] - _TURN_CLEAR_M
        others = (other for other in self._pieces if other is not piece)
        return inside and all(distance_m(other.extent_m, spot) >= _clear_m(other) for other in others)

    def _hang_tags(self) -> None:
        """Two on each wall of a room, a third and two thirds along, where no door and nothing tall is in the way."""
        number = FIRST_TAG
        for room in self._rooms:
            (left, right), (low, high) = room.x_m, room.y_m
            for share in (0.28, 0.72):
                across, up = left + share * (right - left), low + share * (high - low)
                for x, y, yaw in (
                    (across, high - 0.01, -math.pi / 2),
                    (across, low + 0.01, math.pi / 2),
                    (left + 0.01, up, 0.0),
                    (right - 0.01, up, math.pi),
                ):
                    hidden = any(
                        piece.kind.hides_wall and distance_m(piece.extent_m, (x, y)) < 0.25 for piece in self._pieces
                    )
                    if hidden or any(math.dist((x, y), door) < DOOR_M / 2 + 0.2 for door in self._doors):
                        continue
                    self._tags.append(WallTag(number, room.name, x, y, yaw))
                    number += 1

    def _start(self) -> tuple[float, float, float]:
        """The emptiest spot of the first room."""
        room = self._rooms[0]
        spots = [
            (float(x), float(y))
            for x in np.arange(room.x_m[0] + 0.5, room.x_m[1] - 0.45, 0.1)
            for y in np.arange(room.y_m[0] + 0.5, room.y_m[1] - 0.45, 0.1)
        ]
        pieces = [piece.extent_m for piece in self._pieces if piece.room == room.name]

        def room_around(spot: tuple[float, float]) -> float:
            return min([*(distance_m(extent, spot) for extent in pieces), 1.2])

        x, y = max(spots, key=room_around)
        return x, y, math.pi / 2


FIRST_TAG = 100
"""Wall tags have numbers from here on; objects have those below."""
_STAND_CLEAR_M = 0.36
"""Around the middle of a robot that stands before something."""
_TURN_CLEAR_M = 0.58
"""The same to walls, and to what is as tall as its hand while it carries: it turns there with the hand out."""


def _clear_m(piece: Piece) -> float:
    return _TURN_CLEAR_M if piece.kind.hides_wall else _STAND_CLEAR_M


def distance_m(extent: tuple[float, float, float, float], spot: tuple[float, float]) -> float:
    """Give the distance of a spot from a rectangle: least and greatest x, least and greatest y; 0 inside."""
    x0, x1, y0, y1 = extent
    return math.hypot(max(x0 - spot[0], spot[0] - x1, 0.0), max(y0 - spot[1], spot[1] - y1, 0.0))


def _wrapped(angle: float) -> float:
    return math.remainder(angle, 2 * math.pi)
