"""How a call of a request-and-answer peer ended, before it is told as its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """``code`` and ``message`` say why it did not succeed.

    ``retry_s``: it may be tried again after so many seconds, if the request may be at all.
    """

    status: Status
    code: str = ""
    message: str = ""
    value: Any = None
    evidence: tuple[str, ...] = ()
    retry_s: float | None = None

    def outcome(self, call: Call, started_at: datetime) -> Outcome:
        """Tell it as the outcome of the call."""
        error = None
        if self.status is not Status.SUCCEEDED:
            error = ErrorReport(code=self.code, message=" ".join(f"{call.api}: {self.message}".split()))
        return Outcome(
            call_id=call.call_id,
            status=self.status,
            value=self.value,
            error=error,
            evidence=self.evidence,
            started_at=started_at,
        )
