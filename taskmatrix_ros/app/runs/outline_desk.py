"""Where a person changes an outline, and runs it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from taskmatrix_ros.core.errors import PlanningError, RequestError
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.outline_edits import (
    as_template,
    filled,
    free_id,
    moved,
    spoken_step,
    with_step,
    with_words,
    without_step,
)
from taskmatrix_ros.core.ports import Planner, PlanningContext


class Outlines(Protocol):
    """Where outlines are kept."""

    def save(self, outline: Outline) -> None:
        """Write one; it has committed when this returns."""

    def get(self, key: str) -> Outline | None:
        """Give one by its id, a template also by its name."""


class Operation(StrEnum):
    """What is done to an outline: names and order of ``taskmatrix_interfaces/srv/EditOutline``."""

    REPLACE = "replace"
    INSERT = "insert"
    DELETE = "delete"
    MOVE = "move"
    SAVE_TEMPLATE = "save_template"


class OutlineDesk:
    """Lives in the loop's thread."""

    def __init__(
        self,
        outlines: Outlines,
        grammar: Planner,
        context: Callable[[], PlanningContext],
        busy: Callable[[str], bool],
        amend: Callable[[Outline], None],
    ) -> None:
        """:param grammar: tells what a person's words would do, where it understands them.

        :param context: what may be known now.
        :param busy: whether a run does an outline right now; ``amend`` has it go on with the outline as it was changed.
        """
        self._outlines = outlines
        self._grammar = grammar
        self._context = context
        self._busy = busy
        self._amend = amend

    def get(self, key: str) -> Outline:
        """Give an outline by its id, a template also by its name.

        :raises RequestError: there is none.
        """
        outline = self._outlines.get(key)
        if outline is None:
            said = f"outline {key[:60]!r} is unknown; plan with outline_only, or take that of an earlier run"
            raise RequestError(said, code="UNKNOWN_OUTLINE")
        return outline

    def to_run(self, key: str, values: Mapping[str, str]) -> Outline:
        """Give an outline to run, a template with its parameters filled in.

        :raises RequestError: there is none, or the parameters are not its own.
        """
        outline = self.get(key)
        made = filled(outline, values)
        return made.model_copy(update={"outline_id": new_id(), "is_template": False, "name": ""}) if values else made

    async def edit(
        self,
        key: str,
        operation: Operation,
        *,
        step_id: str = "",
        before: str = "",
        text: str = "",
        name: str = "",
        parameters: Sequence[str] = (),
    ) -> Outline:
        """Change an outline and keep it; a run that does it goes on with what is then left.

        :param step_id: of the step to change; for ``insert`` the one to stand before, empty: at the end.
        :param before: of the step to move before; empty: to the end.
        :returns: the outline as it is now; a template has an id of its own.
        :raises RequestError: no such outline or step, or a run that does it cannot take the change right now.
        """
        outline = self.get(key)
        if operation is Operation.INSERT:
            changed = with_step(outline, await self._step(outline, free_id(outline), text), before=step_id)
        elif operation is Operation.REPLACE:
            changed = with_words(outline, await self._step(outline, step_id, text))
        elif operation is Operation.DELETE:
            changed = without_step(outline, step_id)
        elif operation is Operation.MOVE:
            changed = moved(outline, step_id, before=before)
        else:
            changed = as_template(outline, name, parameters, new_id())
        if self._busy(outline.outline_id) and operation is not Operation.SAVE_TEMPLATE:
            self._amend(changed)
        self._outlines.save(changed)
        return changed

    async def _step(self, outline: Outline, step_id: str, text: str) -> OutlineStep:
        step = spoken_step(step_id, text)
        try:
            drafted = await self._grammar.outline(Instruction(text=step.text, locale=outline.locale), self._context())
        except PlanningError:
            return step
        if len(drafted.steps) != 1:
            return step
        return drafted.steps[0].model_copy(update={"id": step_id, "text": step.text, "needs": ()})
