"""Plans the runs of rules whose action is code; everything else goes to the profile's planner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from taskmatrix_ros.app.rules.rule_code import PLANNER, RuleCode
from taskmatrix_ros.core.action_code import ActionCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import Planner, PlanningContext
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.run import CallRecord

RuleOf = Callable[[str], Rule | None]
"""Gives the rule whose firing has that id."""


class RulePlanner:
    """Implements ``core.ports.Planner``. Code of a rule passes the same verifier, gate and journal as any other."""

    name = PLANNER

    def __init__(self, planner: Planner, code: RuleCode, rule_of: RuleOf) -> None:
        self._planner, self._code, self._rule_of = planner, code, rule_of
        self.needs_selection = planner.needs_selection
        self._codes: dict[str, ActionCode] = {}

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft the steps.

        :raises PlanningError: the rule is gone, or as the profile's planner says.
        """
        if instruction.channel is not Channel.RULE:
            return await self._planner.outline(instruction, context)
        rule = self._rule_of(instruction.request_id)
        if rule is None:
            raise PlanningError("the rule that began this run was deleted; nothing was done", code="RULE_GONE")
        if rule.action.code is None:
            return await self._planner.outline(instruction, context)
        outline = self._code.outline_of(rule)
        self._codes[outline.outline_id] = self._code.code_of(rule.action.code)
        return outline

    async def write_code(
        self, outline: Outline, documents: Sequence[ApiDocument], context: PlanningContext
    ) -> ActionCode:
        """Give the rule's own code, or have it written."""
        code = self._codes.pop(outline.outline_id, None)
        return code or await self._planner.write_code(outline, documents, context)

    async def repair(
        self,
        code: ActionCode,
        diagnostics: Sequence[Diagnostic],
        outline: Outline,
        documents: Sequence[ApiDocument],
        context: PlanningContext,
    ) -> ActionCode | None:
        """Leave a rule's code as it is: a person wrote or confirmed it."""
        if code.planner == self.name:
            return None
        return await self._planner.repair(code, diagnostics, outline, documents, context)

    async def revise(self, outline: Outline, missing: Mapping[str, str], context: PlanningContext) -> Outline | None:
        """Put steps in other words."""
        return await self._planner.revise(outline, missing, context)

    async def replan(
        self, outline: Outline, calls: Sequence[CallRecord], failure: str, context: PlanningContext
    ) -> Outline | None:
        """Plan the rest anew, but never that of a rule's code."""
        if outline.planner == self.name:
            return None
        return await self._planner.replan(outline, calls, failure, context)
