"""How a command of an outage drill ended."""

from __future__ import annotations

from dataclasses import dataclass

from taskmatrix_ros.core.outcome import Outcome, Status

MAY_END = {
    Status.SUCCEEDED: "succeeded",
    Status.FAILED: "failed",
    Status.UNAVAILABLE: "failed",
    Status.EXPIRED: "expired",
}
"""How a command may end, and what that is called where all is summed up: what was not sent has failed, with a reason.

``in_doubt`` would leave a person to find out, and is counted apart.
"""


@dataclass(frozen=True)
class EndedCommand:
    """One command: what it was, when its call was made, from which its age counts, and how it ended.

    Moments are seconds of steady time. ``sent``: how many calls it came to, those that did not go out too.
    """

    number: int
    kind: str
    asked_at_s: float
    ended_at_s: float
    outcome: Outcome | None
    sent: int = 1
