"""One call, from the code's wish to the world's answer: gate, journal, dispatch, read-back, journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import BudgetExceeded, CallRefused
from taskmatrix_ros.core.outcome import Confirmation, ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Binding, Gate, Journal, ProgressReport
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.active_run import ActiveRun
from taskmatrix_ros.executor.argument_check import printable
from taskmatrix_ros.executor.call_errors import error_of
from taskmatrix_ros.executor.interpreter import ExternalCall
from taskmatrix_ros.executor.read_back import ReadBack

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTimes:
    """Seconds of steady time. ``grace_s``: past a call's deadline, which its binding keeps by itself; ``cancel_s``: for
    a peer to confirm that it has ended.
    """

    grace_s: float = 1.0
    cancel_s: float = 5.0


class CallPerformer:
    """Performs the calls of every run."""

    def __init__(
        self,
        gate: Gate,
        bindings: Mapping[str, Binding],
        journal: Journal,
        state: StateStore,
        read_back: ReadBack,
        times: CallTimes,
    ) -> None:
        """:param bindings: by the kind of spec they perform."""
        self._gate = gate
        self._bindings = bindings
        self._journal = journal
        self._state = state
        self._read_back = read_back
        self._times = times

    async def perform(self, run: ActiveRun, wanted: ExternalCall) -> Any:
        """See one call through.

        :returns: what the called party gave back.
        :raises CallError: it was refused, failed, or the world contradicts it. The code may handle it.
        :raises RunError: the latch holds, or a budget is spent.
        :raises CancelledError: the run is ended; the peer was told and has confirmed, or ``cancel_s`` has passed.
        """
        run.count_call()
        document = run.documents[wanted.site.api]
        call = Call(
            run_id=run.run_id,
            api=document.name,
            arguments=dict(wanted.arguments),
            deadline_s=document.deadline_s,
            position=wanted.site.position,
        )
        try:
            if wanted.positional:
                raise CallRefused(f"{call.api} takes named arguments only", code="ARGUMENT")
            arguments = self._gate.admit(call, document, run.instruction)
        except CallRefused as error:
            shown = call.model_copy(update={"arguments": printable(call.arguments)})
            self._refuse(run, shown, error)
            raise
        call = call.model_copy(update={"arguments": arguments})
        outcome = await self._carry_out(run, call, document)
        if outcome.status is Status.REJECTED:
            self._count_refusal(run, call, outcome.error.message if outcome.error else "the device rejected it")
        if failure := error_of(outcome):
            raise failure
        return outcome.value

    def _refuse(self, run: ActiveRun, call: Call, error: CallRefused) -> None:
        report = ErrorReport(code=error.error_code, message=error.message)
        outcome = Outcome(call_id=call.call_id, status=Status.REJECTED, error=report)
        self._journal.begin_call(call, durable=False)
        self._end(run, call, outcome)
        self._count_refusal(run, call, error.message)

    def _count_refusal(self, run: ActiveRun, call: Call, message: str) -> None:
        if run.refused(call):
            text = f"{call.api} in line {call.position.line} was refused {run.budgets.refusals} times: {message}"
            raise BudgetExceeded(text)

    async def _carry_out(self, run: ActiveRun, call: Call, document: ApiDocument) -> Outcome:
        irreversible = document.effect is Effect.HAZARDOUS or not document.idempotent
        self._journal.begin_call(call, durable=document.effect.commands and irreversible)
        run.observer.call_began(call)
        since = self._state.sequence
        outcome = _in_doubt(call, "the call was given up on")
        try:
            outcome = await self._dispatch(run, call, document)
            if outcome.status in (Status.SUCCEEDED, Status.IN_DOUBT):
                outcome = await self._confirmed(call, document, outcome, since)
        except _Withdrawn as end:
            outcome = end.outcome
            raise asyncio.CancelledError from end
        finally:
            self._end(run, call, outcome)
        return outcome

    def _end(self, run: ActiveRun, call: Call, outcome: Outcome) -> None:
        run.records.append(CallRecord(call=call, outcome=outcome))
        self._journal.end_call(outcome)
        run.observer.call_ended(call, outcome)

    # dispatch

    async def _dispatch(self, run: ActiveRun, call: Call, document: ApiDocument) -> Outcome:
        binding = self._bindings.get(document.binding.kind)
        if binding is None:
            message = f"{call.api}: nothing here performs {document.binding.kind}; add it to the profile"
            return Outcome(
                call_id=call.call_id,
                status=Status.UNAVAILABLE,
                error=ErrorReport(code="NO_BINDING", message=message),
            )

        def progress(report: ProgressReport) -> None:
            run.observer.call_progressed(call, report)

        task = asyncio.create_task(self._call(binding, call, document, progress), name=f"call-{call.call_id}")
        try:
            await asyncio.wait({task}, timeout=call.deadline_s + self._times.grace_s)
        except asyncio.CancelledError:
            raise _Withdrawn(await self._withdraw(binding, call, task)) from None
        if task.done():
            return task.result()
        outcome = await self._withdraw(binding, call, task)
        if outcome.status is not Status.CANCELLED:
            return outcome
        message = f"{call.api}: no answer within {call.deadline_s:g} s; it was cancelled"
        report = ErrorReport(code="TIMED_OUT", message=message)
        return outcome.model_copy(update={"status": Status.TIMED_OUT, "error": report})

    async def _call(self, binding: Binding, call: Call, document: ApiDocument, progress: Any) -> Outcome:
        started = utc_now()
        try:
            return await binding.call(call, document, progress)
        except Exception as error:  # noqa: BLE001 - a fault of a binding must end one call, not the node
            _log.exception("binding %s failed on %s", type(binding).__name__, call.api)
            message = f"{call.api}: its binding failed: {type(error).__name__}: {error}; see the log"
            return _in_doubt(call, message).model_copy(update={"started_at": started, "ended_at": utc_now()})

    async def _withdraw(self, binding: Binding, call: Call, task: asyncio.Task[Outcome]) -> Outcome:
        """Ask the peer to end and wait for its word, ``cancel_s`` at most, whatever it or its binding does."""
        asking = asyncio.create_task(self._ask_to_end(binding, call), name=f"cancel-{call.call_id}")
        try:
            await asyncio.wait({task}, timeout=self._times.cancel_s)
            if task.done():
                return task.result()
            waited = f"{self._times.cancel_s:g} s"
            return _in_doubt(call, f"{call.api}: its peer did not confirm within {waited} that it has ended")
        finally:
            asking.cancel()
            task.cancel()
            await asyncio.wait({task, asking}, timeout=1.0)

    async def _ask_to_end(self, binding: Binding, call: Call) -> None:
        try:
            await binding.cancel(call.call_id)
        except Exception:  # noqa: BLE001 - the call is given up on whatever its binding does
            _log.exception("binding %s failed to cancel %s", type(binding).__name__, call.api)

    # proof

    async def _confirmed(self, call: Call, document: ApiDocument, outcome: Outcome, since: int) -> Outcome:
        try:
            confirmation, evidence = await self._read_back.confirm(document, call, since=since, result=outcome.value)
        except asyncio.CancelledError:
            cut = outcome.model_copy(
                update={"confirmation": Confirmation.UNCONFIRMED, "evidence": ("the run ended before the read-back",)}
            )
            raise _Withdrawn(cut) from None
        except Exception as error:  # noqa: BLE001 - what cannot be read back is unconfirmed, never done or undone
            _log.exception("the read-back of %s failed", call.api)
            confirmation, evidence = Confirmation.UNCONFIRMED, (f"the read-back failed: {error}",)
        changes: dict[str, Any] = {"confirmation": confirmation, "evidence": evidence, "ended_at": utc_now()}
        if outcome.status is Status.IN_DOUBT and confirmation is Confirmation.CONFIRMED:
            changes |= {"status": Status.SUCCEEDED, "error": None}
        if outcome.status is Status.SUCCEEDED and confirmation is Confirmation.CONTRADICTED:
            message = f"{call.api} was reported done, but the world says otherwise: {evidence[0]}"
            changes |= {"status": Status.FAILED, "error": ErrorReport(code="CONTRADICTED", message=message)}
        return outcome.model_copy(update=changes)


class _Withdrawn(Exception):
    """The run was ended during the call, which came to this."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.status.value)
        self.outcome = outcome


def _in_doubt(call: Call, message: str) -> Outcome:
    return Outcome(call_id=call.call_id, status=Status.IN_DOUBT, error=ErrorReport(code="IN_DOUBT", message=message))
