"""A home as Home Assistant tells it now, in the form of a snapshot: floors, areas, entities, their names and states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from taskmatrix_ros.core.home import (
    HomeArea,
    HomeEntity,
    HomeFloor,
    HomeObject,
    HomePlace,
    HomeRobot,
    HomeTimer,
)
from taskmatrix_ros.registry.entity_state import UNAVAILABLE
from taskmatrix_ros.registry.exposure import exposed_by_default
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

Entry = Mapping[str, Any]
OWN_IDS = "taskmatrix"
"""Begins the identifiers and unique ids of what this node announces of itself."""


@dataclass(frozen=True, kw_only=True)
class Registries:
    """What Home Assistant's registries list, in its own form.

    ``exposed``: entity id -> assistants it is exposed to; None where the token's user may not know.
    ``floors_of``: floor -> its areas and aliases, by the profile.
    """

    floors: Sequence[Entry] = ()
    areas: Sequence[Entry] = ()
    devices: Sequence[Entry] = ()
    entities: Sequence[Entry] = ()
    exposed: Mapping[str, Mapping[str, bool]] | None = None
    floors_of: Mapping[str, tuple[Sequence[str], Sequence[str]]] = field(default_factory=dict)


class LiveHome:
    """Implements ``core.home.Home``. Lives in the loop's thread; whoever hears Home Assistant fills it."""

    timers: Sequence[HomeTimer] = ()
    places: Sequence[HomePlace] = ()
    objects: Sequence[HomeObject] = ()
    robot: HomeRobot | None = None
    now: datetime | None = None

    def __init__(self, expose: str | Sequence[str] = "assist") -> None:
        """:param expose: ``assist``: what is exposed to Assist; ``all``; or patterns of entity ids."""
        self._expose = expose
        self._floors: tuple[HomeFloor, ...] = ()
        self._areas: tuple[HomeArea, ...] = ()
        self._registered: dict[str, HomeEntity] = {}
        self._hidden: set[str] = set()
        self._own: set[str] = set()
        self._ids: dict[str, str] = {}
        self._shown: Mapping[str, Mapping[str, bool]] | None = None
        self._entities: dict[str, HomeEntity] = {}
        self._order: tuple[HomeEntity, ...] | None = None
        self._barred: frozenset[str] = frozenset()
        self._revision = 0

    @property
    def revision(self) -> int:
        """Rises when floors, areas, entities, their names or their exposure change."""
        return self._revision

    @property
    def floors(self) -> Sequence[HomeFloor]:
        """The storeys."""
        return self._floors

    @property
    def areas(self) -> Sequence[HomeArea]:
        """The rooms."""
        return self._areas

    @property
    def entities(self) -> Sequence[HomeEntity]:
        """Every entity with its present state, by id."""
        if self._order is None:
            self._order = tuple(self._entities[name] for name in sorted(self._entities))
        return self._order

    def entity(self, entity_id: str) -> HomeEntity | None:
        """Give one entity with its present state."""
        return self._entities.get(entity_id)

    def snapshot(self, now: datetime | None = None) -> HomeSnapshot:
        """Give it as it is at this moment. :param now: the moment, aware."""
        return HomeSnapshot(floors=self._floors, areas=self._areas, entities=tuple(self.entities), now=now)

    @property
    def barred(self) -> frozenset[str]:
        """What is used another way."""
        return self._barred

    @property
    def device_ids(self) -> Mapping[str, str]:
        """Entity -> what names it the same by MQTT discovery, for those that came to Home Assistant by it."""
        return self._ids

    def bar(self, entity_ids: Iterable[str]) -> bool:
        """Take these for not exposed: they are used another way. :returns: whether that is news."""
        barred = frozenset(entity_ids)
        if barred == self._barred:
            return False
        self._barred = barred
        self._expose_anew()
        return True

    def load(self, registries: Registries) -> None:
        """Take the registries in the place of those that were known."""
        self._floors, self._areas = _floors_and_areas(registries)
        known_areas = {area.id for area in self._areas}
        devices = {str(device.get("id")): device for device in registries.devices}
        self._shown = registries.exposed
        self._registered, self._hidden, self._own, self._ids = {}, set(), set(), {}
        for entry in registries.entities:
            entity_id = str(entry.get("entity_id", ""))
            device = devices.get(str(entry.get("device_id")), {})
            area = entry.get("area_id") or device.get("area_id")
            if entry.get("platform") == "mqtt" and (unique_id := entry.get("unique_id")):
                self._ids[entity_id] = f"{entity_id.partition('.')[0]}:{unique_id}"
            if _is_own(entry, device):
                self._own.add(entity_id)
            if entry.get("hidden_by") or entry.get("entity_category") or entry.get("disabled_by"):
                self._hidden.add(entity_id)
            self._registered[entity_id] = HomeEntity.model_construct(
                entity_id=entity_id,
                name=str(entry.get("name") or ""),
                aliases=tuple(str(alias) for alias in entry.get("aliases") or () if alias),
                area=area if area in known_areas else None,
                state=None,
                attributes={},
                exposed=True,
            )
        self._expose_anew()

    def add(self, states: Mapping[str, tuple[str, Mapping[str, Any]]], *, all_of_them: bool = False) -> None:
        """Take entities' states and attributes; an entity that was not known is new.

        :param all_of_them: there are no others.
        """
        gone = self._entities.keys() - states.keys() if all_of_them else ()
        for entity_id in gone:
            del self._entities[entity_id]
        changed = bool(gone)
        for entity_id, (state, attributes) in states.items():
            before = self._entities.get(entity_id)
            entity = self._entities[entity_id] = self._made(entity_id, state, attributes)
            changed |= before is None or (before.name, before.exposed) != (entity.name, entity.exposed)
        self._order = None
        self._revision += changed

    def remove(self, entity_ids: Iterable[str]) -> None:
        """Forget entities that are gone."""
        known = [entity_id for entity_id in entity_ids if self._entities.pop(entity_id, None)]
        if known:
            self._order = None
            self._revision += 1

    def _expose_anew(self) -> None:
        self._entities = {
            entity_id: self._made(entity_id, entity.state, entity.attributes)
            for entity_id, entity in self._entities.items()
        }
        self._order = None
        self._revision += 1

    def _made(self, entity_id: str, state: str | None, attributes: Mapping[str, Any]) -> HomeEntity:
        known = self._registered.get(entity_id)
        name = known.name if known is not None and known.name else str(attributes.get("friendly_name") or "")
        return HomeEntity.model_construct(
            entity_id=entity_id,
            name=name,
            aliases=known.aliases if known is not None else (),
            area=known.area if known is not None else None,
            state=state,
            attributes=attributes,
            exposed=self._is_exposed(entity_id, attributes),
        )

    def _is_exposed(self, entity_id: str, attributes: Mapping[str, Any]) -> bool:
        if entity_id in self._barred or entity_id in self._own:
            return False
        if self._expose == "all":
            return True
        if self._expose != "assist":
            return any(fnmatchcase(entity_id, pattern) for pattern in self._expose)
        if self._shown is not None and any("conversation" in shown for shown in self._shown.values()):
            return bool(self._shown.get(entity_id, {}).get("conversation"))
        # Nobody has chosen yet: what Home Assistant would choose for Assist.
        return entity_id not in self._hidden and exposed_by_default(entity_id, attributes.get("device_class"))


def _is_own(entry: Entry, device: Entry) -> bool:
    """Whether this node, or another of its kind, announced the entity to Home Assistant: it is never imported back."""
    ids = [str(pair[-1]) for pair in device.get("identifiers") or () if pair]
    if entry.get("platform") == "mqtt":
        ids.append(str(entry.get("unique_id", "")))
    return any(one == OWN_IDS or one.startswith(f"{OWN_IDS}_") for one in ids)


def is_unavailable(entity: HomeEntity) -> bool:
    """Whether Home Assistant cannot reach it."""
    return entity.state == UNAVAILABLE


def _floors_and_areas(registries: Registries) -> tuple[tuple[HomeFloor, ...], tuple[HomeArea, ...]]:
    floors: dict[str, HomeFloor] = {}
    for entry in registries.floors:
        floor = HomeFloor(
            id=str(entry.get("floor_id")), name=str(entry.get("name")), aliases=_texts(entry.get("aliases"))
        )
        floors[floor.id] = floor
    on_floor: dict[str, str] = {}
    for name, (areas, aliases) in registries.floors_of.items():
        known = next((floor for floor in floors.values() if floor.name.casefold() == name.casefold()), None)
        floor = known or HomeFloor(id=name.casefold().replace(" ", "_"), name=name)
        floors[floor.id] = floor.model_copy(update={"aliases": tuple(dict.fromkeys((*floor.aliases, *aliases)))})
        on_floor |= {area.casefold(): floor.id for area in areas}
    made = []
    for entry in registries.areas:
        area_id, name = str(entry.get("area_id")), str(entry.get("name"))
        floor_id = on_floor.get(name.casefold()) or on_floor.get(area_id.casefold()) or entry.get("floor_id")
        made.append(
            HomeArea(
                id=area_id,
                name=name,
                aliases=_texts(entry.get("aliases")),
                floor=floor_id if floor_id in floors else None,
            )
        )
    return tuple(floors.values()), tuple(made)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values or () if value)
