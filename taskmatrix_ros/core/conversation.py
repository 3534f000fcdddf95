"""What was said before."""

from __future__ import annotations

from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.core.frozen import Frozen

ASKED = "asked"
"""The status of a turn that ended in a question: the next instruction answers it."""


class Exchange(Frozen):
    """What a person was asked about an instruction before anything was done, and what they said."""

    question: str
    answer: str


class Turn(Frozen):
    """One earlier instruction of a conversation and what became of it, in one line each.

    ``said``: the person's words, answers included. ``calls``: what was foretold, or done. ``undone``: those of the
    steps that a correction or a cancel kept from being done. ``others``: what devices and services wrote into it.
    """

    said: str
    steps: tuple[str, ...] = ()
    status: str = ""
    answered: str = ""
    calls: tuple[ForetoldCall, ...] = ()
    undone: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def went_well(self) -> bool:
        """Whether nothing in it is a failure, which others may have worded, or a plan that was refused."""
        return self.status in ("succeeded", "unconfirmed", "cancelled", "dry_run", ASKED, "")
