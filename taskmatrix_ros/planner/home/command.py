"""A command as it was parsed, and what its handlers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.home import HomeEntity
from taskmatrix_ros.planner.grammar.clause_reader import Doing, Scene
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.home.home_index import HomeIndex
from taskmatrix_ros.planner.home.resolver import Resolver
from taskmatrix_ros.planner.home.target import Target, Targets


@dataclass(frozen=True, eq=False)
class Command:
    """A sentence that fits. ``slots``: what stands in it, by slot; ``options``: what the sentence says by itself."""

    name: str
    options: Mapping[str, Any]
    slots: Mapping[str, Any]

    def having(self, **slots: Any) -> Command:
        """Give it with slots added or replaced."""
        return Command(self.name, self.options, {**self.slots, **slots})

    @property
    def targets(self) -> Targets:
        """What it is about, at the place that was said apart from it."""
        targets: Targets = self.slots.get("targets", ())
        place: Target | None = self.slots.get("place")
        if place is None:
            return targets
        return tuple(target.at(place) for target in targets) if targets else (place,)


@dataclass(frozen=True, eq=False)
class Stage:
    """Where a command is carried out."""

    index: HomeIndex
    scene: Scene
    resolver: Resolver

    @staticmethod
    def of(index: HomeIndex, scene: Scene) -> Stage:
        """Set it up for one clause."""
        return Stage(index, scene, Resolver(index, scene))

    def entity(self, entity_id: str) -> HomeEntity:
        """Give an entity as it was when the home was read."""
        return self.index.entity(entity_id)

    def state(self, entity_id: str) -> str:
        """Give an entity's state after the clauses before this one."""
        value = self.scene.state.values.get(f"{entity_id}.state")
        if value is None:
            return self.entity(entity_id).state or ""
        return f"{value:g}" if isinstance(value, float) else str(value)

    def number(self, entity_id: str, key: str) -> float | None:
        """Give a number that earlier clauses set, else the one of the home's state."""
        noted = self.scene.notes.get(f"{entity_id}.{key}")
        value = noted if noted is not None else self.scene.state.values.get(f"{entity_id}.{key}")
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def note(self, entity_id: str, key: str, value: float) -> None:
        """Keep a number that this clause sets."""
        self.scene.notes[f"{entity_id}.{key}"] = value


Handler = Callable[[Command, Stage], Doing]
"""Carries a command out; raises ``PlanningError`` where that cannot be done as it was said."""


def calls(wanted: Iterable[tuple[str, str, Mapping[str, Any]]]) -> tuple[Statement, ...]:
    """Give one call for each service and its data, for all the entities that it is wanted for.

    :param wanted: api, entity id, data.
    """
    grouped: dict[tuple[str, str], tuple[str, Mapping[str, Any], dict[str, None]]] = {}
    for api, entity_id, data in wanted:
        group = grouped.setdefault((api, repr(sorted(data.items()))), (api, data, {}))
        group[2][entity_id] = None
    return tuple(Statement(api, {"entity_id": sorted(ids), **data}, "", (api,)) for api, data, ids in grouped.values())


def doing(wanted: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Doing:
    """Give what calls come to."""
    listed = list(wanted)
    ids = tuple(dict.fromkeys(entity_id for _, entity_id, _ in listed))
    return Doing(statements=calls(listed), targets=ids, mentioned=ids)
