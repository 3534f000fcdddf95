"""Runs verified code: each call gated, journalled, dispatched and read back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.errors import BudgetExceeded, RunCancelled, RunError, RunStopped, TaskMatrixError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.ports import Binding, Journal, RunObserver, RunResult
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.active_run import ActiveRun, Budgets
from taskmatrix_ros.executor.call_performer import CallPerformer, CallTimes
from taskmatrix_ros.executor.gate import Gate
from taskmatrix_ros.executor.interpreter import Interpreter
from taskmatrix_ros.executor.read_back import ReadBack
from taskmatrix_ros.executor.resource_locks import ResourceLocks, resources_of
from taskmatrix_ros.executor.run_verdict import verdict
from taskmatrix_ros.executor.verifier import Verifier

_log = logging.getLogger(__name__)


class Runner:
    """Implements ``core.ports.Runner``. Lives in the loop's thread; several runs go side by side."""

    def __init__(
        self,
        verifier: Verifier,
        gate: Gate,
        bindings: Sequence[Binding],
        journal: Journal,
        state: StateStore,
        interpreter: Interpreter,
        *,
        read_back: ReadBack | None = None,
        budgets: Budgets | None = None,
        times: CallTimes | None = None,
    ) -> None:
        """:param verifier: only its code is run.

        :param bindings: each performs its ``kinds``.
        :param interpreter: must be open when code is run.
        """
        kinds = {kind: binding for binding in bindings for kind in binding.kinds}
        self._performer = CallPerformer(gate, kinds, journal, state, read_back or ReadBack(state), times or CallTimes())
        self._verifier = verifier
        self._latch = gate.latch
        self._interpreter = interpreter
        self._budgets = budgets or Budgets()
        self._locks = ResourceLocks()
        self._active: dict[str, ActiveRun] = {}

    async def run(self, code: VerifiedCode, instruction: Instruction, run_id: str, observer: RunObserver) -> RunResult:
        """Run to the end. Never raises for what happens in the run.

        Cancelling the task that awaits this ends the run as ``cancel`` does, and then raises ``CancelledError``.

        :raises ValueError: the code was not verified by this runner's verifier, or a run of this id is active.
        """
        if not self._verifier.is_mine(code):
            raise ValueError(f"run {run_id}: the code was not verified here, or was changed since; verify it again")
        if run_id in self._active:
            raise ValueError(f"run {run_id} is active already")
        task = asyncio.current_task()
        assert task is not None
        run = ActiveRun(run_id, instruction, code.documents, observer, self._budgets, task)
        self._active[run_id] = run
        try:
            error = await self._see_through(run, code)
        finally:
            del self._active[run_id]
            run.over.set()
        return verdict(run.records, code.documents, error)

    async def cancel(self, run_id: str, reason: str) -> bool:
        """Cancel: the pending call's peer is told and confirms. :returns: whether such a run was active."""
        run = self._active.get(run_id)
        if run is None:
            return False
        run.end(RunCancelled(reason or "cancelled"))
        await run.over.wait()
        return True

    async def _see_through(self, run: ActiveRun, code: VerifiedCode) -> TaskMatrixError | None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        spent = BudgetExceeded(f"the run took longer than {run.budgets.run_s:g} s; split the instruction")
        timer = loop.call_later(run.budgets.run_s, run.end, spent)
        unlisten = self._latch.listen(lambda reason: _stop_soon(loop, run, reason))
        try:
            await self._execute(run, code)
        except asyncio.CancelledError:
            if run.ended_by is None or task.uncancel() > 0:
                raise
            return run.ended_by
        except TaskMatrixError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one run, not the node
            _log.exception("run %s failed by a fault of the program", run.run_id)
            return RunError(f"internal fault: {error!r}; see the log", code="INTERNAL")
        finally:
            timer.cancel()
            unlisten()
        return None

    async def _execute(self, run: ActiveRun, code: VerifiedCode) -> None:
        if self._latch.holds:
            raise RunStopped(f"nothing was done: stopped: {self._latch.reason}; rearm to go on")
        resources = resources_of(code.code.source, code.documents)
        async with self._locks.hold(resources, run.instruction.priority):
            host = partial(self._performer.perform, run)
            await self._interpreter.run(code.code.source, code.documents, host)


def _stop_soon(loop: asyncio.AbstractEventLoop, run: ActiveRun, reason: str) -> None:
    """Tell the loop, from the thread that stopped; what moves is halted by the bindings meanwhile, without it."""
    try:
        loop.call_soon_threadsafe(run.end, RunStopped(f"stopped: {reason}; rearm to go on"))
    except RuntimeError:
        _log.warning("run %s was not told of the stop: its loop has ended", run.run_id)
