"""A run while it lasts: its calls so far and those of an earlier life, and the way to end it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.approval import Approval
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import BudgetExceeded, RunError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import CallRecord, Rehearsed, RunStatus
from taskmatrix_ros.core.run_ports import Begun, Resolution, RunObserver
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.running.resource_locks import Lease, ResourceLocks
from taskmatrix_ros.executor.running.run_clock import RunClock
from taskmatrix_ros.executor.running.run_control import RunControl


class ActiveRun:
    """Owned by the task that runs it; ``end`` cancels that task and keeps why."""

    def __init__(
        self,
        run_id: str,
        instruction: Instruction,
        documents: Mapping[str, ApiDocument],
        observer: RunObserver,
        budgets: Budgets,
        task: asyncio.Task[object],
        clock: RunClock,
        *,
        foretold: Rehearsed | None = None,
        log: Sequence[CallRecord] = (),
        begun: Begun | None = None,
        calls_before: int = 0,
    ) -> None:
        """:param clock: sees to it that it runs no longer than its budget.

        :param begun: the first call after those of the log.
        :param calls_before: numbers taken by the run that this one takes back.
        """
        self.run_id = run_id
        self.instruction = instruction
        self.documents = documents
        self.observer = observer
        self.budgets = budgets
        self.foretold = foretold
        self.records: list[CallRecord] = []
        self.ended_by: RunError | None = None
        self.over = asyncio.Event()
        self.control = RunControl(self._status_changed)
        self.lease: Lease | None = None
        self.gives_way = False
        self.acting = 0
        """How many calls are under way that are more than waiting."""
        self.left = False
        self.approval: Approval | None = None
        """The latest yes; one for the whole run covers more calls than one."""
        self.doubts: dict[str, asyncio.Future[tuple[Resolution, str]]] = {}
        self.task = task
        self._clock = clock
        self._own_locks: ResourceLocks | None = None
        self._calls = self._calls_before = calls_before
        self._refusals: dict[tuple[str, str], int] = {}
        self._log: dict[int, list[CallRecord]] = {}
        for index, record in enumerate(log, start=1):
            self._log.setdefault(record.call.sequence or index, []).append(record)
        self._begun = begun
        self._ran_s = 0.0
        self._runs_since_s: float | None = None
        """Loop time since when it runs; None while it waits or is held."""
        self._keep_time()

    @property
    def own_locks(self) -> ResourceLocks:
        """What its calls hold against each other."""
        if self._own_locks is None:
            self._own_locks = ResourceLocks()
        return self._own_locks

    def end(self, reason: RunError) -> None:
        """End it where it stands: a pending call's peer is told. The first reason counts; later ones change nothing."""
        if self.ended_by is None and not self.over.is_set():
            self.ended_by = reason
            self.control.stopping(reason.message)
            self.task.cancel(reason.message)

    def leave(self) -> bool:
        """Leave it as the journal has it, for the next life to go on with, if all it does is wait or be paused.

        :returns: whether it is left; a run that acts has to be ended.
        """
        at_rest = self.control.status in (RunStatus.WAITING, RunStatus.PAUSED) and not self.acting
        if at_rest and self.ended_by is None:
            self.left = True
            self.task.cancel("left for the next life")
        return self.left

    def close(self) -> None:
        """It is over."""
        self._clock.forget(self)
        self.over.set()
        self.lease = None  # neither holds on to what holds on to the run
        self.control.close()

    def spent_at_s(self) -> float | None:
        """Give the loop time at which it will have run as long as it may; None while it does not run."""
        return None if self._runs_since_s is None else self._runs_since_s + self.budgets.run_s - self._ran_s

    def spent(self) -> None:
        """End it: it has run as long as it may."""
        self.end(BudgetExceeded(f"the run took longer than {self.budgets.run_s:g} s; split the instruction"))

    def count_call(self) -> int:
        """Take one call from the budget.

        :returns: its number, from 1.
        :raises BudgetExceeded: there is none left.
        """
        self._calls += 1
        if self._calls - self._calls_before > self.budgets.calls:
            raise BudgetExceeded(f"the code made more than {self.budgets.calls} calls; split the instruction")
        return self._calls

    @property
    def calls(self) -> int:
        """The number of the latest call."""
        return self._calls

    def refused(self, call: Call) -> bool:
        """Count a refusal. :returns: whether this call, with these arguments, may not be tried again."""
        key = (call.api, repr(call.arguments))
        self._refusals[key] = self._refusals.get(key, 0) + 1
        return self._refusals[key] >= self.budgets.refusals

    def earlier(self, sequence: int) -> Sequence[CallRecord]:
        """Give the attempts that an earlier life made at the call of this number."""
        return self._log.get(sequence, ())

    @property
    def has_begun(self) -> bool:
        """Whether a call of its that another began is still to be seen through."""
        return self._begun is not None

    def take_begun(self) -> Begun | None:
        """Give the call that another began, once."""
        begun, self._begun = self._begun, None
        return begun

    def _status_changed(self, status: RunStatus, why: str) -> None:
        self._keep_time()
        self.observer.status_changed(status, why)

    def _keep_time(self) -> None:
        now_s = self._clock.now_s()
        if self._runs_since_s is not None:
            self._ran_s += now_s - self._runs_since_s
        self._runs_since_s = now_s if self.control.status is RunStatus.RUNNING else None
        self._clock.watch(self)
