"""What was said before."""

from __future__ import annotations

from taskmatrix_ros.core.frozen import Frozen


class Turn(Frozen):
    """One earlier instruction of a conversation and what became of it, in one line each."""

    said: str
    steps: tuple[str, ...] = ()
    status: str = ""
    answered: str = ""
