"""Counts what documents are used for, and how it went."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Confirmation, Status
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.together import Later, Together
from taskmatrix_ros.registry.registry import Registry

_log = logging.getLogger(__name__)

EVERY_S = 1.0
"""Seconds that uses are gathered before they are written: a rule may call a thousand times in one."""


@dataclass(slots=True)
class _Uses:
    at: datetime
    calls: int = 0
    confirmed: int = 0
    failed: int = 0


class UseCounter:
    """Counts the calls of runs that have ended. The selector asks it how often a document was confirmed."""

    def __init__(self, registry: Registry, together: Together) -> None:
        self._registry = registry
        self._together = together
        self._confirmed: dict[str, int] = {}
        self._gathered: dict[str, _Uses] = {}
        self._timer: Later | None = None

    def count(self, calls: Sequence[CallRecord]) -> None:
        """Count the calls of a run that ended."""
        for record in calls:
            outcome = record.outcome
            if outcome is None or not record.sent:
                continue
            uses = self._gathered.get(record.call.api)
            if uses is None:
                uses = self._gathered[record.call.api] = _Uses(outcome.ended_at)
            uses.at = outcome.ended_at
            uses.calls += 1
            uses.confirmed += outcome.ok and outcome.confirmation is Confirmation.CONFIRMED
            uses.failed += not outcome.ok and outcome.status is not Status.REJECTED
        if self._gathered and self._timer is None:
            self._timer = self._together.when_quiet(EVERY_S, self.write)

    def write(self) -> None:
        """Write what was gathered."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, {}
        if not gathered:
            return
        try:
            with self._registry.changing():
                for name, uses in gathered.items():
                    self._registry.store.count_uses(name, uses.calls, uses.confirmed, uses.failed, uses.at)
                    self._confirmed.pop(name, None)
        except ConfigError as error:
            _log.warning("uses of %s are not counted: %s", ", ".join(gathered), error.message)

    def confirmed(self, name: str) -> int:
        """Give how often the world confirmed a call of a document."""
        if name not in self._confirmed:
            entry = self._registry.store.entry(name)
            self._confirmed[name] = entry.confirmed if entry is not None else 0
        gathered = self._gathered.get(name)
        return self._confirmed[name] + (gathered.confirmed if gathered is not None else 0)
