"""What the world makes of an outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import PARTIAL, Confirmation, ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.executor.running.dispatcher import Withdrawn
from taskmatrix_ros.executor.running.read_back import ReadBack
from taskmatrix_ros.expressions.spread import spread_parameter

_log = logging.getLogger(__name__)


class Proof:
    """Joins a peer's word with the read-back: what the world contradicts has failed, what it confirms was done."""

    def __init__(self, read_back: ReadBack) -> None:
        self._read_back = read_back

    async def confirmed(self, call: Call, document: ApiDocument, outcome: Outcome, *, since: int) -> Outcome:
        """Read back where the call succeeded or is in doubt.

        :param since: the state store's ``sequence`` at the moment of dispatch.
        :raises Withdrawn: the run was ended meanwhile.
        """
        if (done := _partly_done(call, document, outcome)) is not None:
            call = done  # what was not done is told already; of the rest, the world is asked
        elif outcome.status not in (Status.SUCCEEDED, Status.IN_DOUBT):
            return outcome
        try:
            confirmation, evidence = await self._read_back.confirm(document, call, since=since, result=outcome.value)
        except asyncio.CancelledError:
            cut = outcome.model_copy(
                update={"confirmation": Confirmation.UNCONFIRMED, "evidence": ("the run ended before the read-back",)}
            )
            raise Withdrawn(cut) from None
        except Exception as error:  # noqa: BLE001 - what cannot be read back is unconfirmed, never done or undone
            _log.exception("the read-back of %s failed", call.api)
            confirmation, evidence = Confirmation.UNCONFIRMED, (f"the read-back failed: {error}",)
        if confirmation is Confirmation.NONE and not evidence:
            return outcome
        changes: dict[str, Any] = {"confirmation": confirmation, "evidence": evidence, "ended_at": utc_now()}
        if outcome.status is Status.IN_DOUBT and confirmation is Confirmation.CONFIRMED:
            changes |= {"status": Status.SUCCEEDED, "error": None}
        if outcome.status is Status.SUCCEEDED and confirmation is Confirmation.CONTRADICTED:
            message = f"{call.api} was reported done, but the world says otherwise: {evidence[0]}"
            changes |= {"status": Status.FAILED, "error": ErrorReport(code="CONTRADICTED", message=message)}
        return outcome.model_copy(update=changes)


def _partly_done(call: Call, document: ApiDocument, outcome: Outcome) -> Call | None:
    """Give the call as it would be for the things it was done for; None where it was not a part that was done."""
    if outcome.error is None or outcome.error.code != PARTIAL or not isinstance(outcome.value, Mapping):
        return None
    name, done = spread_parameter(document), outcome.value.get("done")
    if name is None or not done:
        return None
    return call.model_copy(update={"arguments": {**call.arguments, name: list(done)}})
