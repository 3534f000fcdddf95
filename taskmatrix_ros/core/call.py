"""One call of an API, as data, before it happens."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id


class SourcePosition(Frozen):
    """Where in the action code the call stands; both count from 1."""

    line: int = 0
    column: int = 0


class Call(Frozen):
    """An API name with arguments, bounded by ``deadline_s`` in seconds of steady time.

    ``sequence``: which call of the code it is, from 1; each ``attempt`` at it, from 1, is a call of its own.
    """

    run_id: str
    api: str
    arguments: dict[str, Any]
    deadline_s: float
    sequence: int = 0
    attempt: int = 1
    position: SourcePosition = SourcePosition()
    call_id: str = Field(default_factory=new_id)

    def __str__(self) -> str:
        """Give the call as it reads in code."""
        return f"{self.api}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"
