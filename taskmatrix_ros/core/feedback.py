"""What a person says of a run."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.outcome import utc_now


class Verdict(StrEnum):
    """Whether the run did what was wanted."""

    GOOD = "good"
    BAD = "bad"


class Feedback(Frozen):
    """A verdict with the person's own words."""

    run_id: str
    verdict: Verdict
    comment: str = ""
    speaker: str = ""
    feedback_id: str = Field(default_factory=new_id)
    at: datetime = Field(default_factory=utc_now)
