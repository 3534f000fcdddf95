"""Runs verified code: each call gated, journalled, dispatched and read back; several runs side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import weakref
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.clocks import HomeClock, WallClock
from taskmatrix_ros.core.errors import (
    RequestError,
    RunCancelled,
    RunError,
    RunStopped,
    TaskMatrixError,
    VerificationError,
)
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Approvals, Binding, Catalogue, Journal
from taskmatrix_ros.core.run import CallRecord, Rehearsed, RunStatus
from taskmatrix_ros.core.run_ports import Begun, PlainEnds, Resolution, RunObserver, RunResult
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.gate.gate import Gate
from taskmatrix_ros.executor.running.active_run import ActiveRun
from taskmatrix_ros.executor.running.admission import Admission
from taskmatrix_ros.executor.running.call_performer import CallPerformer
from taskmatrix_ros.executor.running.dispatcher import CallTimes, Dispatcher
from taskmatrix_ros.executor.running.plain_run import PlainParts, PlainRun, PlainStep, plain_steps
from taskmatrix_ros.executor.running.preemption import Preemption
from taskmatrix_ros.executor.running.proof import Proof
from taskmatrix_ros.executor.running.read_back import ReadBack
from taskmatrix_ros.executor.running.resource_locks import ResourceLocks, resources_of
from taskmatrix_ros.executor.running.run_clock import RunClock
from taskmatrix_ros.executor.running.run_control import Hold
from taskmatrix_ros.executor.running.run_verdict import fault_of_ours, verdict
from taskmatrix_ros.executor.running.undo import undo_code
from taskmatrix_ros.executor.running.watches import Watches
from taskmatrix_ros.executor.sandbox.gathering import Gathering
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier

_log = logging.getLogger(__name__)

PERSON = "person"
EDITOR = "editor"
LOOK_S = 0.02

_MOST_CODES = 4096
"""Programs whose steps are remembered."""


@dataclass(frozen=True, kw_only=True)
class RunnerParts:
    """What a runner is made of. ``bindings``: each performs its ``kinds``; ``interpreter``: open when code is run."""

    catalogue: Catalogue
    verifier: Verifier
    gate: Gate
    bindings: Sequence[Binding]
    journal: Journal
    state: StateStore
    interpreter: Interpreter
    approvals: Approvals | None = None
    read_back: ReadBack | None = None
    policy: Policy = field(default_factory=Policy)
    budgets: Budgets = field(default_factory=Budgets)
    times: CallTimes = field(default_factory=CallTimes)
    clock: HomeClock = field(default_factory=WallClock)


class Runner:
    """Implements ``core.run_ports.Runner``. Lives in the loop's thread."""

    def __init__(self, parts: RunnerParts) -> None:
        self._parts = parts
        self._locks = ResourceLocks()
        self._preemption = Preemption(self._locks, parts.policy.preempt)
        self._watches = Watches(parts.state, parts.policy.watches, parts.clock)
        kinds = {kind: binding for binding in parts.bindings for kind in binding.kinds}
        dispatcher = Dispatcher(kinds, parts.times)
        proof = Proof(
            parts.read_back or ReadBack(parts.state),
            return_s=parts.times.return_s,
            device_s=parts.times.device_s,
        )
        self._plain = PlainParts(gate=parts.gate, journal=parts.journal, dispatcher=dispatcher, proof=proof)
        self._performer = CallPerformer(
            Admission(parts.gate, parts.approvals, parts.journal, parts.clock),
            dispatcher,
            parts.journal,
            parts.state,
            proof,
            self._preemption.passed,
            retry_s=parts.times.retry_s,
            told_s=parts.times.told_s,
        )
        self._active: dict[str, ActiveRun] = {}
        self._clock = RunClock()
        self._loop: asyncio.AbstractEventLoop | None = None
        parts.gate.latch.listen(self._stopped)
        self._resources: weakref.WeakKeyDictionary[object, frozenset[str]] = weakref.WeakKeyDictionary()
        self._steps: dict[object, tuple[PlainStep, ...] | None] = {}
        """By the seal of code, which a rule runs again and again."""

    async def run(
        self,
        code: VerifiedCode,
        instruction: Instruction,
        run_id: str,
        observer: RunObserver,
        *,
        foretold: Rehearsed | None = None,
        log: Sequence[CallRecord] = (),
        begun: Begun | None = None,
        paused: bool = False,
    ) -> RunResult:
        """Run to the end. Never raises for what happens in the run.

        Cancelling the task that awaits this ends the run as ``cancel`` does, and then raises ``CancelledError``.

        :raises ValueError: the code was not verified by this runner's verifier, or a run of this id is active.
        """
        if not self._parts.verifier.is_mine(code):
            raise ValueError(f"run {run_id}: the code was not verified here, or was changed since; verify it again")
        if run_id in self._active:
            raise ValueError(f"run {run_id} is active already")
        run = self._begin(code, instruction, run_id, observer, foretold=foretold, log=log, begun=begun)
        if paused:
            run.control.hold(PERSON, Hold(RunStatus.PAUSED, "paused by a person"), interrupt=False)
        try:
            error = await self._see_through(run, code)
            if isinstance(error, RunCancelled) and not self._parts.gate.latch.holds:
                await self._take_back(run)
        finally:
            del self._active[run_id]
            run.close()
        return verdict(run.records, run.documents, error)

    def plain(
        self, code: VerifiedCode, instruction: Instruction, run_id: str, observer: RunObserver, ends: PlainEnds
    ) -> PlainRun | None:
        """Make a plain run, one that needs no task; see ``core.run_ports.Runner.plain``."""
        steps = self._steps_of(code) if self._parts.verifier.is_mine(code) else None
        if not steps or self._parts.gate.latch.holds:
            return None
        return PlainRun(self._plain, code, steps, instruction, run_id, observer, ends)

    def _steps_of(self, code: VerifiedCode) -> tuple[PlainStep, ...] | None:
        known = self._steps.get(code.seal, ())
        if known == ():
            watched = self._watches.concern(self._resources_of(code))
            known = None if watched else plain_steps(code, self._plain, self._parts.budgets.calls)
            if len(self._steps) >= _MOST_CODES:
                self._steps.clear()
            self._steps[code.seal] = known
        return known

    async def cancel(self, run_id: str, reason: str) -> bool:
        """Cancel: the pending call's peer is told and confirms, then what documents declare is undone.

        :returns: whether such a run was active.
        """
        run = self._active.get(run_id)
        if run is None:
            return False
        run.end(RunCancelled(reason or "cancelled"))
        await run.over.wait()
        return True

    async def hand_over(self, run_id: str, why: str) -> bool:
        """Let the call under way end, then end the code and take nothing back: other code goes on with the run.

        :returns: whether it did; ``run`` then raises ``CancelledError``. False: the code had come to its end.
        """
        run = self._active.get(run_id)
        if run is None:
            return False
        run.control.hold(EDITOR, Hold(RunStatus.PAUSED, why), interrupt=False)
        while not run.over.is_set():
            await run.control.quiet()
            if run.leave():
                await run.over.wait()
                return True
            with contextlib.suppress(TimeoutError):  # a call was about to begin, or the code to end
                async with asyncio.timeout(LOOK_S):
                    await run.over.wait()
        return False

    def leave(self, run_id: str) -> bool:
        """Leave a run that only waits, or is paused, as the journal has it: the next life goes on with it.

        :returns: whether it is left; ``run`` then raises ``CancelledError``.
        """
        run = self._active.get(run_id)
        return run is not None and run.leave()

    def pause(self, run_id: str, *, cancel_call: bool) -> None:
        """Pause after the current call, or at once: then it is cancelled, and repeated on resume where idempotent.

        :raises RequestError: no such run is active, or it is paused already.
        """
        run = self._active_run(run_id)
        if run.control.held_by(PERSON):
            raise RequestError(f"run {run_id} is paused already; resume_run goes on", code="PAUSED")
        run.control.hold(PERSON, Hold(RunStatus.PAUSED, "paused by a person"), interrupt=cancel_call)

    def resume(self, run_id: str) -> None:
        """Go on with a run that a person paused.

        :raises RequestError: no such run is paused.
        """
        if not self._active_run(run_id).control.release(PERSON):
            raise RequestError(f"run {run_id} is not paused", code="NOT_PAUSED")

    def resolve(self, run_id: str, call_id: str, resolution: Resolution, comment: str) -> None:
        """Say what became of a call in doubt that the run waits for.

        :raises RequestError: no such call waits.
        """
        waiting = self._active_run(run_id).doubts.get(call_id)
        if waiting is None or waiting.done():
            known = ", ".join(self._active_run(run_id).doubts) or "none"
            raise RequestError(
                f"run {run_id}: call '{call_id}' is not in doubt; in doubt: {known}", code="NOT_IN_DOUBT"
            )
        waiting.set_result((resolution, comment))

    def _active_run(self, run_id: str) -> ActiveRun:
        run = self._active.get(run_id)
        if run is None:
            raise RequestError(f"run '{run_id}' is not active; list_runs shows what is", code="NOT_ACTIVE")
        return run

    def _begin(
        self,
        code: VerifiedCode,
        instruction: Instruction,
        run_id: str,
        observer: RunObserver,
        **more: Any,
    ) -> ActiveRun:
        task = asyncio.current_task()
        assert task is not None
        self._loop = asyncio.get_running_loop()
        run = ActiveRun(run_id, instruction, code.documents, observer, self._parts.budgets, task, self._clock, **more)
        self._active[run_id] = run
        return run

    async def _see_through(self, run: ActiveRun, code: VerifiedCode) -> TaskMatrixError | None:
        try:
            await self._execute(run, code)
        except asyncio.CancelledError:
            if run.ended_by is None or run.task.uncancel() > 0:
                raise
            return run.ended_by
        except TaskMatrixError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a fault of ours must end one run, not the node
            return fault_of_ours(run.run_id, error)
        if run.ended_by is not None:  # it was ended in the very moment in which its code ended
            run.task.uncancel()
        return run.ended_by

    async def _execute(self, run: ActiveRun, code: VerifiedCode) -> None:
        latch = self._parts.gate.latch
        if latch.holds and not run.has_begun:  # else its call says so, after those that were done
            raise RunStopped(f"nothing was done: stopped: {latch.reason}; rearm to go on")
        resources = self._resources_of(code)
        lease = run.lease = self._locks.claim(resources, run.instruction.priority, owner=run)
        try:
            if not lease.is_held:
                self._preemption.make_way(lease, run)
                with run.control.waiting("a resource that another run holds"):
                    await lease.granted()
            unguard = self._watches.guard(run.control, resources)
            try:
                await self._interpret(run, code)
            finally:
                unguard()
        finally:
            self._locks.release(lease)

    def _resources_of(self, code: VerifiedCode) -> frozenset[str]:
        """Name what the code drives; a rule's code is asked often, so the answer is kept as long as its seal."""
        known = self._resources.get(code.seal)
        if known is None:
            known = self._resources[code.seal] = resources_of(code.code.source, code.documents)
        return known

    async def _interpret(self, run: ActiveRun, code: VerifiedCode) -> None:
        def perform(wanted: ExternalCall) -> Awaitable[Any]:
            return self._performer.perform(run, wanted, run.count_call())

        host = Gathering(perform)
        try:
            await self._parts.interpreter.run(code.code.source, code.documents, host)
        finally:
            await host.close()

    async def _take_back(self, run: ActiveRun) -> None:
        """Undo what was done, as far as documents say how; what cannot be undone is told and left."""
        written = undo_code(run.records, run.documents, self._parts.catalogue)
        if written is None:
            return
        try:
            code = await self._parts.verifier.verify(written)
        except (VerificationError, RunError) as error:
            _log.error("run %s: what it did cannot be taken back: %s", run.run_id, error.message)
            return
        undoing = self._begin(code, run.instruction, run.run_id, run.observer, calls_before=run.calls)
        try:
            failure = await self._see_through(undoing, code)
        finally:
            undoing.close()
        run.documents = {**code.documents, **run.documents}
        run.records.extend(undoing.records)
        if failure is not None:
            _log.error("run %s: taking back what it did ended: %s", run.run_id, failure.message)

    def _stopped(self, reason: str) -> None:
        """Tell the loop, from the thread that stopped; what moves is halted by the bindings meanwhile, without it."""
        said = RunStopped(f"stopped: {reason}; rearm to go on")
        self._plain.last_stop = said
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._end_all, said)
        except RuntimeError:
            _log.warning("%d runs were not told of the stop: their loop has ended", len(self._active))

    def _end_all(self, stop: RunStopped) -> None:
        for run in tuple(self._active.values()):
            run.end(stop)
