"""A run: one instruction from its outline to its end, and the states it may pass through."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.conversation import Exchange
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, utc_now
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.plain_enum import PlainEnum


class RunStatus(PlainEnum):
    """Where a run is; the names of ``taskmatrix_interfaces/msg/Run``."""

    PLANNING = "planning"
    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"
    DRY_RUN = "dry_run"

    @property
    def ended(self) -> bool:
        """Whether nothing can follow."""
        return not TRANSITIONS[self]


_ENDS = frozenset(
    {
        RunStatus.SUCCEEDED,
        RunStatus.UNCONFIRMED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
        RunStatus.UNAVAILABLE,
    }
)

_HELD = frozenset({RunStatus.PAUSED, RunStatus.SUSPENDED})

TRANSITIONS: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PLANNING: frozenset(
        {
            RunStatus.WAITING,
            RunStatus.RUNNING,
            RunStatus.SUCCEEDED,
            RunStatus.REFUSED,
            RunStatus.DRY_RUN,
            RunStatus.FAILED,
            RunStatus.CANCELLED,
            RunStatus.UNAVAILABLE,
        }
    ),
    RunStatus.WAITING: _ENDS | _HELD | {RunStatus.RUNNING, RunStatus.REFUSED, RunStatus.STOPPING},
    RunStatus.RUNNING: _ENDS | _HELD | {RunStatus.WAITING, RunStatus.STOPPING},
    **{held: _ENDS | (_HELD - {held}) | {RunStatus.RUNNING, RunStatus.WAITING, RunStatus.STOPPING} for held in _HELD},
    RunStatus.STOPPING: frozenset({RunStatus.CANCELLED, RunStatus.FAILED}),
    **{end: frozenset() for end in _ENDS | {RunStatus.REFUSED, RunStatus.DRY_RUN}},
}
"""Where each state may go; a change that is not here is a fault in the program, never a wish of the user."""


class Stage(PlainEnum):
    """What is being done for a run right now: the flow of DESIGN section 1."""

    OUTLINING = "outlining"
    SELECTING = "selecting"
    CODING = "coding"
    VERIFYING = "verifying"
    REHEARSING = "rehearsing"
    APPROVING = "approving"
    RUNNING = "running"
    PROVING = "proving"


class Alternative(Frozen):
    """Another way it may go. ``assumed``: which results or errors lead there, one line each.

    ``ends_with``: the error that the code does not handle there, empty where it comes to its end.
    """

    assumed: tuple[str, ...]
    calls: tuple[Call, ...] = ()
    diff: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    ends_with: str = ""
    duration_s: float | None = None


class Rehearsed(Frozen):
    """What a rehearsal in the symbolic world foretells.

    ``calls``, ``diff`` and ``unknown`` are of the main path, on which calls end well; ``diff``: state key -> (before,
    after); ``unknown``: what could not be predicted, one line each. ``duration_s``: sum of the documents' typical times
    on the longest path, None where one has none. ``alternatives``: paths that differ in what they do, of ``paths`` that
    were explored; ``bounded``: there are more.
    """

    calls: tuple[Call, ...] = ()
    diff: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    risks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    duration_s: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    paths: int = 1
    bounded: bool = False


class CallRecord(Frozen):
    """A call and, once it has ended, its outcome. ``sent`` is false while it waits for a person's yes."""

    call: Call
    outcome: Outcome | None = None
    sent: bool = True

    @staticmethod
    def of(call: Call, outcome: Outcome) -> CallRecord:
        """Give a call that has ended, at less cost than the constructor."""
        return _RECORD.but(call=call, outcome=outcome)


_RECORD = CallRecord(call=Call(run_id="", api="", arguments={}, deadline_s=0.0))


class Episode(Frozen):
    """Everything a run was: what the journal keeps and what feedback is about."""

    instruction: Instruction
    status: RunStatus
    outline: Outline | None = None
    code: ActionCode | None = None
    rehearsed: Rehearsed | None = None
    goals: tuple[str, ...] = ()
    """What should hold at the end, as CEL over ``state``."""
    calls: tuple[CallRecord, ...] = ()
    clarified: tuple[Exchange, ...] = ()
    """What was asked back before it was planned."""
    replanned_after: str = ""
    """Id of the last call before the rest was planned anew; ``code`` made those after it. Empty: it made all."""
    summary: str = ""
    error_code: str = ""
    nearest: tuple[str, ...] = ()
    run_id: str = Field(default_factory=new_id)
    created_at: datetime = Field(default_factory=utc_now)
    ended_at: datetime | None = None

    @staticmethod
    def begun(instruction: Instruction, outline: Outline, code: ActionCode) -> Episode:
        """Give a run that is running from its first moment on: what the constructor gives, in a third of the time."""
        return _BEGUN.but(instruction=instruction, outline=outline, code=code, run_id=new_id(), created_at=utc_now())

    @property
    def calls_of_code(self) -> tuple[CallRecord, ...]:
        """The calls that ``code`` made: all, or those since the rest was planned anew."""
        return tuple(record for record in self.calls if record.call.call_id > self.replanned_after)


_BEGUN = Episode(instruction=Instruction(text="none"), status=RunStatus.RUNNING)
