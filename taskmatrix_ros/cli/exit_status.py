"""What the exit status of every command means."""

from __future__ import annotations

from enum import IntEnum

from taskmatrix_ros.core.errors import (
    CallUnavailable,
    ConfigError,
    NotInstalled,
    PlanningError,
    TaskMatrixError,
    VerificationError,
)
from taskmatrix_ros.core.run import RunStatus


class ExitStatus(IntEnum):
    """DESIGN section 9."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNAVAILABLE = 4


class UsageError(TaskMatrixError):
    """The command's words are off."""

    code = "USAGE"


_OF_RUN = {
    RunStatus.SUCCEEDED: ExitStatus.DONE,
    RunStatus.DRY_RUN: ExitStatus.DONE,
    RunStatus.REFUSED: ExitStatus.REFUSED,
    RunStatus.UNAVAILABLE: ExitStatus.UNAVAILABLE,
}


def exit_status_of_run(status: RunStatus) -> ExitStatus:
    """Give the status for a run's end; unconfirmed is not done."""
    return _OF_RUN.get(status, ExitStatus.FAILED)


def exit_status_of_error(error: TaskMatrixError) -> ExitStatus:
    """Give the status for an error: a file or setting to mend is usage, a wish that cannot be met is refused."""
    if isinstance(error, NotInstalled | CallUnavailable):
        return ExitStatus.UNAVAILABLE
    if isinstance(error, ConfigError | UsageError):
        return ExitStatus.USAGE
    if isinstance(error, PlanningError | VerificationError):
        return ExitStatus.REFUSED
    return ExitStatus.FAILED
