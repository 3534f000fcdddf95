"""How a run ended, from how its code ended and what its calls came to.

============================  =============  ============================================
the code ended by             run            error code
============================  =============  ============================================
its last line, all confirmed  succeeded
its last line, else           unconfirmed    the call's, or UNCONFIRMED
CallUnavailable               unavailable    the call's
any other CallError           failed         the call's: REQUIREMENT, OUT_OF_REACH, ...
RunCancelled                  cancelled      CANCELLED
RunStopped                    cancelled      STOPPED
BudgetExceeded                failed         BUDGET
any other error               failed         the error's: PROGRAM, CONFIG, ...
============================  =============  ============================================

"All confirmed" means every call whose document commands something. A call that failed and that the code handled counts
as made good if a later call of the same API with the same arguments was confirmed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import CallError, CallUnavailable, RunCancelled, RunError, RunStopped, TaskMatrixError
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.run import CallRecord, RunStatus
from taskmatrix_ros.core.run_ports import RunResult

_log = logging.getLogger(__name__)

_STATUSES: tuple[tuple[type[TaskMatrixError], RunStatus], ...] = (
    (CallUnavailable, RunStatus.UNAVAILABLE),
    (RunCancelled, RunStatus.CANCELLED),
    (RunStopped, RunStatus.CANCELLED),
    (TaskMatrixError, RunStatus.FAILED),
)


def verdict(
    records: Sequence[CallRecord], documents: Mapping[str, ApiDocument], error: TaskMatrixError | None
) -> RunResult:
    """Judge a run.

    :param records: its calls in order, each with its outcome.
    :param error: what ended the code before its last line, or None.
    """
    if error is None:
        return _judge_calls(records, documents)
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    summary = error.message
    if isinstance(error, CallError):
        summary = _at_its_call(records, error)
    return RunResult(status=status, calls=tuple(records), summary=summary, error_code=error.error_code)


def fault_of_ours(run_id: str, fault: Exception) -> RunError:
    """Log what ends one run and must not end the node. :returns: what ends the run."""
    _log.error("run %s failed by a fault of the program", run_id, exc_info=fault)
    return RunError(f"internal fault: {fault!r}; see the log", code="INTERNAL")


def _judge_calls(records: Sequence[CallRecord], documents: Mapping[str, ApiDocument]) -> RunResult:
    open_calls = [
        record
        for index, record in enumerate(records)
        if documents[record.call.api].effect.commands
        and not _is_confirmed(record)
        and not any(_is_confirmed(later) and _is_same(later, record) for later in records[index + 1 :])
    ]
    if not open_calls:
        return RunResult(status=RunStatus.SUCCEEDED, calls=tuple(records))
    first = open_calls[0]
    more = f", and {len(open_calls) - 1} more" if len(open_calls) > 1 else ""
    code = "UNCONFIRMED"
    if first.outcome is not None and first.outcome.error is not None:
        code = first.outcome.error.code
    summary = _describe(first) + more
    return RunResult(status=RunStatus.UNCONFIRMED, calls=tuple(records), summary=summary, error_code=code)


def _is_confirmed(record: CallRecord) -> bool:
    outcome = record.outcome
    return outcome is not None and outcome.ok and outcome.confirmation is Confirmation.CONFIRMED


def _is_same(one: CallRecord, other: CallRecord) -> bool:
    return one.call.api == other.call.api and one.call.arguments == other.call.arguments


def _describe(record: CallRecord) -> str:
    place = f"{record.call.api} in line {record.call.position.line}"
    outcome = record.outcome
    if outcome is None or outcome.ok:
        evidence = outcome.evidence[0] if outcome is not None and outcome.evidence else "no state tells"
        return f"{place} was done by the device's own word, but nothing confirms it: {evidence}"
    reason = outcome.error.message if outcome.error else outcome.status.value
    return f"{place} did not succeed and the code went on: {reason}"


def _at_its_call(records: Sequence[CallRecord], error: CallError) -> str:
    for record in reversed(records):
        outcome = record.outcome
        if outcome is not None and outcome.error is not None and outcome.error.message == error.message:
            api = "" if record.call.api in error.message else f"{record.call.api} "
            return f"{api}in line {record.call.position.line}: {error.message}".removeprefix("in ")
    return error.message
