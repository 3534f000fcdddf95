"""What is expected of whoever runs verified code, and of whoever is told of it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.ports import ProgressReport
from taskmatrix_ros.core.run import CallRecord, Rehearsed, RunStatus


class RunObserver(Protocol):
    """Told, in the loop's thread, how a run goes."""

    def status_changed(self, status: RunStatus, why: str) -> None:
        """The run waits, is paused, suspended, or goes on."""

    def call_began(self, call: Call) -> None:
        """A call was journalled and goes out."""

    def call_progressed(self, call: Call, report: ProgressReport) -> None:
        """The called party reported."""

    def call_ended(self, call: Call, outcome: Outcome) -> None:
        """A call ended and was read back."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How running the code ended; ``summary`` says why in one line where it did not succeed."""

    status: RunStatus
    calls: tuple[CallRecord, ...]
    summary: str = ""
    error_code: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that somebody else began to see through.

    ``work``: it went out, or was held back at the last moment: how it ended, or what waits for its end.
    ``objection``: the Gate's, which did not let it pass. Without both it was let pass and journalled.
    """

    call: Call
    work: Outcome | Coroutine[Any, Any, Outcome] | None = None
    objection: CallRefused | None = None


class PlainRun(Protocol):
    """A run of calls with literals that needs no task while nothing has to be waited for."""

    def begin(self) -> None:
        """Begin; it goes on by itself."""

    def hand_over(self) -> None:
        """Have it gone on with as any other run, from where it stands."""


class PlainEnds(Protocol):
    """Who is told, once, what became of a plain run. Raises nothing."""

    def ended(self, result: RunResult) -> None:
        """It came to its end."""

    def handed_over(self, log: Sequence[CallRecord], begun: Begun | None) -> None:
        """It is to be gone on with by ``Runner.run``, given these, before this returns."""


class Resolution(StrEnum):
    """What a person says became of a call in doubt."""

    DONE = "done"
    NOT_DONE = "not_done"
    REPEAT = "repeat"
    ABORT = "abort"


class Runner(Protocol):
    """Runs verified code, each call gated, journalled and read back."""

    async def run(
        self,
        code: VerifiedCode,
        instruction: Instruction,
        run_id: str,
        observer: RunObserver,
        *,
        foretold: Rehearsed | None = None,
        log: Sequence[CallRecord] = (),
        begun: Begun | None = None,
        paused: bool = False,
    ) -> RunResult:
        """Run to the end. Never raises for what happens in the run.

        :param foretold: what the rehearsal showed; approvals show it to the person.
        :param log: the calls of an earlier life, in the order they began: those that ended are not done again.
        :param begun: the call after those, which is not begun again.
        :param paused: begin as one that a person paused.
        :raises ValueError: the code was not verified by this runner's verifier.
        """

    def plain(
        self, code: VerifiedCode, instruction: Instruction, run_id: str, observer: RunObserver, ends: PlainEnds
    ) -> PlainRun | None:
        """Make a plain run of code that is nothing but calls with literals, which commonly end at once.

        Same gate, journal and proof as in ``run``.

        :returns: None where the code is other code, or something is in its way: it is to be run.
        """

    async def cancel(self, run_id: str, reason: str) -> bool:
        """Cancel: the pending call's peer is told and confirms. :returns: whether such a run was active."""

    async def hand_over(self, run_id: str, why: str) -> bool:
        """Let the call under way end, then end the code and take nothing back: other code goes on with the run.

        :returns: whether it did; ``run`` then raises ``CancelledError``. False: the code had come to its end.
        """

    def leave(self, run_id: str) -> bool:
        """Leave a run that only waits, or is paused, as the journal has it. :returns: whether it did nothing else."""

    def pause(self, run_id: str, *, cancel_call: bool) -> None:
        """Pause after the current call, or at once: then it is cancelled, and repeated on resume where idempotent.

        :raises RequestError: no such run is active, or it is paused already.
        """

    def resume(self, run_id: str) -> None:
        """Go on with a run that a person paused.

        :raises RequestError: no such run is paused.
        """

    def resolve(self, run_id: str, call_id: str, resolution: Resolution, comment: str) -> None:
        """Say what became of a call in doubt that the run waits for.

        :raises RequestError: no such call waits.
        """
