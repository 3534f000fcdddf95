"""A run as it stands this moment: what feedback, the command line and events show of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.outcome import Confirmation, Outcome, Status
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import ProgressReport
from taskmatrix_ros.core.run import CallRecord, Episode, RunStatus, Stage


@dataclass(slots=True)
class CallView:
    """One call of the run, running or ended."""

    call: Call
    completion: float | None = None
    message: str = ""
    outcome: Outcome | None = None


class Follower(Protocol):
    """Told of one run what matters to whoever began it."""

    def began(self, call: Call) -> None:
        """A call goes out."""

    def ended(self, episode: Episode) -> None:
        """The run has ended."""


class RunView:
    """The latest of one run. Implements ``core.run_ports.RunObserver``.

    ``on_change`` is told after every change, up to its end.
    """

    why = ""
    """What the run waits for, or who holds it."""
    follower: Follower | None = None
    stage = Stage.OUTLINING
    diagnostics: tuple[Diagnostic, ...] = ()
    repairs = 0
    """How often the code was written anew from findings."""
    replans = 0
    """How often the rest was planned anew after a failed call."""
    amended: Outline | None = None
    """The outline as a person changed it while it is being done; taken up at the edge of the next call."""
    plans_anew = False
    """Whether that is being done now: no code runs meanwhile."""
    _records: tuple[CallRecord, ...] | None = None

    def __init__(
        self, episode: Episode, on_status: Callable[[RunView, RunStatus], None] = lambda _view, _status: None
    ) -> None:
        """:param on_status: told the status the runner gives it, to write it down."""
        self.episode = episode
        self._on_status = on_status
        self.calls: dict[str, CallView] = {}
        self.agreed: list[str] = []
        """Steps that the person did not ask for, and said yes to."""
        self.left_out: list[str] = []
        """Steps that the person did not ask for, and that were left out."""
        self.done_steps: set[tuple[str, str]] = set()
        """Id and words of the steps that were done before the rest was planned anew."""
        self._listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Tell ``listener`` after every change. :returns: the way to end it."""
        self._listeners.append(listener)

        def undo() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return undo

    def show(self, episode: Episode, stage: Stage | None = None) -> None:
        """Take the episode's new state, and the stage it entered."""
        self.episode = episode
        self.stage = stage or self.stage
        self._changed()
        if episode.status.ended:
            if self.follower is not None:
                self.follower.ended(episode)
            self.follower = None
            self._listeners.clear()  # there is no more to hear, and they hold on to it as it does to them

    @property
    def planned_calls(self) -> int:
        """How many calls the rehearsal foretold; 0 while it is unknown."""
        rehearsed = self.episode.rehearsed
        return len(rehearsed.calls) if rehearsed else 0

    @property
    def completion(self) -> float | None:
        """Share of the planned calls that is done, 0..1; None while nothing is planned."""
        if not self.planned_calls:
            return None
        done = sum(1.0 if view.outcome else view.completion or 0.0 for view in self.calls.values())
        return min(1.0, done / self.planned_calls)

    @property
    def records(self) -> tuple[CallRecord, ...]:
        """The calls so far, in order."""
        if self._records is None:
            self._records = tuple(CallRecord(call=view.call, outcome=view.outcome) for view in self.calls.values())
        return self._records

    @property
    def message(self) -> str:
        """What is going on, in one line."""
        if self.why:
            return f"{self.episode.status.value}: {self.why}"
        for view in reversed(self.calls.values()):
            if view.outcome is None:
                return f"{view.call}: {view.message}" if view.message else str(view.call)
            return f"{view.call}: {_ended(view.outcome)}"
        return self.stage.value

    def take_records(self, records: tuple[CallRecord, ...]) -> None:
        """Take the calls so far, which somebody has put together already."""
        self._records = records

    def status_changed(self, status: RunStatus, why: str) -> None:
        """The run waits, is held, or goes on."""
        self.why = why
        self._on_status(self, status)

    def call_began(self, call: Call) -> None:
        """A call goes out."""
        self.calls[call.call_id] = CallView(call)
        self._records = None
        if self.follower is not None:
            self.follower.began(call)
        self._changed()

    def call_progressed(self, call: Call, report: ProgressReport) -> None:
        """The called party reported."""
        view = self.calls.get(call.call_id)
        if view is None or view.outcome is not None:
            return
        view.completion = report.completion
        view.message = report.message
        self._changed()

    def call_ended(self, call: Call, outcome: Outcome) -> None:
        """A call ended; one that was refused never began."""
        view = self.calls.setdefault(call.call_id, CallView(call))
        view.outcome = outcome
        self._records = None
        self._changed()

    def _changed(self) -> None:
        if self._listeners:
            for listener in tuple(self._listeners):
                listener()


def _ended(outcome: Outcome) -> str:
    if outcome.error is not None:
        return f"{outcome.status.value}: {outcome.error.message}"
    if outcome.status is Status.SUCCEEDED and outcome.confirmation is not Confirmation.NONE:
        return f"{outcome.status.value}, {outcome.confirmation.value}"
    return outcome.status.value
