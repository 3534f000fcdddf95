"""Plans the runs of rules whose action is code; everything else goes to the profile's planner."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, Planner, PlanningContext
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.executor.source_map import api_calls, parse_source

RuleOf = Callable[[str], Rule | None]
"""Gives the rule whose firing has that id."""


class RulePlanner:
    """Implements ``core.ports.Planner``. Code of a rule passes the same verifier, gate and journal as any other."""

    name = "rule"

    def __init__(self, planner: Planner, catalogue: Catalogue, rule_of: RuleOf) -> None:
        self._planner, self._catalogue, self._rule_of = planner, catalogue, rule_of
        self.needs_selection = planner.needs_selection
        self._codes: dict[str, ActionCode] = {}

    def code_of(self, source: str) -> ActionCode:
        """Pin a rule's code to the documents as they are now.

        :raises VerificationError: it cannot be parsed.
        """
        pins = tuple(
            DocumentPin(name=document.name, version=document.version, digest=document.digest)
            for document in self._used(source)
        )
        return ActionCode(source=source, documents=pins, planner=self.name)

    def outline_of(self, rule: Rule) -> Outline:
        """Give the steps of a rule's code: a person who saved it asked for each call in it."""
        source = rule.action.code or ""
        steps = tuple(
            OutlineStep(id=str(number), text=document.name.replace("_", " "), effect=document.effect)
            for number, document in enumerate(self._used(source), start=1)
        )
        return Outline(instruction=rule.words, steps=steps, planner=self.name)

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
        outline = self.outline_of(rule)
        self._codes[outline.outline_id] = self.code_of(rule.action.code)
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

    def _used(self, source: str) -> tuple[ApiDocument, ...]:
        try:
            tree: ast.AST = parse_source(source)
        except (SyntaxError, ValueError):
            return ()  # the verifier says where and why
        names = {document.name for document in self._catalogue.documents()}
        used = dict.fromkeys(name for name, _ in api_calls(tree, names))
        return tuple(found for name in used if (found := self._catalogue.get(name)) is not None)
