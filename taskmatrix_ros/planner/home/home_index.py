"""The names of a home, ready to be looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.home import Home, HomeArea, HomeEntity, HomeFloor
from taskmatrix_ros.planner.home.home_nouns import NOUNS, PLACE_NOUNS
from taskmatrix_ros.planner.home.tokens import key_parts
from taskmatrix_ros.planner.language.normalizer import Normalizer

Key = tuple[str, ...]

PLACE_NOTE = "home.place"
"""Of a scene's notes: the id of the room that was spoken of last."""

_ROOM_DIGITS = 3
_END_LETTERS = 3
_ARTICLES = frozenset({"the", "my", "our", "a", "an"})


@dataclass(frozen=True, slots=True)
class Named:
    """What a name stands for: ids of entities, areas and floors; ``stripped``: the noun that was left out of it."""

    entities: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    floors: tuple[str, ...] = ()


class HomeIndex:
    """Built once per revision of a home. States are read through ``entity``, so they are those of now."""

    def __init__(self, home: Home, normalizer: Normalizer) -> None:
        self.home = home
        self.revision = home.revision
        self._normalizer = normalizer
        self.areas: Mapping[str, HomeArea] = {area.id: area for area in home.areas}
        self.floors: Mapping[str, HomeFloor] = {floor.id: floor for floor in home.floors}
        self.exposed = tuple(entity for entity in home.entities if entity.exposed)
        self._place = {entity.entity_id: at for at, entity in enumerate(home.entities)}
        self._entities: dict[Key, list[str]] = defaultdict(list)
        self._areas: dict[Key, list[str]] = defaultdict(list)
        self._floors: dict[Key, list[str]] = defaultdict(list)
        self._owners: dict[Key, list[str]] = defaultdict(list)
        self._keys_of_area: dict[str, tuple[Key, ...]] = {}
        self._without_noun: dict[Key, list[tuple[str, str]]] = defaultdict(list)
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self.words_of: dict[str, frozenset[str]] = {}
        self._hidden: set[Key] = set()
        self.longest = 1
        self._add_places()
        self._add_entities()
        self.modes = frozenset(_modes(self.exposed))
        self.vocabulary = frozenset(
            word for keys in (self._entities, self._areas, self._floors) for key in keys for word in key
        )
        self.beginnings = frozenset(key[0] for keys in (self._entities, self._areas, self._floors) for key in keys)
        self.hidden_vocabulary = frozenset(word for key in self._hidden for word in key)
        self.hidden_only = self.hidden_vocabulary - self.vocabulary

    # ---- looking up

    def entity(self, entity_id: str) -> HomeEntity:
        """Give an entity as it is now.

        :raises PlanningError: it has gone since its name was read.
        """
        entities, place = self.home.entities, self._place[entity_id]
        if place < len(entities) and entities[place].entity_id == entity_id:
            return entities[place]
        for entity in entities:
            if entity.entity_id == entity_id:
                return entity
        raise PlanningError(f"{entity_id} is not there any more; ask again", code="UNKNOWN_NAME")

    def named(self, key: Key) -> Named | None:
        """Give what a name stands for, exactly as it is said."""
        found = Named(
            entities=tuple(self._entities.get(key, ())),
            areas=tuple(self._areas.get(key, ())),
            floors=tuple(self._floors.get(key, ())),
        )
        return found if found.entities or found.areas or found.floors else None

    def owned(self, key: Key) -> tuple[str, ...]:
        """Give the areas that are called after somebody: ``Emma's`` -> that of ``Emma's Room``."""
        return tuple(self._owners.get(key, ()))

    def areas_called(self, words: Key) -> tuple[str, ...]:
        """Give the areas whose names hold these words side by side: ``guest room`` -> ``Guest Room A`` and ``B``."""
        size = len(words)
        return tuple(
            area
            for area in self.areas
            if any(
                key[at : at + size] == words for key in self._keys_of_area[area] for at in range(len(key) - size + 1)
            )
        )

    def shortened(self, key: Key) -> tuple[tuple[str, str], ...]:
        """Give the entities whose name is this and a noun after it, with the noun: ``desk`` of ``Desk Lamp``."""
        return tuple(self._without_noun.get(key, ()))

    def holding(self, words: Sequence[str]) -> tuple[str, ...]:
        """Give the entities whose names hold all these words, in any order."""
        sets = [self._by_word.get(word, set()) | self._by_word.get(singular(word), set()) for word in words]
        common = set.intersection(*sets) if sets else set()
        return tuple(sorted(common, key=self._place.__getitem__))

    def is_hidden(self, key: Key) -> bool:
        """Whether it is the name only of what is not exposed."""
        return key in self._hidden and key not in self._entities

    def area_of(self, reference: str) -> str | None:
        """Give the id of an area that is named by id or by name."""
        if reference in self.areas:
            return reference
        found = self._areas.get(self.key(reference))
        return found[0] if found else None

    def areas_on(self, floors: Sequence[str]) -> frozenset[str]:
        """Give the ids of the areas on floors."""
        return frozenset(area.id for area in self.areas.values() if area.floor in floors)

    def key(self, text: str) -> Key:
        """Give a name as it is looked up."""
        keys = [part for word in self._normalizer.words(text) for part in key_parts(word)]
        while len(keys) > 1 and keys[0] in _ARTICLES:
            keys.pop(0)
        return tuple(keys)

    def name(self, entity_id: str) -> str:
        """Give what an entity is called in answers."""
        return self.entity(entity_id).names[0].replace("[']", "'")

    def title(self, entity_id: str, among: Sequence[str] = ()) -> str:
        """Give a name that tells an entity from others: with its area where another is called the same."""
        name = self.name(entity_id)
        alike = [other for other in among if other != entity_id and self.name(other).casefold() == name.casefold()]
        if not alike:
            return name
        area = self.entity(entity_id).area
        return (
            f"{name} in {self.areas[area].name}" if area is not None and area in self.areas else f"{name} ({entity_id})"
        )

    def names(self) -> Iterator[str]:
        """Every name that may be said."""
        for entity in self.exposed:
            yield from (name.replace("[']", "'") for name in entity.names)
        for place in (*self.areas.values(), *self.floors.values()):
            yield from (place.name, *place.aliases)

    # ---- building

    def _add_places(self) -> None:
        for area in self.areas.values():
            self._keys_of_area[area.id] = tuple(self.key(name) for name in (area.name, *area.aliases))
            for name in (area.name, *area.aliases):
                self._add(self._areas, name, area.id)
                key = self.key(name)
                if "'s" in key and area.id not in self._owners[key[: key.index("'s") + 1]]:
                    self._owners[key[: key.index("'s") + 1]].append(area.id)
        self._add_numbers()
        self._add_ends()
        for floor in self.floors.values():
            for name in (floor.name, *floor.aliases):
                self._add(self._floors, name, floor.id)

    def _add_numbers(self) -> None:
        """Let the number of a room stand for it, where it is long enough to mean nothing else: ``the AC in 103``."""
        for area in self.areas.values():
            *before, number = self.key(area.name) or ("",)
            if len(before) == 1 and number.isdecimal() and len(number) >= _ROOM_DIGITS and (number,) not in self._areas:
                self._areas[(number,)].append(area.id)

    def _add_ends(self) -> None:
        """Let the last word of a room's name stand for it, where no other room's ends so: ``the coop``."""
        ends: dict[str, set[str]] = defaultdict(set)
        for area in self.areas.values():
            for name in (area.name, *area.aliases):
                *before, last = self.key(name) or ("",)
                if before and "'s" not in before and len(last) >= _END_LETTERS and last.isalpha():
                    ends[last].add(area.id)
        for word, ids in ends.items():
            if len(ids) == 1 and (word,) not in self._areas and word not in PLACE_NOUNS and (word,) not in NOUNS:
                self._areas[(word,)].append(next(iter(ids)))

    def _add_entities(self) -> None:
        for entity in self.home.entities:
            for name in entity.names:
                if not entity.exposed:
                    self._hidden.update(self._variants(name))
                    continue
                self._add(self._entities, name, entity.entity_id)
                key = self.key(name.replace("[']", "'"))
                self._add_shortened(key, entity.entity_id)
                words = frozenset(key)
                self.words_of[entity.entity_id] = self.words_of.get(entity.entity_id, frozenset()) | words
                for word in words:
                    self._by_word[word].add(entity.entity_id)

    def _add_shortened(self, key: Key, entity_id: str) -> None:
        for length in (1, 2):
            if len(key) > length and (noun := NOUNS.get(key[-length:])) is not None:
                self._without_noun[key[:-length]].append((entity_id, noun.text))

    def _add(self, table: dict[Key, list[str]], name: str, item: str) -> None:
        for key in self._variants(name):
            if item not in table[key]:
                table[key].append(item)
            self.longest = max(self.longest, len(key))

    def _variants(self, name: str) -> set[Key]:
        """Give the ways a name is written: ``Joe's``, ``Joes``; ``Living Room``, ``livingroom``."""
        plain = self.key(name.replace("[']", "'"))
        found = {plain} if plain else set()
        if "'s" in plain:
            found.add(self.key(name.replace("[']", "").replace("'", "").replace("’", "")))
            found.add(tuple(part for part in plain if part != "'s"))
        if len(plain) == 2 and all(part.isalpha() for part in plain):
            found.add(("".join(plain),))
        return {key for key in found if key}


_MODE_ATTRIBUTES = (
    "hvac_modes",
    "preset_modes",
    "fan_modes",
    "available_modes",
    "source_list",
    "effect_list",
    "options",
)
_USUAL_MODES = ("heat", "cool", "auto", "dry", "fan only", "heat cool", "heating", "cooling", "automatic", "drying")


def _modes(entities: Sequence[HomeEntity]) -> Iterator[str]:
    """Give the modes, sources and options that devices list, as they are said."""
    for entity in entities:
        if entity.domain == "climate":
            yield from _USUAL_MODES
        for attribute in _MODE_ATTRIBUTES:
            values = entity.attributes.get(attribute)
            for value in values if isinstance(values, list | tuple) else ():
                yield " ".join(str(value).casefold().replace("_", " ").replace("-", " ").split())


def singular(word: str) -> str:
    """Give the singular of an English noun, by rule: ``lamps`` -> ``lamp``, ``switches`` -> ``switch``."""
    if len(word) > 3 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
