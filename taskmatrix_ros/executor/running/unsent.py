"""The outcome of a call that was not sent."""

from __future__ import annotations

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallError, CallRefused, RequirementUntold, TaskMatrixError
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status
from taskmatrix_ros.executor.sandbox.call_errors import status_of


def unsent(call: Call, error: TaskMatrixError, *, status: Status | None = None) -> Outcome:
    """Give it, with why. :param status: the error's if left out."""
    report = ErrorReport(code=error.error_code, message=error.message)
    return Outcome(call_id=call.call_id, status=status or _status(error), error=report)


def _status(error: TaskMatrixError) -> Status:
    if not isinstance(error, CallError):  # it is the run that is ended
        return Status.CANCELLED
    if isinstance(error, RequirementUntold):
        return Status.UNAVAILABLE
    return Status.REJECTED if isinstance(error, CallRefused) else status_of(error)
