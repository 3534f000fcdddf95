"""The objects that can be recognised, by the names people use for them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from taskmatrix_ros.perception.solid import SolidShape
from taskmatrix_ros.perception.transform import Transform

_ARTICLES = {"a", "an", "the", "my", "your", "our", "some"}


def spoken_name(name: str) -> str:
    """Reduce a name to what two people would agree on: lower case, single spaces, no leading article.

    >>> spoken_name("The  Water_Bottle")
    'water bottle'
    """
    words = name.casefold().replace("_", " ").replace("-", " ").split()
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join(words)


@dataclass(frozen=True, slots=True)
class CatalogueObject:
    """An object that is known by an AprilTag of one number on four upright faces, or by its colour and shape.

    :param tag_id: None without a tag; so are the next two.
    :param tag_size_m: outer edge of the black square.
    :param tag_face_m: from the object's origin, the middle of its body, to each face.
    :param size_m: of the body along x, y and z.
    :param grasp_width_m: between the fingers.
    :param color: a name or ``#rrggbb``; empty where it is not known by its looks.
    :param shape: of the whole body; None likewise.
    """

    name: str
    aliases: tuple[str, ...]
    category: str
    tag_id: int | None
    tag_size_m: float | None
    tag_face_m: float | None
    size_m: tuple[float, float, float]
    grasp_width_m: float
    color: str = ""
    shape: SolidShape | None = None

    def face_transforms(self) -> tuple[Transform, ...]:
        """Poses of the tag's four copies in the object's frame: x right and y up as one looks at a face, z outwards."""
        faces = []
        for quarter in range(4):
            yaw = quarter * math.pi / 2
            outwards = np.array([math.cos(yaw), math.sin(yaw), 0.0])
            right = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
            up = np.array([0.0, 0.0, 1.0])
            faces.append(Transform(np.stack([right, up, outwards], axis=1), outwards * (self.tag_face_m or 0.0)))
        return tuple(faces)


class ObjectCatalogue:
    """Looks objects up by spoken name or tag.

    :raises ValueError: two objects share a name, an alias or a tag.
    """

    def __init__(self, objects: Iterable[CatalogueObject]) -> None:
        self._objects = tuple(objects)
        self._by_name: dict[str, CatalogueObject] = {}
        self._by_tag: dict[int, CatalogueObject] = {}
        for thing in self._objects:
            for name in dict.fromkeys(spoken_name(n) for n in (thing.name, *thing.aliases)):
                if name in self._by_name:
                    other = self._by_name[name].name
                    raise ValueError(f"objects '{other}' and '{thing.name}' are both called '{name}'; rename one")
                self._by_name[name] = thing
            if thing.tag_id is None:
                continue
            if thing.tag_id in self._by_tag:
                other = self._by_tag[thing.tag_id].name
                raise ValueError(f"objects '{other}' and '{thing.name}' both carry tag {thing.tag_id}; renumber one")
            self._by_tag[thing.tag_id] = thing

    def __iter__(self) -> Iterator[CatalogueObject]:
        return iter(self._objects)

    @property
    def names(self) -> tuple[str, ...]:
        """The proper names, in the order of the description."""
        return tuple(o.name for o in self._objects)

    @property
    def tag_sizes_m(self) -> dict[int, float]:
        """Outer edge of each tag by its number."""
        return {o.tag_id: o.tag_size_m for o in self._objects if o.tag_id is not None and o.tag_size_m is not None}

    def find(self, name: str) -> CatalogueObject | None:
        """Look a spoken name up: "The Coke Can", "water_bottle"; None if nothing is called so."""
        return self._by_name.get(spoken_name(name))

    def by_tag(self, tag_id: int) -> CatalogueObject | None:
        """Return what carries a tag; None if it is not an object's."""
        return self._by_tag.get(tag_id)

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """Proper names that are spelt alike, best first; may be empty."""
        close = difflib.get_close_matches(spoken_name(name), list(self._by_name), n=count * 2, cutoff=0.5)
        return list(dict.fromkeys(self._by_name[c].name for c in close))[:count]
