"""Notices a rule that triggers itself through the world, directly or by way of others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from taskmatrix_ros.core.rule import Firing

MAX_DEPTH = 8
"""Firings that may lead to each other, one through the other's changes; the next is not begun."""

ECHO_S = 2.0
"""Seconds after a run's end for which a change of what it wrote is still put down to it: devices report late."""


class LoopGuard:
    """Knows what each run writes, so that a change can be put down to it."""

    def __init__(self) -> None:
        self._writers: dict[str, tuple[Firing, datetime | None]] = {}
        """Key -> who writes it, and until when; None: the run goes on."""
        self._keys: dict[str, set[str]] = {}

    def writes(self, firing: Firing, keys: Iterable[str]) -> None:
        """Note that a firing's run is about to change these keys."""
        for key in keys:
            self._writers[key] = (firing, None)
            self._keys.setdefault(firing.firing_id, set()).add(key)

    def ended(self, firing_id: str, now: datetime) -> None:
        """Note that a firing's run has ended."""
        for key in self._keys.pop(firing_id, ()):
            firing, _ = self._writers.get(key, (None, None))
            if firing is not None and firing.firing_id == firing_id:
                self._writers[key] = (firing, now + timedelta(seconds=ECHO_S))

    def depth_of(self, key: str, now: datetime) -> int:
        """Say how many firings led to a change of ``key`` now; 0 if it comes from the world or a person."""
        found = self._writers.get(key)
        if found is None:
            return 0
        firing, until = found
        if until is not None and now > until:
            del self._writers[key]
            return 0
        return firing.depth + 1
