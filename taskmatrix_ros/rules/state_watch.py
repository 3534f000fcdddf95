"""What state triggers compare: the values that were known, since when, and which triggers wait for them to stay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.rule import StateTrigger, is_same
from taskmatrix_ros.rules.condition_state import AGE
from taskmatrix_ros.rules.state_index import StateIndex, Watch
from taskmatrix_ros.store.rule_store import RuleStore


class StateWatch:
    """Keeps the last known values over a restart, so that a change while nobody listened is still a change."""

    def __init__(self, store: RuleStore, state: Mapping[str, Any]) -> None:
        self._store, self._state = store, state
        self._index: dict[str, StateIndex] = {}
        self._holding: dict[str, dict[Watch, StateTrigger]] = {}
        """Key -> triggers whose ``for_s`` runs."""
        self._last: dict[str, Any] = {}
        self._heard: set[str] = set()
        """Keys of which something was heard in this life, and nothing to the contrary since."""
        self._aged: dict[str, Any] = {}
        """Keys whose age a condition asks for, with their value."""
        self.changed_at: dict[str, datetime] = {}
        """Since when those have it."""

    def restore(self) -> None:
        """Take up what the last life knew."""
        for key, value in self._store.remembered().items():
            if key.startswith(AGE):
                name = key.removeprefix(AGE)
                self._aged[name], self.changed_at[name] = value[0], datetime.fromisoformat(value[1])
            else:
                self._last[key] = value

    @property
    def keys(self) -> frozenset[str]:
        """What triggers watch."""
        return frozenset(self._index)

    def watches(self, key: str) -> bool:
        """Whether any trigger watches a key."""
        return key in self._index

    def has_heard(self, key: str) -> bool:
        """Whether something was heard of a key in this life, and nothing to the contrary since."""
        return key in self._heard

    def connect(self, watch: Watch, trigger: StateTrigger, *, holding: bool) -> None:
        """Watch for a trigger. ``holding``: its ``for_s`` runs since an earlier life."""
        self._index.setdefault(trigger.key, StateIndex()).add(watch, trigger)
        key = trigger.key
        # Begin with what is known, so that what was so before the rule came does not start it.
        if key not in self._last and (value := self._state.get(key)) is not None:
            self._last[key] = value
            self._heard.add(key)
            self._store.remember(key, value)
        if holding:
            self.hold(watch, trigger)

    def disconnect(self, watch: Watch, trigger: StateTrigger) -> None:
        """Watch for it no longer."""
        if (known := self._index.get(trigger.key)) is not None:
            known.remove(watch)
            if not len(known):
                del self._index[trigger.key]
        self.let_go(watch, trigger)

    def ask_age(self, key: str, now: datetime) -> None:
        """Remember from now on since when a key has its value."""
        if key not in self._aged and (value := self._state.get(key)) is not None:
            self._note_age(key, value, now)
        self._aged.setdefault(key, None)

    def hold(self, watch: Watch, trigger: StateTrigger) -> None:
        """A trigger's ``for_s`` runs."""
        self._holding.setdefault(trigger.key, {})[watch] = trigger

    def let_go(self, watch: Watch, trigger: StateTrigger) -> None:
        """It runs no longer."""
        if (known := self._holding.get(trigger.key)) is not None:
            known.pop(watch, None)
            if not known:
                del self._holding[trigger.key]

    def holding(self, key: str) -> tuple[tuple[Watch, StateTrigger], ...]:
        """Give the triggers of a key whose ``for_s`` runs."""
        return tuple(self._holding.get(key, {}).items())

    def lose(self, key: str) -> None:
        """Nothing is known of a key any more; that is no change."""
        self._heard.discard(key)

    def age(self, key: str, value: Any, now: datetime) -> None:
        """Take in a value for those who ask since when."""
        if key in self._aged and value is not None and not is_same(self._aged[key], value):
            self._note_age(key, value, now)

    def change(self, key: str, value: Any) -> tuple[Any, list[Watch], bool]:
        """Take in a value.

        :returns: the value before, the triggers that fire, and whether it is to be written what they compare with.
        """
        self._heard.add(key)
        old, index = self._last.get(key), self._index.get(key)
        self._last[key] = value
        fired, concerned = index.change(old, value) if index is not None else ([], False)
        return old, fired, concerned

    def trigger(self, key: str, watch: Watch) -> StateTrigger:
        """Give a trigger of a key that fired."""
        return self._index[key].trigger(watch)

    def _note_age(self, key: str, value: Any, now: datetime) -> None:
        self._aged[key], self.changed_at[key] = value, now
        self._store.remember(f"{AGE}{key}", [value, now.isoformat()])
