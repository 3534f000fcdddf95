"""What a call that did not succeed becomes for action code, in one table.

========================  ==================  ====================  ==========================================
outcome's status          error of ours       exception in the code  caught by
========================  ==================  ====================  ==========================================
rejected                  CallRefused         PermissionError       ``except PermissionError`` or ``OSError``
failed, contradicted      CallFailed          RuntimeError          ``except RuntimeError``
timed_out                 CallTimedOut        TimeoutError          ``except TimeoutError`` or ``OSError``
expired                   CallExpired         TimeoutError          ``except TimeoutError`` or ``OSError``
unavailable               CallUnavailable     OSError               ``except OSError``
in_doubt                  CallInDoubt         RuntimeError          ``except RuntimeError``
cancelled by the peer     CallFailed          RuntimeError          ``except RuntimeError``
(any)                     RunError            none                  nothing: the interpreter ends
========================  ==================  ====================  ==========================================

The interpreter has no ``ConnectionError``; its parent ``OSError`` stands for it. The text is ``CODE: message``, so code
may ask ``str(error).startswith("OUT_OF_REACH")``.
"""

from __future__ import annotations

from taskmatrix_ros.core.errors import (
    CallError,
    CallExpired,
    CallFailed,
    CallInDoubt,
    CallRefused,
    CallTimedOut,
    CallUnavailable,
)
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status

_ERRORS: dict[Status, type[CallError]] = {
    Status.REJECTED: CallRefused,
    Status.FAILED: CallFailed,
    Status.TIMED_OUT: CallTimedOut,
    Status.CANCELLED: CallFailed,
    Status.UNAVAILABLE: CallUnavailable,
    Status.EXPIRED: CallExpired,
    Status.IN_DOUBT: CallInDoubt,
}

_STATUSES: dict[type[CallError], Status] = {
    error: status for status, error in _ERRORS.items() if status is not Status.CANCELLED
}

_EXCEPTIONS: dict[type[CallError], type[Exception]] = {
    CallRefused: PermissionError,
    CallFailed: RuntimeError,
    CallTimedOut: TimeoutError,
    CallExpired: TimeoutError,
    CallUnavailable: OSError,
    CallInDoubt: RuntimeError,
}


def error_of(outcome: Outcome) -> CallError | None:
    """Give the error an outcome stands for; None where the call succeeded and nothing contradicts it."""
    if outcome.ok:
        return None
    kind = _ERRORS.get(outcome.status, CallFailed)
    report = outcome.error or ErrorReport(code=kind.code, message=f"the call ended {outcome.status.value}")
    return kind(report.message, code=report.code)


def status_of(error: CallError) -> Status:
    """Give the status of a call that ended in this error."""
    return _STATUSES.get(type(error), Status.FAILED)


def exception_of(error: CallError) -> Exception:
    """Give what action code sees of it."""
    return _EXCEPTIONS.get(type(error), RuntimeError)(f"{error.error_code}: {error.message}")
