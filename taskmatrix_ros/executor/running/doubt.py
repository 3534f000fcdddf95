"""Calls of an earlier life of which nobody knows whether they were done.

In this order: the peer is asked for the call by its id; a call that may be repeated is repeated; the world is asked
(``ensures``); a person is asked. Only a call that may be repeated goes out again without a person's word.
"""

from __future__ import annotations

import asyncio

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import RunCancelled
from taskmatrix_ros.core.ids import id_time_s
from taskmatrix_ros.core.outcome import Confirmation, ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.core.run_ports import Resolution
from taskmatrix_ros.executor.running.active_run import ActiveRun
from taskmatrix_ros.executor.running.dispatcher import Dispatcher
from taskmatrix_ros.executor.running.proof import Proof

REPEAT = "REPEAT"
"""Error code of a call in doubt that is to be tried again."""

UNRESOLVED = "UNRESOLVED"
"""Error code of a call in doubt about which a person is being asked."""


def left_s(call: Call, document: ApiDocument) -> float | None:
    """Give the seconds in which the call, or a repetition of it, may still go out; None where it does not expire."""
    if document.expires_s is None:
        return None
    return document.expires_s - (utc_now().timestamp() - id_time_s(call.call_id))


def has_expired(call: Call, document: ApiDocument) -> bool:
    """Whether the call may not go out any more."""
    return (left := left_s(call, document)) is not None and left <= 0


def open_question(outcome: Outcome | None) -> bool:
    """Whether it is not known, or was not when it was last written, how the call ended."""
    return outcome is None or (outcome.error is not None and outcome.error.code == UNRESOLVED)


class Doubt:
    """Settles calls in doubt."""

    def __init__(self, dispatcher: Dispatcher, proof: Proof, journal: Journal) -> None:
        self._dispatcher = dispatcher
        self._proof = proof
        self._journal = journal

    async def settle(self, run: ActiveRun, record: CallRecord, document: ApiDocument) -> Outcome:
        """Find out how a call ended.

        :returns: its outcome; one with ``REPEAT`` says that it is to be tried again.
        :raises RunCancelled: a person wants the run ended.
        :raises Withdrawn: the run was ended meanwhile.
        """
        call = record.call
        if not record.sent:
            message = f"{call.api}: the node ended before anybody approved it; it was not done"
            return Outcome(
                call_id=call.call_id,
                status=Status.REJECTED,
                error=ErrorReport(code="APPROVAL", message=message),
            )
        run.observer.call_began(call)
        if record.outcome is None:
            told = await self._dispatcher.recover(run, call, document)
            if told is not None and told.status in (Status.SUCCEEDED, Status.REJECTED):
                return await self._proof.confirmed(call, document, told, since=0)
        if document.repeatable and not has_expired(call, document):
            return _outcome(call, Status.IN_DOUBT, REPEAT, "the node ended during it; it is idempotent and repeated")
        asked = _outcome(call, Status.IN_DOUBT, UNRESOLVED, _ASK)
        seen = await self._proof.confirmed(call, document, asked, since=0, final=False)
        if seen.ok and seen.confirmation is Confirmation.CONFIRMED:
            return seen
        return await self._ask(run, seen)

    async def _ask(self, run: ActiveRun, outcome: Outcome) -> Outcome:
        call_id = outcome.call_id
        self._journal.end_call(outcome)
        answered = run.doubts[call_id] = asyncio.get_running_loop().create_future()
        try:
            with run.control.waiting(f"call {call_id} is in doubt: {_ASK}"):
                resolution, comment = await answered
        finally:
            del run.doubts[call_id]
        return _resolved(outcome, resolution, comment)


_ASK = "the node ended during it, and the world does not show whether it was done; say what became of it"


def _resolved(outcome: Outcome, resolution: Resolution, comment: str) -> Outcome:
    said = f"a person said {resolution.value}{f': {comment}' if comment else ''}"
    changes: dict[str, object] = {"evidence": (*outcome.evidence, said)}
    if resolution is Resolution.DONE:
        changes |= {"status": Status.SUCCEEDED, "error": None, "confirmation": Confirmation.UNCONFIRMED}
    elif resolution is Resolution.REPEAT:
        changes["error"] = ErrorReport(code=REPEAT, message=said)
    elif resolution is Resolution.NOT_DONE:
        changes |= {"status": Status.FAILED, "error": ErrorReport(code="NOT_DONE", message=said)}
    else:
        raise RunCancelled(said)
    return outcome.model_copy(update=changes)


def _outcome(call: Call, status: Status, code: str, message: str) -> Outcome:
    return Outcome(call_id=call.call_id, status=status, error=ErrorReport(code=code, message=f"{call.api}: {message}"))
