"""Calls that wait until they can go out."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from taskmatrix_ros.bindings.homeassistant.homeassistant_outcome import ended
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status


@dataclass(frozen=True, slots=True)
class CallPatience:
    """How long a call may wait in all, until ``ends_s`` of the loop's time.

    ``must_not_be_late``: it has an ``expires_s``; ``expires``: which is what ends the wait.
    """

    ends_s: float
    must_not_be_late: bool
    expires: bool

    @staticmethod
    def of(call: Call, document: ApiDocument, connect_s: float) -> CallPatience:
        """Begin to wait now. :param connect_s: seconds that any call may wait."""
        expires_s = document.expires_s
        patience_s = min(connect_s, call.deadline_s, expires_s or call.deadline_s)
        return CallPatience(
            asyncio.get_running_loop().time() + patience_s,
            must_not_be_late=expires_s is not None,
            expires=expires_s is not None and expires_s <= patience_s,
        )

    @property
    def status(self) -> Status:
        """What a call has come to that could not go out."""
        return Status.EXPIRED if self.expires else Status.UNAVAILABLE

    def left_s(self) -> float:
        """Give the seconds that are left."""
        return max(0.0, self.ends_s - asyncio.get_running_loop().time())


class CallWaits:
    """The calls of one binding that wait, in the loop's thread."""

    def __init__(self) -> None:
        self._verdicts: dict[str, asyncio.Future[Status]] = {}

    async def until(self, call: Call, fact: Coroutine[Any, Any, Any], patience: CallPatience) -> Outcome | None:
        """Wait for a fact, as long as there is patience. :returns: how the call was ended meanwhile, if it was."""
        verdict = self._verdicts[call.call_id] = asyncio.get_running_loop().create_future()
        waited = asyncio.ensure_future(fact)
        either: set[asyncio.Future[Any]] = {waited, verdict}
        try:
            await asyncio.wait(either, timeout=patience.left_s(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waited.cancel()
            del self._verdicts[call.call_id]
        if verdict.done():
            return ended(call, verdict.result(), "CANCELLED", f"{call.api} was cancelled before it was sent")
        return None

    def end(self, call_id: str, status: Status) -> None:
        """End the wait of a call, if it waits."""
        verdict = self._verdicts.get(call_id)
        if verdict is not None and not verdict.done():
            verdict.set_result(status)

    def end_all(self, status: Status) -> None:
        """End every wait."""
        for call_id in self._verdicts:
            self.end(call_id, status)
