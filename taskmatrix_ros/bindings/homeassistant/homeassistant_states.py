"""The states that Home Assistant streams, in the home and in the state store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from taskmatrix_ros.bindings.homeassistant.homeassistant_outcome import TargetProblem
from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.binding_spec import HOME_ASSISTANT, HomeAssistantSource
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.registry.entity_state import UNAVAILABLE, entity_state
from taskmatrix_ros.registry.live_home import LiveHome, is_unavailable

SOURCE = HOME_ASSISTANT
"""Who says so, in the state store; and the source of its documents."""

AWAITED = f"{SOURCE}/entity"
"""The source, never live, of what an entity said that was there before and has not come back yet."""


class HomeAssistantStates:
    """Reads the events of ``subscribe_entities``: ``a`` what is there, ``c`` what changed, ``r`` what is gone.

    :source: https://developers.home-assistant.io/docs/api/websocket (compressed states).
    """

    def __init__(self, home: LiveHome, state: StateStore, changed: Callable[[], None] = lambda: None) -> None:
        """:param changed: called when entities have come or gone after the beginning."""
        self._changed = changed
        self.fahrenheit = False
        self._home = home
        self._state = state
        self._begun = asyncio.Event()
        self._awaited: set[str] | None = None
        """What was there before and has not come yet; None where all that is there was told."""
        self._keys: dict[str, frozenset[str]] = {}
        self._since: dict[str, float] = {}
        self._aliases: dict[str, tuple[str, ...]] = {}

    def begin(self, *, starting: bool = False) -> None:
        """A new connection: the next ``a`` is everything there is.

        :param starting: what was there before and is not told yet is still to come: it stays, as unavailable.
        """
        self._begun = asyncio.Event()
        self._awaited = set() if starting else None

    def started(self) -> None:
        """What has not come by now is gone."""
        gone, self._awaited = self._awaited or set(), None
        self._remove(gone)

    def can_be_reached(self, entity_id: str) -> bool:
        """Whether an entity is there and available."""
        entity = self._home.entity(entity_id)
        return entity is not None and not is_unavailable(entity)

    async def wait_begun(self) -> None:
        """Wait until everything there is was told once."""
        await self._begun.wait()

    def load_specs(self, specs: Sequence[StateSpec]) -> None:
        """Feed the keys of manifests that take an entity's attribute under another name."""
        aliases: dict[str, list[str]] = {}
        for spec in specs:
            source = spec.source
            if isinstance(source, HomeAssistantSource) and "{" not in spec.key:
                native = f"{source.entity_id}.{source.attribute}"
                if native != spec.key:
                    aliases.setdefault(native, []).append(spec.key)
        fresh = {native: tuple(keys) for native, keys in aliases.items()}
        if fresh == self._aliases:
            return
        self._aliases = fresh
        for native, keys in fresh.items():
            if (known := self._state.read(native)) is not None:
                for key in keys:
                    self._state.set(key, known.value, source=SOURCE, at=known.at, retained=True)

    def sorted_targets(self, entity_ids: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[TargetProblem, ...]]:
        """Tell entities that can be commanded from those that cannot. :returns: the first, and why not for the rest."""
        reachable, problems = [], []
        for entity_id in entity_ids or ():
            entity = self._home.entity(entity_id)
            if entity is None:
                problems.append(TargetProblem(entity_id, "does not exist in Home Assistant", exists=False))
            elif not entity.exposed:
                said = "is not exposed to this node; expose it to Assist, or in the profile"
                problems.append(TargetProblem(entity_id, said, exists=False))
            elif entity_id in (self._awaited or ()):
                problems.append(TargetProblem(entity_id, "is not back yet; Home Assistant is still starting"))
            elif is_unavailable(entity):
                since = datetime.fromtimestamp(self._since.get(entity_id, 0), UTC)
                problems.append(TargetProblem(entity_id, f"is unavailable since {since:%Y-%m-%d %H:%M:%S} UTC"))
            else:
                reachable.append(entity_id)
        return tuple(reachable), tuple(problems)

    def tell_all(self) -> None:
        """Tell what is exposed now and was not, and forget what no longer is."""
        shown = {entity.entity_id for entity in self._home.entities if entity.exposed}
        self._forget(self._keys.keys() - shown)
        for entity_id in sorted(shown - self._keys.keys()):
            entity = self._home.entity(entity_id)
            if entity is not None and entity.state is not None:
                self._tell(entity_id, entity.state, entity.attributes, retained=True)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        first = not self._begun.is_set()
        added = event.get("a")
        if added is not None or first:
            states = {
                entity_id: (str(one.get("s", "")), one.get("a") or {}) for entity_id, one in (added or {}).items()
            }
            if first and self._awaited is not None:
                self._await(states)
            elif first:
                self._forget(self._keys.keys() - states.keys())
            self._came(states)
            self._home.add(states, all_of_them=first and self._awaited is None)
            for entity_id, one in (added or {}).items():
                self._note(entity_id, one)
                self._tell(entity_id, *states[entity_id], retained=first)
        for entity_id, change in (event.get("c") or {}).items():
            self._change(entity_id, change)
        if gone := event.get("r"):
            self._remove(gone)
        if not first and (added or gone):
            self._changed()
        self._begun.set()

    def _change(self, entity_id: str, change: Mapping[str, Any]) -> None:
        entity = self._home.entity(entity_id)
        if entity is None:
            return
        plus, minus = change.get("+") or {}, change.get("-") or {}
        attributes = {**entity.attributes, **(plus.get("a") or {})}
        for name in minus.get("a") or ():
            attributes.pop(name, None)
        state = str(plus.get("s", entity.state))
        self._home.add({entity_id: (state, attributes)})
        self._note(entity_id, plus)
        self._tell(entity_id, state, attributes)

    def _await(self, there: Iterable[str]) -> None:
        """Keep what was there before and is not now, and believe nothing of it."""
        assert self._awaited is not None
        self._awaited.update({entity.entity_id for entity in self._home.entities}.difference(there))
        for entity_id in self._awaited:
            entity = self._home.entity(entity_id)
            self._home.add({entity_id: (UNAVAILABLE, entity.attributes if entity is not None else {})})
            for key in self._keys.get(entity_id, ()):
                for name in (key, *self._aliases.get(key, ())):
                    self._state.set(name, None, source=AWAITED, retained=True)
        self._state.set_source_live(AWAITED, live=False)

    def _came(self, entity_ids: Iterable[str]) -> None:
        if self._awaited:
            self._awaited.difference_update(entity_ids)

    def _note(self, entity_id: str, told: Mapping[str, Any]) -> None:
        if (since := told.get("lc")) is not None:
            self._since[entity_id] = float(since)

    def _tell(self, entity_id: str, state: str, attributes: Mapping[str, Any], *, retained: bool = False) -> None:
        entity = self._home.entity(entity_id)
        if entity is None or not entity.exposed:
            return
        values = entity_state(entity_id, state, attributes, fahrenheit=self.fahrenheit)
        for key in self._keys.get(entity_id, frozenset()) - values.keys():
            values[key] = None
        self._keys[entity_id] = frozenset(values)
        for key, value in values.items():
            self._state.set(key, value, source=SOURCE, retained=retained)
            for alias in self._aliases.get(key, ()):
                self._state.set(alias, value, source=SOURCE, retained=retained)

    def _remove(self, entity_ids: Iterable[str]) -> None:
        self._home.remove(entity_ids)
        self._forget(entity_ids)
        for entity_id in entity_ids:
            self._since.pop(entity_id, None)

    def _forget(self, entity_ids: Iterable[str]) -> None:
        for entity_id in tuple(entity_ids):
            for key in self._keys.pop(entity_id, ()):
                self._state.forget(key)
                for alias in self._aliases.get(key, ()):
                    self._state.forget(alias)
