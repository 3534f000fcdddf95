"""A run while it lasts: its budgets, its calls so far, and the way to end it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import BudgetExceeded, RunError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import RunObserver
from taskmatrix_ros.core.run import CallRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What one run may use up.

    ``refusals``: of one call with the same arguments; ``run_s``: seconds of steady time, waits included.
    """

    calls: int = 200
    refusals: int = 3
    run_s: float = 3600.0


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
    ) -> None:
        self.run_id = run_id
        self.instruction = instruction
        self.documents = documents
        self.observer = observer
        self.budgets = budgets
        self.records: list[CallRecord] = []
        self.ended_by: RunError | None = None
        self.over = asyncio.Event()
        self._task = task
        self._calls = 0
        self._refusals: Counter[tuple[str, str]] = Counter()

    def end(self, reason: RunError) -> None:
        """End it where it stands: a pending call's peer is told. The first reason counts; later ones change nothing."""
        if self.ended_by is None and not self.over.is_set():
            self.ended_by = reason
            self._task.cancel(reason.message)

    def count_call(self) -> None:
        """Take one call from the budget. :raises BudgetExceeded: there is none left."""
        self._calls += 1
        if self._calls > self.budgets.calls:
            raise BudgetExceeded(f"the code made more than {self.budgets.calls} calls; split the instruction")

    def refused(self, call: Call) -> bool:
        """Count a refusal. :returns: whether this call, with these arguments, may not be tried again."""
        key = (call.api, repr(call.arguments))
        self._refusals[key] += 1
        return self._refusals[key] >= self.budgets.refusals
