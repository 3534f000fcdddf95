"""Whether a run goes on: who holds it, what it waits for, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from taskmatrix_ros.core.run import TRANSITIONS, RunStatus

_WEIGHT = {status: rank for rank, status in enumerate((RunStatus.WAITING, RunStatus.SUSPENDED, RunStatus.PAUSED))}
"""Of several holds the heaviest is the run's status."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One reason why no further call may begin. ``status``: what the run is while it lasts."""

    status: RunStatus
    why: str


class RunControl:
    """Holds a run at the edge of its next call, and interrupts the calls under way where that is wanted.

    Holds are independent of each other: a run goes on once the last is lifted. Lives in the loop's thread.
    """

    def __init__(self, told: Callable[[RunStatus, str], None]) -> None:
        """:param told: every change of status, with the reason in words."""
        self.status = RunStatus.RUNNING
        self._told = told
        self._holds: dict[str, Hold] = {}
        self._waits: list[str] = []
        self._stopping = ""
        self._free: asyncio.Event | None = None
        """There while the run is held and somebody waits for it to go on."""
        self._interrupts: dict[str, Callable[[str], None]] = {}
        self._quiet: asyncio.Event | None = None
        """There while somebody waits for the calls under way to end."""

    def hold(self, name: str, hold: Hold, *, interrupt: bool) -> None:
        """Let no further call begin until ``release(name)``.

        :param interrupt: also end the calls under way; the runner repeats those that may be repeated.
        """
        self._holds[name] = hold
        self._update()
        if interrupt:
            for end_call in tuple(self._interrupts.values()):
                end_call(hold.why)

    def release(self, name: str) -> bool:
        """Lift a hold. :returns: whether there was one."""
        found = self._holds.pop(name, None)
        if found is None:
            return False
        if not self._holds and self._free is not None:
            self._free.set()
            self._free = None
        self._update()
        return True

    def held_by(self, name: str) -> bool:
        """Whether this hold is on."""
        return name in self._holds

    async def passed(self) -> None:
        """Wait until nothing holds the run."""
        while self._holds:
            self._free = self._free or asyncio.Event()
            await self._free.wait()

    @property
    def free(self) -> bool:
        """Whether nothing holds the run."""
        return not self._holds

    @contextmanager
    def waiting(self, why: str) -> Iterator[None]:
        """Say that the run waits for somebody or something for the length of the block."""
        self._waits.append(why)
        self._update()
        try:
            yield
        finally:
            self._waits.remove(why)
            self._update()

    def interruptible(self, call_id: str, end_call: Callable[[str], None]) -> None:
        """Have ``end_call`` told the reason when the call is to be interrupted, until ``settled``."""
        self._interrupts[call_id] = end_call

    def settled(self, call_id: str) -> None:
        """The call has ended."""
        self._interrupts.pop(call_id, None)
        if not self._interrupts and self._quiet is not None:
            self._quiet.set()
            self._quiet = None

    async def quiet(self) -> None:
        """Wait until no call is under way."""
        while self._interrupts:
            self._quiet = self._quiet or asyncio.Event()
            await self._quiet.wait()

    def close(self) -> None:
        """Tell nobody any more: it is over."""
        self._told = _to_nobody

    def stopping(self, why: str) -> None:
        """The run is being ended; nothing holds it any more."""
        self._stopping = why
        self._update()

    def _update(self) -> None:
        status, why = self._now()
        if status is self.status:
            return
        if status not in TRANSITIONS[self.status]:
            raise RuntimeError(f"a run may not go from {self.status.value} to {status.value}")
        self.status = status
        self._told(status, why)

    def _now(self) -> tuple[RunStatus, str]:
        if self._stopping:
            return RunStatus.STOPPING, self._stopping
        if self._holds:
            heaviest = max(self._holds.values(), key=lambda hold: _WEIGHT[hold.status])
            return heaviest.status, heaviest.why
        if self._waits:
            return RunStatus.WAITING, self._waits[-1]
        return RunStatus.RUNNING, ""


def _to_nobody(_status: RunStatus, _why: str) -> None:
    """Whoever was told is gone."""
