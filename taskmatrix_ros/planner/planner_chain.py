"""The grammar first; the model for what it does not understand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import ModelUnavailable, PlanningError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Planner, PlanningContext
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.planner.model.model_planner import ModelPlanner


class PlannerChain:
    """Common commands never reach the model, whatever it would say: the grammar answers them, or refuses them.

    An outline goes back to whoever drafted it. One that a person has edited goes to the grammar as long as that reads
    every step.
    """

    needs_selection = True

    def __init__(self, grammar: Planner, model: ModelPlanner, *, ask_model_on: frozenset[str]) -> None:
        """:param ask_model_on: the error codes of the grammar that count as a miss."""
        self._grammar = grammar
        self._model = model
        self._misses = ask_model_on
        self.name = f"{grammar.name}, then {model.name}"

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft by the grammar, on a miss by the model. What comes with pictures is the model's.

        :raises PlanningError: the grammar's where it is no miss; else the model's, with what the grammar found nearest.
        """
        if instruction.images:
            return await self._model.outline(instruction, context)
        try:
            return await self._grammar.outline(instruction, context)
        except PlanningError as missed:
            if missed.error_code not in self._misses:
                raise
            try:
                return await self._model.outline(instruction, context)
            except PlanningError as error:
                raise _with_nearest(error, missed) from error

    async def write_code(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Write by whoever drafted the outline.

        :raises PlanningError: as ``outline``.
        """
        if outline.planner == self._model.name:
            return await self._model.write_code(outline, documents, context)
        try:
            return await self._grammar.write_code(outline, documents, context)
        except PlanningError as missed:
            if missed.error_code not in self._misses:
                raise
            return await self._model.write_code(outline, documents, context)

    async def repair(
        self,
        code: ActionCode,
        diagnostics: Sequence[Diagnostic],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode | None:
        """Repair by whoever wrote the code: what is refused of the grammar's stays refused."""
        return await self._writer(code.planner).repair(code, diagnostics, outline, documents, context)

    async def revise(self, outline: Outline, missing: Mapping[str, str], context: PlanningContext) -> Outline | None:
        """Reword by the model: only its code names what is missing."""
        return await self._model.revise(outline, missing, context)

    async def replan(
        self, outline: Outline, calls: Sequence[CallRecord], failure: str, context: PlanningContext
    ) -> Outline | None:
        """Plan the rest by the model; common commands stay without it also when they fail."""
        planner = self._grammar if outline.planner == self._grammar.name else self._model
        return await planner.replan(outline, calls, failure, context)

    async def phrase(self, asked: str, facts: Sequence[str], context: PlanningContext) -> str | None:
        """Word the answer of a run that the model planned."""
        return await self._model.phrase(asked, facts, context)

    def _writer(self, name: str) -> Planner:
        return self._model if name == self._model.name else self._grammar


def _with_nearest(error: PlanningError, missed: PlanningError) -> PlanningError:
    """Keep the model's error; say what could be said without it."""
    if error.nearest or not missed.nearest:
        return error
    if isinstance(error, ModelUnavailable):
        said = f"{error.message}; without it: {missed.message}"
        return ModelUnavailable(said, code=error.error_code, nearest=missed.nearest)
    return PlanningError(
        error.message,
        code=error.error_code,
        nearest=missed.nearest,
        question=error.question,
        completions=error.completions,
    )
