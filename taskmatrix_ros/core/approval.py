"""What a person is asked while a run goes on, and what they said. No answer means no."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import Field

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Channel
from taskmatrix_ros.core.outcome import utc_now


class ApprovalScope(StrEnum):
    """What a yes covers: one call with these arguments, or the foretold calls of one run."""

    CALL = "call"
    RUN = "run"


class ForetoldCall(Frozen):
    """A call as rehearsed: what a yes to a whole run covers."""

    api: str
    arguments: dict[str, Any]


class ApprovalRequest(Frozen):
    """A call that goes on only after a yes.

    ``reason``: which policy asks. ``diff``: predicted change of the world, state key -> (before, after). ``covers``:
    the calls a yes covers where ``scope`` is the run. ``channel`` and ``speaker``: who asked for the run.
    """

    run_id: str
    call_id: str
    api: str
    arguments: dict[str, Any]
    effect: Effect
    reason: str
    summary: str = ""
    diff: dict[str, tuple[Any, Any]] = Field(default_factory=dict)
    scope: ApprovalScope = ApprovalScope.CALL
    covers: tuple[ForetoldCall, ...] = ()
    channel: Channel
    speaker: str = ""
    expires_at: datetime
    approval_id: str = Field(default_factory=new_id)


class ApprovalAnswer(Frozen):
    """A person's word on a request, and the way it came in."""

    approval_id: str
    approved: bool
    channel: Channel
    comment: str = ""
    at: datetime = Field(default_factory=utc_now)


class Approval(Frozen):
    """A request with its yes: what the Gate checks a call against."""

    request: ApprovalRequest
    answer: ApprovalAnswer


class Question(Frozen):
    """A run waits for these words. ``choices`` empty: free text."""

    run_id: str
    call_id: str
    text: str
    choices: tuple[str, ...] = ()
    expires_at: datetime
    question_id: str = Field(default_factory=new_id)
