"""What Home Assistant's answer, or its silence, means for a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from taskmatrix_ros.bindings.homeassistant.homeassistant_link import Refused
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import PARTIAL, ErrorReport, Outcome, Status, utc_now

NO_SUCH_ENTITY = "NO_SUCH_ENTITY"
DEVICE_UNAVAILABLE = "DEVICE_UNAVAILABLE"

_MEANINGS: Mapping[str, tuple[Status, str, str]] = {
    "not_found": (Status.REJECTED, "NO_SUCH_SERVICE", "it has no such service; see that its integration is loaded"),
    "invalid_format": (Status.REJECTED, "ARGUMENT", "correct the call"),
    "service_validation_error": (Status.REJECTED, "REFUSED", "correct the call"),
    "unauthorized": (Status.REJECTED, "UNAUTHORIZED", "give the token's user the right"),
}


@dataclass(frozen=True, slots=True)
class TargetProblem:
    """Why an entity cannot be commanded; ``exists``: whether it may be again by itself."""

    entity_id: str
    said: str
    exists: bool = True


def ended(
    call: Call, status: Status, code: str, message: str, started_at: datetime | None = None, value: object = None
) -> Outcome:
    """Give the outcome of a call that did not succeed, with its reason."""
    report = ErrorReport(code=code, message=" ".join(message.split()))
    return Outcome(call_id=call.call_id, status=status, value=value, error=report, started_at=started_at or utc_now())


def refusal_outcome(call: Call, service: str, error: Refused, started_at: datetime) -> Outcome:
    """Judge an answer that says no: what is the caller's mistake was not done, anything else failed."""
    status, code, remedy = _MEANINGS.get(error.code, (Status.FAILED, "FAILED", "see the log of Home Assistant"))
    message = f"homeassistant {service!r}: {str(error)[:300] or error.code}; {remedy}"
    return ended(call, status, code, message, started_at)


def split_outcome(call: Call, done: Sequence[str], problems: Sequence[TargetProblem], started_at: datetime) -> Outcome:
    """Judge a call of which some entities could not be reached.

    :returns: ``failed``, code ``PARTIAL``, where the rest was done; else ``rejected`` where one does not exist,
        ``unavailable`` where they are only away.
    """
    said = "; ".join(f"{problem.entity_id} {problem.said}" for problem in problems)
    if done:
        value = {"done": list(done), "failed": {problem.entity_id: problem.said for problem in problems}}
        message = f"{call.api}: {said}; the rest was done: {', '.join(done)}"
        return ended(call, Status.FAILED, PARTIAL, message, started_at, value)
    away = all(problem.exists for problem in problems)
    status, code = (Status.UNAVAILABLE, DEVICE_UNAVAILABLE) if away else (Status.REJECTED, NO_SUCH_ENTITY)
    return ended(call, status, code, f"{call.api}: {said}; nothing was done", started_at)
