"""A home as the robot knows it before it looks, from ``config/world/<name>.yaml``."""

from __future__ import annotations

import difflib
import math
from functools import cached_property

from pydantic import Field, model_validator

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.perception.colour_range import ColourRange
from taskmatrix_ros.perception.object_catalogue import CatalogueObject, ObjectCatalogue, spoken_name
from taskmatrix_ros.perception.solid import SolidShape
from taskmatrix_ros.perception.support import Support
from taskmatrix_ros.perception.tag_detector import tag_corners
from taskmatrix_ros.perception.transform import Matrix, Transform
from taskmatrix_ros.robot.description.description_file import description_file, load_description
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox

_BESIDE_M, _FAR_BESIDE_M, _SETTLES_M = 0.05, 0.25, 0.06
"""How far from a surface's outline, and from standing on it, a thing may seem to be that stands on it."""


class Stand(Frozen):
    """Where the robot stands, map frame."""

    x_m: float
    y_m: float
    yaw_rad: float

    @property
    def pose(self) -> Pose2:
        """The same as a pose."""
        return Pose2(self.x_m, self.y_m, self.yaw_rad)


class Room(Frozen):
    """Free floor between walls: least and greatest x and y."""

    name: str
    aliases: tuple[str, ...] = ()
    x_m: tuple[float, float]
    y_m: tuple[float, float]

    def contains(self, x_m: float, y_m: float) -> bool:
        """Whether a spot of the map lies in it."""
        return self.x_m[0] <= x_m <= self.x_m[1] and self.y_m[0] <= y_m <= self.y_m[1]


class Surface(Frozen):
    """A level top that things stand on, its sides along the map's axes."""

    name: str
    model: str = ""
    room: str
    center_m: tuple[float, float]
    size_m: tuple[float, float]
    height_m: float = Field(gt=0)

    @property
    def box(self) -> StaticBox:
        """Its outline, from the floor to the top."""
        return StaticBox(self.name, Pose2(*self.center_m), self.size_m[0], self.size_m[1], 0.0, self.height_m)

    def support_from(self, robot: Pose2) -> Support:
        """Give it in base_link of a robot that stands there."""
        ahead_m, left_m = robot.local(*self.center_m)
        return Support(ahead_m, left_m, -robot.yaw_rad, self.size_m, self.height_m)

    def carries(self, x_m: float, y_m: float, z_m: float, margin_m: float = 0.05) -> bool:
        """Whether something whose middle is there stands on it."""
        above = z_m - self.height_m
        return -0.02 <= above <= 0.3 and float(self.box.distance([x_m, y_m])) <= margin_m


class Place(Frozen):
    """A spot with a name, and where to stand to look at it and to reach it."""

    name: str
    aliases: tuple[str, ...] = ()
    room: str
    surface: str | None = None
    approach: Stand


class WallTag(Frozen):
    """An AprilTag on a wall: the middle of it, and the direction its face looks to."""

    id: int = Field(ge=0)
    room: str = ""
    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
    size_m: float = Field(gt=0)

    @property
    def map_from_tag(self) -> Transform:
        """Pose of the tag: x right and y up as one looks at it, z out of the wall."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        rotation = Transform.identity().rotation.copy()
        rotation[:, 0], rotation[:, 1], rotation[:, 2] = (-s, c, 0.0), (0.0, 0.0, 1.0), (c, s, 0.0)
        return Transform(rotation, Transform.from_rpy((self.x_m, self.y_m, self.z_m)).translation)

    @property
    def corners(self) -> Matrix:
        """``(4, 3)``, tag frame, the detector's order."""
        return tag_corners(self.size_m)


class KnownObject(Frozen):
    """An object that can be recognised and carried: by a tag, by its colour, shape and size, or by either."""

    name: str
    aliases: tuple[str, ...] = ()
    category: str = ""
    tag_id: int | None = Field(default=None, ge=0)
    tag_size_m: float | None = Field(default=None, gt=0)
    tag_face_m: float | None = Field(default=None, gt=0)
    color: str = ""
    shape: SolidShape | None = None
    size_m: tuple[float, float, float]
    grasp_width_m: float = Field(gt=0)

    @model_validator(mode="after")
    def _check(self) -> KnownObject:
        tag = (self.tag_id, self.tag_size_m, self.tag_face_m)
        if None in tag and tag != (None, None, None):
            raise ValueError(f"object '{self.name}': tag_id, tag_size_m and tag_face_m go together; give all or none")
        if bool(self.color) != (self.shape is not None):
            raise ValueError(f"object '{self.name}': color and shape go together; give both or neither")
        if self.tag_id is None and self.shape is None:
            raise ValueError(f"object '{self.name}' has nothing to be recognised by; give a tag, or color and shape")
        if self.color:
            ColourRange.parse(self.color)
        x, y, z = self.size_m
        round_in_plan = self.shape in (SolidShape.CYLINDER, SolidShape.SPHERE)
        if (round_in_plan and x != y) or (self.shape is SolidShape.SPHERE and x != z):
            raise ValueError(f"object '{self.name}' of size {list(self.size_m)} m is no {self.shape}; correct size_m")
        return self


class Obstacle(Frozen):
    """A wall or a piece of furniture: an upright box."""

    name: str
    center_m: tuple[float, float, float]
    size_m: tuple[float, float, float]
    yaw_rad: float = 0.0

    @property
    def box(self) -> StaticBox:
        """The same for the planner."""
        x, y, z = self.center_m
        half = self.size_m[2] / 2
        return StaticBox(self.name, Pose2(x, y, self.yaw_rad), self.size_m[0], self.size_m[1], z - half, z + half)


_ZONE_TOP_M = 0.1  # in the way of the base, below every scanner and hand


class Zone(Frozen):
    """A rectangle of the floor with a rule of its own, whoever commands the robot.

    :param max_linear_m_s: how fast the robot may drive in it; 0 for not at all.
    """

    name: str
    x_m: tuple[float, float]
    y_m: tuple[float, float]
    max_linear_m_s: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _check(self) -> Zone:
        if not (self.x_m[0] < self.x_m[1] and self.y_m[0] < self.y_m[1]):
            raise ValueError(f"zone '{self.name}': x_m and y_m are each a lesser and a greater value")
        return self

    @property
    def box(self) -> StaticBox:
        """The same as something low that stands there."""
        (x0, x1), (y0, y1) = self.x_m, self.y_m
        middle = Pose2((x0 + x1) / 2, (y0 + y1) / 2, 0.0)
        return StaticBox(f"zone/{self.name}", middle, x1 - x0, y1 - y0, 0.0, _ZONE_TOP_M)


class WorldDescription(Frozen):
    """Rooms, furniture, places, wall tags and the objects that may be anywhere."""

    name: str
    frame: str = "map"
    rooms: tuple[Room, ...]
    surfaces: tuple[Surface, ...] = ()
    places: tuple[Place, ...]
    objects: tuple[KnownObject, ...] = ()
    wall_tags: tuple[WallTag, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    zones: tuple[Zone, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> WorldDescription:
        surfaces, rooms = {s.name for s in self.surfaces}, {r.name for r in self.rooms}
        for place in self.places:
            if place.surface is not None and place.surface not in surfaces:
                raise ValueError(f"place '{place.name}' is on surface '{place.surface}', which is not described")
            if place.room not in rooms:
                raise ValueError(f"place '{place.name}' is in room '{place.room}', which is not described")
        tags = [t.id for t in self.wall_tags] + [o.tag_id for o in self.objects if o.tag_id is not None]
        twice = {t for t in tags if tags.count(t) > 1}
        if twice:
            raise ValueError(f"tags {sorted(twice)} are used twice")
        ObjectCatalogue(self._catalogue_objects())  # names and tags are unique
        return self

    @classmethod
    def load(cls, name: str) -> WorldDescription:
        """Read ``config/world/<name>.yaml``.

        :raises ConfigError: it is missing or wrong.
        """
        return load_description(description_file("world", name), cls)

    def _catalogue_objects(self) -> list[CatalogueObject]:
        return [
            CatalogueObject(
                o.name,
                o.aliases,
                o.category,
                o.tag_id,
                o.tag_size_m,
                o.tag_face_m,
                o.size_m,
                o.grasp_width_m,
                o.color,
                o.shape,
            )
            for o in self.objects
        ]

    @cached_property
    def catalogue(self) -> ObjectCatalogue:
        """The objects, by spoken name and by tag."""
        return ObjectCatalogue(self._catalogue_objects())

    @cached_property
    def boxes(self) -> tuple[StaticBox, ...]:
        """Walls and furniture."""
        return tuple(o.box for o in self.obstacles)

    @property
    def keep_out(self) -> tuple[StaticBox, ...]:
        """Zones that the base must not enter, as boxes from the floor up."""
        return tuple(zone.box for zone in self.zones if zone.max_linear_m_s == 0.0)

    @cached_property
    def tags(self) -> dict[int, WallTag]:
        """Wall tags by number."""
        return {t.id: t for t in self.wall_tags}

    @cached_property
    def tag_sizes_m(self) -> dict[int, float]:
        """Outer edge of every tag, on walls and on objects."""
        return {**{t.id: t.size_m for t in self.wall_tags}, **self.catalogue.tag_sizes_m}

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x, greatest y of the rooms."""
        return (
            min(r.x_m[0] for r in self.rooms),
            min(r.y_m[0] for r in self.rooms),
            max(r.x_m[1] for r in self.rooms),
            max(r.y_m[1] for r in self.rooms),
        )

    def find_place(self, name: str) -> Place | None:
        """Look a spoken name up; None if nothing is called so. Proper names win over aliases."""
        wanted = spoken_name(name)
        for place in self.places:
            if spoken_name(place.name) == wanted:
                return place
        return next((p for p in self.places if wanted in map(spoken_name, p.aliases)), None)

    def find_room(self, name: str) -> Room | None:
        """Look a spoken name up; None if no room is called so."""
        wanted = spoken_name(name)
        return next((r for r in self.rooms if wanted in map(spoken_name, (r.name, *r.aliases))), None)

    def names_of(self, name: str) -> tuple[str, ...]:
        """Every name of a place or object by its proper name: proper, aliases, and each as it is spoken."""
        things: tuple[Place | KnownObject, ...] = (*self.places, *self.objects)
        known = [n for thing in things if thing.name == name for n in (thing.name, *thing.aliases)] or [name]
        return tuple(dict.fromkeys(form for n in known for form in (n, spoken_name(n))))

    def stands_at_m(self, name: str, at_m: Matrix, unsure_m: float = 0.0) -> float:
        """Give the height over the floor of a thing's middle, seen at a position: on a surface that is near, its top.

        :param at_m: ``(3,)``, map frame. :param unsure_m: how far off it may be over the floor.
        """
        x, y, z = (float(value) for value in at_m)
        thing = self.catalogue.find(name)
        half = thing.size_m[2] / 2 if thing is not None else 0.0
        tops = [
            s.height_m + half
            for s in self.surfaces
            if float(s.box.distance([x, y])) <= max(_BESIDE_M, min(unsure_m, _FAR_BESIDE_M))
        ]
        nearest = min(tops, key=lambda top: abs(top - z), default=z)
        return nearest if thing is not None and abs(nearest - z) <= _SETTLES_M else z

    def surface(self, name: str) -> Surface:
        """Return a surface by its proper name. :raises KeyError: there is none."""
        for surface in self.surfaces:
            if surface.name == name:
                return surface
        raise KeyError(name)

    def room_at(self, x_m: float, y_m: float) -> Room | None:
        """The room that a spot lies in; None between rooms."""
        return next((r for r in self.rooms if r.contains(x_m, y_m)), None)

    def nearest_places(self, name: str, count: int = 3) -> list[str]:
        """Names of places that are spelt alike, else the first ones."""
        known = {spoken_name(n): p.name for p in self.places for n in (p.name, *p.aliases)}
        close = difflib.get_close_matches(spoken_name(name), list(known), n=count * 2, cutoff=0.5)
        return list(dict.fromkeys(known[c] for c in close))[:count] or [p.name for p in self.places[:count]]
