"""One call of the code, from its wish to the world's answer: gate, journal, dispatch, read-back, journal.

What an earlier life of the run has done is answered from the journal, so that the code goes the way it went before and
nothing is done twice.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import (
    BudgetExceeded,
    CallError,
    CallExpired,
    CallRefused,
    ProgramFailed,
    RequirementUntold,
    RunCancelled,
    RunStopped,
)
from taskmatrix_ros.core.home_spec import WAITING
from taskmatrix_ros.core.outcome import NOT_SEEN, Outcome, Status
from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.run_ports import Begun
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.active_run import ActiveRun
from taskmatrix_ros.executor.running.admission import Admission
from taskmatrix_ros.executor.running.dispatcher import INTERRUPTED, Dispatcher, Withdrawn, in_doubt
from taskmatrix_ros.executor.running.doubt import REPEAT, Doubt, has_expired, left_s, open_question
from taskmatrix_ros.executor.running.proof import Proof
from taskmatrix_ros.executor.running.resource_locks import ANY
from taskmatrix_ros.executor.running.unsent import unsent
from taskmatrix_ros.executor.sandbox.call_errors import error_of
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall
from taskmatrix_ros.executor.source.argument_check import printable
from taskmatrix_ros.expressions.spread import expand_keys


class CallPerformer:
    """Performs the calls of every run."""

    def __init__(
        self,
        admission: Admission,
        dispatcher: Dispatcher,
        journal: Journal,
        state: StateStore,
        proof: Proof,
        passed: Callable[[ActiveRun], Awaitable[None]],
        *,
        retry_s: float,
        told_s: float,
    ) -> None:
        """:param passed: returns once nothing holds the run.

        :param retry_s: seconds before an idempotent call that came to no answer is tried again.
        :param told_s: seconds that somebody who is gone is waited for, who would tell what a call requires.
        """
        self._admission = admission
        self._dispatcher = dispatcher
        self._journal = journal
        self._state = state
        self._proof = proof
        self._doubt = Doubt(dispatcher, proof, journal)
        self._passed = passed
        self._retry_s = retry_s
        self._told_s = told_s

    async def perform(self, run: ActiveRun, wanted: ExternalCall, sequence: int) -> Any:
        """See one call through.

        :param sequence: its number in the run, from 1.
        :returns: what the called party gave back.
        :raises CallError: it was refused, failed, or the world contradicts it. The code may handle it.
        :raises RunError: the latch holds, a budget is spent, or the code goes another way than the journal.
        :raises CancelledError: the run is ended; the peer was told and has confirmed, or ``cancel_s`` has passed.
        """
        document = run.documents[wanted.site.api]
        if not wanted.site.gathered:
            return await self._see_through(run, wanted, document, sequence)
        async with run.own_locks.hold(_resources(document, wanted.arguments)):
            return await self._see_through(run, wanted, document, sequence)

    async def _see_through(self, run: ActiveRun, wanted: ExternalCall, document: ApiDocument, sequence: int) -> Any:
        outcome: Outcome | None = None
        first: Call | None = None
        attempt = tries = 0
        for record in run.earlier(sequence):
            outcome = await self._recalled(run, wanted, document, record)
            first = first or record.call
            attempt = record.call.attempt
            tries += _is_unanswered(outcome)
        while outcome is None or self._again(run, document, outcome, tries):
            repeated = first if outcome is not None and _is_unanswered(outcome) else None
            if repeated is not None:
                await self._proof.until_back(document)
                await asyncio.sleep(self._retry_s)
                if has_expired(repeated, document):
                    break
            attempt += 1
            call, outcome = await self._attempt(run, wanted, document, sequence, attempt, repeated)
            first = first or call
            tries += _is_unanswered(outcome)
        assert outcome is not None
        if failure := error_of(outcome):
            raise failure
        return outcome.value

    def _again(self, run: ActiveRun, document: ApiDocument, outcome: Outcome, tries: int) -> bool:
        if outcome.error is None:
            return False
        if outcome.error.code == REPEAT:
            return True
        if not document.repeatable:
            return False
        return outcome.error.code == INTERRUPTED or (_is_unanswered(outcome) and tries < run.budgets.attempts)

    async def _attempt(
        self,
        run: ActiveRun,
        wanted: ExternalCall,
        document: ApiDocument,
        sequence: int,
        attempt: int,
        repeated: Call | None,
    ) -> tuple[Call, Outcome]:
        """Send it, or be refused. :param repeated: the call that this one sends again, no younger for it."""
        begun = run.take_begun()
        if begun is not None:
            call = begun.call
        else:
            await self._passed(run)
            call = Call(
                run_id=run.run_id,
                api=document.name,
                arguments=dict(wanted.arguments),
                deadline_s=document.deadline_s,
                sequence=sequence,
                attempt=attempt,
                position=wanted.site.position,
            )
        as_sent = document
        objection = None if begun is None else begun.objection
        if begun is None or objection is not None:
            try:
                if wanted.positional:
                    raise CallRefused(f"{call.api} takes named arguments only", code="ARGUMENT")
                call, as_sent = await self._admitted(run, call, document, objection)
            except (CallRefused, CallExpired) as error:
                shown = call.model_copy(update={"arguments": printable(call.arguments)})
                return shown, self._refuse(run, shown, error)
            begun = None
        if repeated is not None:
            as_sent = _as_old_as(repeated, document)
        outcome = await self._carry_out(run, call, document, as_sent, begun)
        if outcome.status is Status.REJECTED:
            self._count_refusal(run, call, outcome)
        return call, outcome

    async def _admitted(
        self, run: ActiveRun, call: Call, document: ApiDocument, objection: CallRefused | None
    ) -> tuple[Call, ApiDocument]:
        """Let it pass, after a short wait for whoever would tell what it requires and is gone.

        :param objection: what the Gate said of it already.
        :returns: the call as it is to be sent, and the document: a wait makes a wish no younger.
        :raises CallExpired: it has, meanwhile.
        """
        try:
            return await self._admission.admit(run, call, document, objection), document
        except RequirementUntold as gone:
            left = left_s(call, document)
            await self._proof.until_told(gone.keys, min(self._told_s, document.deadline_s, left or self._told_s))
            if has_expired(call, document):
                message = f"{call.api} was not sent before it expired: {gone.message}"
                raise CallExpired(message) from gone
        return await self._admission.admit(run, call, document), _as_old_as(call, document)

    def _refuse(self, run: ActiveRun, call: Call, error: CallError) -> Outcome:
        outcome = unsent(call, error)
        self._journal.refuse_call(call, outcome)
        self._keep(run, call, outcome)
        if outcome.status is Status.REJECTED:
            self._count_refusal(run, call, outcome)
        return outcome

    def _count_refusal(self, run: ActiveRun, call: Call, outcome: Outcome) -> None:
        if run.refused(call):
            message = outcome.error.message if outcome.error else "the device rejected it"
            text = f"{call.api} in line {call.position.line} was refused {run.budgets.refusals} times: {message}"
            raise BudgetExceeded(text)

    async def _carry_out(
        self,
        run: ActiveRun,
        call: Call,
        document: ApiDocument,
        as_sent: ApiDocument,
        begun_before: Begun | None = None,
    ) -> Outcome:
        hazardous = document.effect is Effect.HAZARDOUS or bool(document.hazardous_when)
        irreversible = hazardous or not document.idempotent
        outcome: Outcome | None = None
        work = None if begun_before is None else begun_before.work
        begun = work is not None
        waits = document.binding.kind in WAITING
        run.acting += not waits
        try:
            if begun_before is None:
                self._journal.begin_call(call, durable=document.effect.commands and irreversible, new=True)
            since = self._state.sequence
            if work is None:
                await self._journal.kept(call)
                begun, since = True, self._state.sequence
                run.observer.call_began(call)
                try:
                    self._admission.check_again(run, call, document)
                except CallRefused as refused:
                    outcome = unsent(call, refused)
                    return outcome
                except RunStopped as stopped:
                    outcome = unsent(call, stopped)
                    raise
            if waits:
                with run.control.waiting(str(call)):
                    outcome = await self._dispatcher.send(run, call, as_sent)
            else:
                outcome = await self._dispatcher.send(run, call, as_sent, work)
            outcome = await self._proof.confirmed(
                call,
                document,
                outcome,
                since=since,
                progress=lambda report: run.observer.call_progressed(call, report),
            )
        except Withdrawn as end:
            outcome = end.outcome
            raise asyncio.CancelledError from end
        except asyncio.CancelledError:
            if not begun:
                outcome, begun = self._held_back(run, call, document), True
            raise
        finally:
            run.acting -= not waits
            if begun and not run.left:
                outcome = outcome or in_doubt(call, "the call was given up on")
                self._journal.end_call(outcome, soon=document.repeatable)
                self._keep(run, call, outcome)
        return outcome

    def _held_back(self, run: ActiveRun, call: Call, document: ApiDocument) -> Outcome:
        """Give the outcome of a call whose run was ended before it went out; a stop is told to the audit log, too."""
        try:
            self._admission.check_again(run, call, document)
        except (CallRefused, RunStopped) as error:
            return unsent(call, error, status=Status.CANCELLED)
        cancelled = RunCancelled(f"{call.api} was not sent: the run was ended")
        return unsent(call, cancelled, status=Status.CANCELLED)

    def _keep(self, run: ActiveRun, call: Call, outcome: Outcome) -> None:
        run.records.append(CallRecord(call=call, outcome=outcome))
        run.observer.call_ended(call, outcome)

    async def _recalled(
        self, run: ActiveRun, wanted: ExternalCall, document: ApiDocument, record: CallRecord
    ) -> Outcome:
        """Give what an earlier life came to at this call; settle it where that is not known."""
        call, outcome = record.call, record.outcome
        if call.api != document.name or not _same_arguments(call, wanted, document):
            shown = f"{document.name} with {printable(dict(wanted.arguments))}"
            raise ProgramFailed(f"the journal has {call} where the code now calls {shown}", code="DIVERGED")
        if outcome is None or open_question(outcome):
            outcome = in_doubt(call, "the run ended before it was settled")
            try:
                outcome = await self._doubt.settle(run, record, document)
            except Withdrawn as end:
                outcome = end.outcome
                raise asyncio.CancelledError from end
            finally:
                if not run.left:
                    self._journal.end_call(outcome)
                    self._keep(run, call, outcome)
        else:
            self._keep(run, call, outcome)
        if outcome.status is Status.REJECTED:
            self._count_refusal(run, call, outcome)
        return outcome


def _is_unanswered(outcome: Outcome) -> bool:
    code = outcome.error.code if outcome.error else ""
    return code == NOT_SEEN or (outcome.status in (Status.TIMED_OUT, Status.IN_DOUBT) and code != REPEAT)


def _as_old_as(first: Call, document: ApiDocument) -> ApiDocument:
    """Give the document with what is left of its ``expires_s``: to repeat a wish makes it no younger."""
    left = left_s(first, document)
    return document if left is None else document.model_copy(update={"expires_s": max(left, 0.001)})


def _same_arguments(call: Call, wanted: ExternalCall, document: ApiDocument) -> bool:
    """Whether the journalled call has the arguments of the code, or those with the defaults, as JSON tells them."""
    given = dict(wanted.arguments)
    return any(_as_json(one) == call.arguments for one in (document.with_defaults(given), printable(given)))


def _as_json(value: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(value, default=repr))


def _resources(document: ApiDocument, arguments: Mapping[str, Any]) -> frozenset[str]:
    known = {name: ANY if value is None else value for name, value in document.with_defaults(dict(arguments)).items()}
    try:
        return frozenset(name for template in document.resources for name in expand_keys(document, template, known))
    except ValueError:  # an argument of the wrong kind, which the Gate will refuse
        return frozenset({ANY})
