"""What all triggers wait for, in order; what is written here is there again after kill -9."""

from __future__ import annotations

import heapq
import itertools
from datetime import datetime

from taskmatrix_ros.store.rule_store import Deadline, RuleStore


class Agenda:
    """Deadlines by rule and trigger, the earliest at hand."""

    def __init__(self, store: RuleStore) -> None:
        self._store = store
        self._deadlines: dict[tuple[str, int], Deadline] = {}
        self._heap: list[tuple[datetime, int, tuple[str, int], Deadline]] = []
        self._count = itertools.count()

    def restore(self) -> None:
        """Take up what the last life waited for."""
        for deadline in sorted(self._store.deadlines(), key=lambda known: (known.rule_id, known.trigger)):
            self._put(deadline)

    def get(self, rule_id: str, trigger: int) -> Deadline | None:
        """Give what a trigger waits for."""
        return self._deadlines.get((rule_id, trigger))

    def set(self, deadline: Deadline) -> None:
        """Have a trigger wait for that, and nothing else."""
        if self._deadlines.get((deadline.rule_id, deadline.trigger)) != deadline:
            self._store.set_deadline(deadline)
            self._put(deadline)

    def clear(self, rule_id: str, trigger: int) -> None:
        """Have a trigger wait for nothing."""
        if self._deadlines.pop((rule_id, trigger), None) is not None:
            self._store.clear_deadline(rule_id, trigger)

    def postpone(self, deadline: Deadline, until: datetime) -> None:
        """Look at a deadline again at ``until``; what is written stays as it is."""
        heapq.heappush(self._heap, (until, next(self._count), (deadline.rule_id, deadline.trigger), deadline))

    @property
    def next_at(self) -> datetime | None:
        """The earliest moment that something is waited for."""
        while self._heap and self._deadlines.get(self._heap[0][2]) is not self._heap[0][3]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, now: datetime) -> list[Deadline]:
        """Take what is due off the heap, the earliest first; it stays written until it is set or cleared."""
        taken = []
        while (due := self.next_at) is not None and due <= now:
            taken.append(heapq.heappop(self._heap)[3])
        return taken

    def _put(self, deadline: Deadline) -> None:
        self._deadlines[deadline.rule_id, deadline.trigger] = deadline
        if deadline.due is not None:
            self.postpone(deadline, deadline.due)
