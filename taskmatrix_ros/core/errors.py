"""Every error of the project, sorted by who must act.

::

    TaskMatrixError
    ├── ConfigError            the operator mends a file, a profile or the machine
    │   ├── ManifestError      an API document is wrong: file, line and remedy for each finding
    │   └── NotInstalled       a program or library that the profile asks for is not on this machine
    ├── PlanningError          ask again in other words, or ask the person
    │   ├── ClarificationNeeded  several things fit: the person says which
    │   ├── ModelUnavailable   the foundation model does not answer now: try again later
    │   └── MissingApi         no document fits a step of the outline
    ├── VerificationError      the text goes back to whoever wrote the code
    ├── CallError              a policy retries or gives up
    │   ├── CallRefused        the Gate or the device said no; nothing was done
    │   │   ├── ApprovalRequired   the Gate says no unless a person says yes
    │   │   └── RequirementUntold  the Gate says no because whoever would tell is gone
    │   ├── CallFailed         it was tried, and did not work or the world contradicts it
    │   ├── CallTimedOut       no answer within ``deadline_s``
    │   ├── CallUnavailable    the peer is not there; the call was not sent
    │   ├── CallExpired        it could not be sent before ``expires_s`` had passed
    │   └── CallInDoubt        nobody knows whether it was done
    ├── RequestError           a request to the node does not fit what is there now: ask for something else
    └── RunError               the run ends, and action code cannot catch it
        ├── RunCancelled       a person or client cancelled
        ├── RunStopped         the stop latch holds
        ├── ProgramFailed      the action code itself raised, or was no verified code after all
        └── BudgetExceeded     too many calls, refusals, seconds or memory

A message is one line that says who failed, what was given, what is allowed and what to do:
``mqtt 'hall_lamp': brightness_pct 140 is outside 0..100; correct the argument or the limit in home.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from taskmatrix_ros.core.diagnostic import Diagnostic


class TaskMatrixError(Exception):
    """Base of all errors a person may be shown."""

    code: ClassVar[str] = "ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.error_code = code or self.code

    @property
    def message(self) -> str:
        """The one line for a person."""
        return str(self)


class ConfigError(TaskMatrixError):
    """The operator mends a file, a profile or the machine."""

    code = "CONFIG"


MOST_SHOWN = 50
"""Findings that are told at once: who has thousands has made one mistake again and again."""


def _told(diagnostics: Sequence[Diagnostic]) -> str:
    said = [str(diagnostic) for diagnostic in diagnostics[:MOST_SHOWN]]
    if (more := len(diagnostics) - len(said)) > 0:
        said.append(f"and {more} more")
    return "; ".join(said)


class ManifestError(ConfigError):
    """API documents are wrong; each finding names file, line and remedy."""

    code = "MANIFEST"

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(_told(self.diagnostics))


class NotInstalled(ConfigError):
    """The operator installs something; the message says what and how."""

    code = "NOT_INSTALLED"


class PlanningError(TaskMatrixError):
    """The instruction became no plan.

    :param nearest: what could be asked for instead, best first.
    :param question: what a person could say to get on, where one is there to be asked.
    :param completions: answer -> the whole instruction in the words it then has; empty: any answer may do.
    """

    code = "NOT_UNDERSTOOD"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        nearest: Sequence[str] = (),
        question: str = "",
        completions: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.nearest = tuple(nearest)
        self.question = question
        self.completions = dict(completions or {})


class ClarificationNeeded(PlanningError):
    """Several things fit. :param choices: their names, as the person may say them."""

    code = "AMBIGUOUS"

    def __init__(self, question: str, *, choices: Sequence[str] = (), code: str | None = None) -> None:
        super().__init__(question, code=code, nearest=choices, question=question)
        self.choices = tuple(choices)


class ModelUnavailable(PlanningError):
    """The foundation model cannot be asked now; in other words it would be no better."""

    code = "MODEL_UNAVAILABLE"


class MissingApi(PlanningError):
    """No document fits a step of the outline. :param missing: step id -> what would be needed, in plain words."""

    code = "NOTHING_FITS"

    def __init__(self, message: str, *, missing: Mapping[str, str]) -> None:
        super().__init__(message)
        self.missing = dict(missing)


class VerificationError(TaskMatrixError):
    """Action code was refused before anything ran."""

    code = "NOT_VERIFIED"

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(_told(self.diagnostics))


class CallError(TaskMatrixError):
    """One call did not succeed."""

    code = "CALL"


class CallRefused(CallError):
    """The Gate or the device said no; nothing was done."""

    code = "REFUSED"


class ApprovalRequired(CallRefused):
    """The Gate says no unless a person says yes; where nobody asks one, it is a refusal.

    :param reason: which policy wants it.
    :param hazardous: whether this call is, whatever its document says of others.
    :param scope: what one yes may cover at most: ``call``, or ``run`` for the foretold calls of the whole run.
    :param expires_s: wall seconds that the request waits, and that a yes is good for.
    """

    code = "APPROVAL"

    def __init__(
        self, message: str, *, reason: str, scope: str = "call", expires_s: float = 120.0, hazardous: bool = False
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.hazardous = hazardous
        self.scope = scope
        self.expires_s = expires_s


class RequirementUntold(CallRefused):
    """The Gate must know what nobody tells while somebody is gone. :param keys: the state keys it asks for."""

    code = "REQUIREMENT"

    def __init__(self, message: str, *, keys: Sequence[str]) -> None:
        super().__init__(message)
        self.keys = tuple(keys)


class CallFailed(CallError):
    """It was tried, and did not work or the world contradicts it."""

    code = "FAILED"


class CallTimedOut(CallError):
    """No answer within ``deadline_s``."""

    code = "TIMED_OUT"


class CallUnavailable(CallError):
    """The peer is not there; the call was not sent."""

    code = "UNAVAILABLE"


class CallExpired(CallError):
    """It could not be sent before ``expires_s`` had passed."""

    code = "EXPIRED"


class CallInDoubt(CallError):
    """Nobody knows whether it was done."""

    code = "IN_DOUBT"


class RequestError(TaskMatrixError):
    """A request to the node does not fit what is there now, or its channel may not make it; nothing was changed."""

    code = "REQUEST"


class RunError(TaskMatrixError):
    """The run ends, and action code cannot catch it."""

    code = "RUN"


class RunCancelled(RunError):
    """A person or client cancelled."""

    code = "CANCELLED"


class RunStopped(RunError):
    """The stop latch holds."""

    code = "STOPPED"


class ProgramFailed(RunError):
    """The action code itself raised, or was no verified code after all."""

    code = "PROGRAM"


class BudgetExceeded(RunError):
    """Too many calls, refusals, seconds or memory."""

    code = "BUDGET"
