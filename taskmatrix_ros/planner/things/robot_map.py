"""The things and places a robot knows by name, as far as they are known: of a snapshot, or of its own map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPlace:
    """A spot with a name. ``area``: id of the room it is in; empty where that is unknown."""

    id: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    area: str = ""
    is_area: bool = False
    """It is a room: one can go there and look there, and put nothing down on it."""

    @property
    def called(self) -> tuple[str, ...]:
        """Every name it goes by, the spoken one first."""
        return tuple(dict.fromkeys(filter(None, (self.name, *self.aliases, self.id))))

    @property
    def said(self) -> str:
        """The name a person is told."""
        return (self.name or self.id).replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapObject:
    """A thing that can be carried. ``at``: id of its place; empty where that is unknown, or it is in the hand.

    ``traits``: what it is recorded to be (``caffeinated``); ``lacks``: what it is recorded not to be.
    """

    id: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    traits: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    at: str = ""

    @property
    def called(self) -> tuple[str, ...]:
        """Every name it goes by, the spoken one first."""
        return tuple(dict.fromkeys(filter(None, (self.name, *self.aliases, self.id))))

    @property
    def said(self) -> str:
        """The name a person is told; things that share it are alike."""
        return (self.name or self.id).replace("_", " ")


@dataclass(frozen=True, kw_only=True)
class RobotMap:
    """What is where. ``at``: id of the place the robot stands at; ``holding``: id of what it holds; empty: unknown."""

    objects: tuple[MapObject, ...] = ()
    places: tuple[MapPlace, ...] = ()
    at: str = ""
    holding: str = ""
    _by_id: Mapping[str, MapObject] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {thing.id: thing for thing in self.objects})

    @property
    def knows_where(self) -> bool:
        """Whether it records where any thing is; a robot that looks for itself does not."""
        return any(thing.at for thing in self.objects)

    def get(self, object_id: str) -> MapObject | None:
        """Give the thing of that id."""
        return self._by_id.get(object_id)

    def place(self, place_id: str) -> MapPlace | None:
        """Give the place of that id."""
        return next((place for place in self.places if place.id == place_id), None)

    def within(self, place_id: str) -> frozenset[str]:
        """Give the ids of the places that are meant with one: itself, and for a room those in it."""
        place = self.place(place_id)
        inside = {other.id for other in self.places if other.area == place_id}
        if place is not None and not place.is_area:
            # A spot may share its name with the room it stands for: the map of a robot has a place "kitchen".
            inside = {other.id for other in self.places if other.area == place_id and place.area == place_id}
        return frozenset({place_id, *inside})

    def said_place(self, place_id: str) -> str:
        """Give a place's spoken name."""
        place = self.place(place_id)
        return place.said if place else place_id.replace("_", " ")

    def moved(self, object_id: str, place_id: str) -> RobotMap:
        """Give the map with a thing at another place; an empty one: in the hand, or unknown."""
        if object_id not in self._by_id:
            return self
        return replace(self, objects=tuple(replace(o, at=place_id) if o.id == object_id else o for o in self.objects))

    def standing(self, *, at: str, holding: str) -> RobotMap:
        """Give the map with the robot elsewhere, or holding something else."""
        return self if (at, holding) == (self.at, self.holding) else replace(self, at=at, holding=holding)


def traits_of(given: object) -> tuple[frozenset[str], frozenset[str]]:
    """Read recorded traits: a list of words, or a mapping of words to values. :returns: what it is, what it is not.

    ``{"caffeinated": false, "color": "red"}`` is red and not caffeinated.
    """
    has: set[str] = set()
    lacks: set[str] = set()
    if isinstance(given, Mapping):
        for key, value in given.items():
            if isinstance(value, bool):
                (has if value else lacks).add(str(key))
            elif isinstance(value, str):
                has.add(value)
            elif isinstance(value, Iterable):
                has.update(str(item) for item in value)
    elif isinstance(given, str):
        has.add(given)
    elif isinstance(given, Iterable):
        has.update(str(item) for item in given)
    return frozenset(has), frozenset(lacks)
