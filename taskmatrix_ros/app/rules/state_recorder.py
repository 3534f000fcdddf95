"""Writes down how the world goes, so that rules can be tried over it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ports import Catalogue
from taskmatrix_ros.core.rule import is_same
from taskmatrix_ros.core.state_store import StateStore, StateValue
from taskmatrix_ros.core.together import Later
from taskmatrix_ros.expressions.key_template import key_pattern
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.state_history import Recorded, StateHistory

_log = logging.getLogger(__name__)

EVERY_S = 2.0
"""Seconds that changes are gathered. Of a number that changes more often, only the latest of them is written."""

MOST_GATHERED = 20_000
"""Changes within that time; what is beyond is not written."""


class StateRecorder:
    """Gathers changes of state and writes them now and then. Lives in the loop's thread.

    What a state spec calls sensitive is not written.
    """

    def __init__(self, database: Database, state: StateStore, catalogue: Catalogue, clock: HomeClock) -> None:
        self._history = StateHistory(database)
        self._state, self._catalogue, self._clock = state, catalogue, clock
        self._known: dict[str, Any] = {}
        self._gathered: list[Recorded] = []
        self._numbers: dict[str, Recorded] = {}
        self._secret: dict[str, bool] = {}
        self._revision = -1
        self._timer: Later | None = None
        self._undo: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin; what is known already is written first."""
        if self._undo is None:
            self._undo = self._state.watch(self._changed)
            for value in self._state.all_values():
                self._changed(value)

    def stop(self) -> None:
        """Write what was gathered, and end."""
        if self._undo is not None:
            self._undo()
            self._undo = None
        self.write()

    def _changed(self, value: StateValue) -> None:
        key, new = value.key, value.value
        if key in self._known and is_same(self._known[key], new):
            return
        self._known[key] = new
        if self._is_secret(key):
            return
        change = Recorded(self._clock.now(), key, new)
        if isinstance(new, int | float) and not isinstance(new, bool):
            self._numbers[key] = change
        elif len(self._gathered) < MOST_GATHERED:
            self._gathered.append(change)
        if self._timer is None:
            self._timer = self._state.together.when_quiet(EVERY_S, self.write)

    def write(self) -> None:
        """Write what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        changes, self._gathered = [*self._gathered, *self._numbers.values()], []
        self._numbers.clear()
        if not changes:
            return
        try:
            self._history.add(sorted(changes, key=lambda change: change.at))
        except ConfigError as error:
            _log.warning("%d changes of state are not in the history: %s", len(changes), error.message)

    def _is_secret(self, key: str) -> bool:
        if self._revision != self._catalogue.revision:
            self._revision = self._catalogue.revision
            self._secret.clear()
            self._patterns = [key_pattern(spec.key) for spec in self._catalogue.states() if spec.sensitive]
        secret = self._secret.get(key)
        if secret is None:
            secret = self._secret[key] = any(pattern.fullmatch(key) for pattern in self._patterns)
        return secret
