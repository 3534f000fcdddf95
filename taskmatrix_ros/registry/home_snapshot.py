"""A home as it was at one moment, from one JSON file."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.home import (
    HomeArea,
    HomeEntity,
    HomeFloor,
    HomeItem,
    HomeObject,
    HomePlace,
    HomeRobot,
    HomeTimer,
)

MAX_BYTES = 64_000_000
_SHOWN = 5


class HomeSnapshot(HomeItem):
    """Implements ``core.home.Home``. Every list may be absent."""

    floors: tuple[HomeFloor, ...] = ()
    areas: tuple[HomeArea, ...] = ()
    entities: tuple[HomeEntity, ...] = ()
    timers: tuple[HomeTimer, ...] = ()
    places: tuple[HomePlace, ...] = ()
    objects: tuple[HomeObject, ...] = ()
    robot: HomeRobot | None = None
    now: datetime | None = None
    revision: int = Field(default=1, exclude=True)

    @field_validator("floors", "areas", "entities", "timers", "places", "objects", mode="before")
    @classmethod
    def _absent_is_empty(cls, value: Any) -> Any:
        return () if value is None else value

    @field_validator("now", mode="after")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value

    @staticmethod
    def load(path: Path) -> HomeSnapshot:
        """Read a file.

        :raises ConfigError: it cannot be read, is no JSON, or is no home; it names the place and what is expected.
        """
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ConfigError(f"home '{path}' has more than {MAX_BYTES:,} bytes; leave attributes out")
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"home '{path}' cannot be read: {error.strerror or error}; name a JSON file") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"home '{path}' is no UTF-8 text: byte {error.start + 1}; save it as UTF-8") from error
        return HomeSnapshot.parse(text, str(path))

    @staticmethod
    def parse(text: str, source: str = "home") -> HomeSnapshot:
        """Read a text. :param source: its name, for messages.

        :raises ConfigError: as ``load``.
        """
        try:
            value = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ConfigError(f"home '{source}' is no JSON: {error}; correct it") from error
        if not isinstance(value, Mapping):
            raise ConfigError(f'home \'{source}\' is no JSON object; write {{"areas": [...], "entities": [...]}}')
        try:
            snapshot = HomeSnapshot.model_validate(value)
        except ValidationError as error:
            raise ConfigError(f"home '{source}': {_told(error)}") from error
        _check(snapshot, source)
        return _with_ids(snapshot)


def _check(home: HomeSnapshot, source: str) -> None:
    """Refuse ids that are given twice, and references that lead nowhere."""
    for what, ids in (
        ("floor", [floor.id for floor in home.floors]),
        ("area", [area.id for area in home.areas]),
        ("entity", [entity.entity_id for entity in home.entities]),
        ("place", [place.id for place in home.places]),
        ("object", [thing.id for thing in home.objects]),
    ):
        twice = sorted({name for name in ids if ids.count(name) > 1}) if len(set(ids)) < len(ids) else []
        if twice:
            raise ConfigError(f"home '{source}': {what} {twice[0]!r} is there twice; keep one")
    floors, areas = _Ids("floor", home.floors), _Ids("area", home.areas)
    for area in home.areas:
        floors.check(area.floor, f"area {area.id!r}", source)
    for entity in home.entities:
        areas.check(entity.area, f"entity {entity.entity_id!r}", source)
    for place in home.places:
        areas.check(place.area, f"place {place.id!r}", source)


def _with_ids(home: HomeSnapshot) -> HomeSnapshot:
    """Write references by id where they were written by name."""
    floors, areas = _Ids("floor", home.floors), _Ids("area", home.areas)
    return home.model_copy(
        update={
            "areas": tuple(a.model_copy(update={"floor": floors.id_of(a.floor)}) for a in home.areas),
            "entities": tuple(e.model_copy(update={"area": areas.id_of(e.area)}) for e in home.entities),
            "timers": tuple(t.model_copy(update={"area": areas.id_of(t.area) or t.area}) for t in home.timers),
            "places": tuple(p.model_copy(update={"area": areas.id_of(p.area)}) for p in home.places),
        }
    )


class _Ids:
    """References to floors or areas: by id, or by name."""

    def __init__(self, what: str, items: Iterable[HomeFloor]) -> None:
        self._what = what
        items = tuple(items)
        self._ids = {item.id: item.id for item in items}
        self._by_name = {name.casefold(): item.id for item in items for name in (item.name, *item.aliases)}

    def id_of(self, reference: str | None) -> str | None:
        """Give the id, or None for no or an unknown reference."""
        if not reference:
            return None
        return self._ids.get(reference) or self._by_name.get(reference.casefold())

    def check(self, reference: str | None, whose: str, source: str) -> None:
        """Refuse a reference that leads nowhere.

        :raises ConfigError: it names the nearest.
        """
        if not reference or self.id_of(reference) is not None:
            return
        near = difflib.get_close_matches(reference, [*self._ids, *self._by_name], n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(self._ids)[:_SHOWN]) or 'none'}"
        raise ConfigError(f"home '{source}': {whose} is in {self._what} {reference!r}, which is not listed; {hint}")


def _told(error: ValidationError) -> str:
    """Say the first findings: ``entities[3].entity_id: String should match pattern``."""
    lines = []
    for found in error.errors(include_url=False)[:_SHOWN]:
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found["loc"]).lstrip(".")
        lines.append(f"{place}: {found['msg']}, not {_short(found.get('input'))}")
    more = error.error_count() - len(lines)
    return "; ".join(lines) + (f"; and {more} more" if more > 0 else "") + "; correct the file"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
