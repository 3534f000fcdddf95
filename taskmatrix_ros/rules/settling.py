"""The first seconds after a start, in which a condition waits for the first word of what it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.rules.agenda import Agenda
from taskmatrix_ros.rules.condition_state import read_keys
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.state_index import Watch

SETTLE_S = 10.0
"""Seconds after a start that a condition waits for the first word of what it reads, before it counts as missing."""


class Settling:
    """Knows which triggers wait for which word."""

    def __init__(self, agenda: Agenda, state: Mapping[str, Any]) -> None:
        self._agenda, self._state = agenda, state
        self._unheard: dict[str, set[Watch]] = {}
        self.until: datetime | None = None

    def begin(self, now: datetime) -> None:
        """The world begins to speak."""
        self.until = now + timedelta(seconds=SETTLE_S)

    def waits(self, live: LiveRule, watch: Watch, now: datetime) -> bool:
        """Whether the condition reads what was not heard yet, so soon after the start that it may come."""
        if live.condition is None or self.until is None or now >= self.until:
            return False
        missing = [key for key in read_keys(live.condition.state_keys) if key not in self._state]
        for key in missing:
            self._unheard.setdefault(key, set()).add(watch)
        return bool(missing)

    def heard(self, key: str, now: datetime) -> None:
        """A word came: look again at what waited for it."""
        if not self._unheard:
            return
        waiting: Iterable[Watch] = sorted(self._unheard.pop(key, ()))
        for watch in waiting:
            if (deadline := self._agenda.get(*watch)) is not None and deadline.due is not None and deadline.due <= now:
                self._agenda.postpone(deadline, now)
