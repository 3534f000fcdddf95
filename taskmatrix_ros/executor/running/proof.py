"""What the world makes of an outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import NOT_SEEN, PARTIAL, Confirmation, ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Progress, ProgressReport
from taskmatrix_ros.executor.running.dispatcher import Withdrawn
from taskmatrix_ros.executor.running.read_back import ReadBack
from taskmatrix_ros.executor.running.world_watch import Patience, Seen
from taskmatrix_ros.expressions.spread import spread_parameter

_log = logging.getLogger(__name__)


class Proof:
    """Joins a peer's word with the read-back: what the world contradicts has failed, what it confirms was done.

    What is in doubt, or was taken by a peer that then went away, is decided by the world once that peer is back: what
    the world then does not show has failed.
    """

    def __init__(self, read_back: ReadBack, *, return_s: float = 0.0, device_s: float = 0.0) -> None:
        """Take the seconds that a peer that has gone is waited for, and after it a device behind it."""
        self._read_back = read_back
        self._return_s = return_s
        self._device_s = device_s

    async def confirmed(
        self,
        call: Call,
        document: ApiDocument,
        outcome: Outcome,
        *,
        since: int,
        progress: Progress = lambda _report: None,
        final: bool = True,
    ) -> Outcome:
        """Read back where the call succeeded or is in doubt.

        :param since: the state store's ``sequence`` at the moment of dispatch.
        :param progress: told when the peer's return is waited for.
        :param final: False: what the world does not show stays in doubt, since a person is asked.
        :raises Withdrawn: the run was ended meanwhile.
        """
        if (done := _partly_done(call, document, outcome)) is not None:
            call = done  # what was not done is told already; of the rest, the world is asked
        elif outcome.status not in (Status.SUCCEEDED, Status.IN_DOUBT):
            return outcome
        patience = Patience(
            return_s=self._return_s,
            # what may be repeated is not worth a wait for a device's first word
            device_s=0.0 if document.repeatable else self._device_s,
            away=lambda peer: progress(ProgressReport(message=f"{peer} is gone; its return will show what was done")),
        )
        try:
            seen = await self._read_back.confirm(document, call, since=since, result=outcome.value, patience=patience)
        except asyncio.CancelledError:
            cut = outcome.model_copy(
                update={"confirmation": Confirmation.UNCONFIRMED, "evidence": ("the run ended before the read-back",)}
            )
            raise Withdrawn(cut) from None
        except Exception as error:  # noqa: BLE001 - what cannot be read back is unconfirmed, never done or undone
            _log.exception("the read-back of %s failed", call.api)
            seen = Seen(confirmation=Confirmation.UNCONFIRMED, evidence=(f"the read-back failed: {error}",))
        if seen.confirmation is Confirmation.NONE and not seen.evidence:
            return outcome
        changes: dict[str, Any] = {"confirmation": seen.confirmation, "evidence": seen.evidence, "ended_at": utc_now()}
        return outcome.model_copy(update=changes | _decided(call, outcome, seen, final=final))

    def unseen(self, document: ApiDocument) -> Seen | None:
        """Give what can be said of a document's calls where it tells nothing to read back; None where it does."""
        return self._read_back.unseen(document)

    @staticmethod
    def of_unseen(seen: Seen, outcome: Outcome) -> Outcome:
        """Give what ``confirmed`` gives where there is nothing to read back. :param seen: by ``unseen``."""
        if outcome.status not in (Status.SUCCEEDED, Status.IN_DOUBT) or not seen.evidence:
            return outcome
        return outcome.model_copy(
            update={"confirmation": seen.confirmation, "evidence": seen.evidence, "ended_at": utc_now()}
        )

    async def until_back(self, document: ApiDocument) -> None:
        """Wait until the document's peer is there, as long as one that has gone is waited for."""
        await self._read_back.until_back(document, self._return_s)

    async def until_told(self, keys: Sequence[str], within_s: float) -> None:
        """Wait until nobody is gone who told these state keys last, at most ``within_s`` seconds."""
        await self._read_back.until_told(keys, within_s)


def _decided(call: Call, outcome: Outcome, seen: Seen, *, final: bool) -> dict[str, Any]:
    """Give what the world changes of how a call ended."""
    in_doubt, taken = outcome.status is Status.IN_DOUBT, outcome.status is Status.SUCCEEDED
    if seen.confirmation is Confirmation.CONFIRMED:
        return {"status": Status.SUCCEEDED, "error": None} if in_doubt else {}
    if seen.has_spoken and ((in_doubt and final) or (taken and seen.lost)):
        before = outcome.error.message if outcome.error else f"{call.api} was taken, then its peer was lost"
        message = f"{before}; nothing shows that it was done: {seen.evidence[0]}"
        return {"status": Status.FAILED, "error": ErrorReport(code=NOT_SEEN, message=message)}
    if taken and seen.confirmation is Confirmation.CONTRADICTED:
        message = f"{call.api} was reported done, but the world says otherwise: {seen.evidence[0]}"
        return {"status": Status.FAILED, "error": ErrorReport(code="CONTRADICTED", message=message)}
    return {}


def _partly_done(call: Call, document: ApiDocument, outcome: Outcome) -> Call | None:
    """Give the call as it would be for the things it was done for; None where it was not a part that was done."""
    if outcome.error is None or outcome.error.code != PARTIAL or not isinstance(outcome.value, Mapping):
        return None
    name, done = spread_parameter(document), outcome.value.get("done")
    if name is None or not done:
        return None
    return call.model_copy(update={"arguments": {**call.arguments, name: list(done)}})
