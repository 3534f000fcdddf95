"""How a call ended, and what the world says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.plain_enum import PlainEnum


class Status(PlainEnum):
    """How a call ended."""

    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"
    EXPIRED = "expired"
    IN_DOUBT = "in_doubt"


PARTIAL = "PARTIAL"
"""Error code of a call on several things of which some were done. Its value is ``{"done": […], "failed": {…}}``."""


NOT_SEEN = "NOT_SEEN"
"""Error code of a call whose answer was lost and which the world, once it could be asked again, does not show."""


class Confirmation(PlainEnum):
    """What a source other than the call's own reply shows; ``none`` where the document asks for no read-back."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    CONTRADICTED = "contradicted"
    NONE = "none"


class ErrorReport(Frozen):
    """Why it did not work: a code of the document's ``errors`` or of ``core.errors``, and one line."""

    code: str
    message: str


def utc_now() -> datetime:
    """Wall time, aware, UTC."""
    return datetime.now(UTC)


class Outcome(Frozen):
    """The end of a call. ``evidence``: one line for each thing that was read back."""

    call_id: str
    status: Status
    confirmation: Confirmation = Confirmation.NONE
    value: Any = None
    error: ErrorReport | None = None
    started_at: datetime = Field(default_factory=utc_now)
    ended_at: datetime = Field(default_factory=utc_now)
    evidence: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the called party says it worked and nothing contradicts it."""
        return self.status is Status.SUCCEEDED and self.confirmation is not Confirmation.CONTRADICTED
