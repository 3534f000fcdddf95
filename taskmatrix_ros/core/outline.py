"""What will be done, in steps that a person can read and edit before any code is written."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import Field

from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id


class OutlineStep(Frozen):
    """One step in plain words.

    ``needs`` names steps before it, ``goal`` is CEL over state that holds when it is done; ``answer``: what is answered
    at once to a question, with no call.
    """

    id: str
    text: str
    needs: tuple[str, ...] = ()
    effect: Effect = Effect.READ
    targets: tuple[str, ...] = ()
    goal: str | None = None
    answer: str = ""


class Outline(Frozen):
    """The steps of one instruction, in order. A template has a name, and steps with ``{parameter}`` in them."""

    instruction: str
    steps: tuple[OutlineStep, ...]
    planner: str
    locale: str = "en"
    outline_id: str = Field(default_factory=new_id)
    is_template: bool = False
    name: str = ""
    parameters: tuple[str, ...] = ()
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def answer(self) -> str:
        """What is answered to the questions in it, a line each."""
        return "\n".join(step.answer for step in self.steps if step.answer)

    @property
    def is_answered(self) -> bool:
        """Whether it holds nothing but questions, all of them answered."""
        return bool(self.steps) and all(step.answer for step in self.steps)
