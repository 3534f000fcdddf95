"""Ends runs that have run as long as they may: one timer for all of them."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Timed(Protocol):
    """A run, as its clock sees it."""

    def spent_at_s(self) -> float | None:
        """Give the loop time at which it will have run as long as it may; None while it does not run."""

    def spent(self) -> None:
        """End it: it has run as long as it may."""


class RunClock:
    """Looks when the first of the runs may have spent its time, and then for the next. Lives in the loop's thread."""

    def __init__(self) -> None:
        self._runs: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    @staticmethod
    def now_s() -> float:
        """Give the loop's time, in seconds."""
        return asyncio.get_running_loop().time()

    def watch(self, run: Timed) -> None:
        """Begin to watch over a run, or hear that it runs, waits or is held from now on."""
        self._runs.add(run)
        spent_at_s = run.spent_at_s()
        if spent_at_s is not None:
            self._look_at(spent_at_s)

    def forget(self, run: Timed) -> None:
        """Hear that it is over."""
        self._runs.discard(run)

    def _look_at(self, at_s: float) -> None:
        if self._timer is not None:
            if self._timer.when() <= at_s and not self._timer.cancelled():
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at_s, self._look)

    def _look(self) -> None:
        self._timer = None
        now_s = self.now_s()
        for run in tuple(self._runs):
            spent_at_s = run.spent_at_s()
            if spent_at_s is None:
                continue
            if spent_at_s <= now_s:
                run.spent()
            else:
                self._look_at(spent_at_s)
