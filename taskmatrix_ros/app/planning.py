"""From an instruction to code that was verified and rehearsed: what the planner gets wrong goes back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from taskmatrix_ros.app.parts import Parts
from taskmatrix_ros.app.run_view import RunView
from taskmatrix_ros.core.action_code import ActionCode, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.errors import ConfigError, MissingApi, PlanningError, RequestError, VerificationError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outline import Outline
from taskmatrix_ros.core.ports import PlanningContext, RunResult
from taskmatrix_ros.core.run import RunStatus, Stage
from taskmatrix_ros.executor.faithfulness import UNASKED
from taskmatrix_ros.executor.goal_proof import final_goals

MAX_TURNS = 20
_LOOKED_AT = 200
"""Runs that are searched for earlier turns of a conversation."""

_MAY_GO_ON = frozenset({RunStatus.FAILED, RunStatus.UNAVAILABLE})
_FINAL = frozenset({"BUDGET", "CONFIG", "IN_DOUBT", "INTERNAL", "PROGRAM"})
"""Ends that no other plan makes good; where it is not known what was done, a person has to look first."""

_log = logging.getLogger(__name__)

Step = Callable[..., None]
"""``step(view, stage, **changes)`` journals the run's new state."""


class Planning:
    """Asks the planner; shows and journals each step of it. Lives in the loop's thread."""

    def __init__(self, parts: Parts, step: Step) -> None:
        self._parts = parts
        self._step = step

    def context(self, view: RunView) -> PlanningContext:
        """Give what may be known now."""
        return PlanningContext(
            state=self._parts.state.known(),
            now=self._parts.clock.now(),
            zone=self._parts.zone,
            rules=self._parts.rules_of(view.episode.instruction.conversation_id),
            area=view.episode.instruction.area,
            task=view.episode.run_id,
            conversation=self._conversation(view),
            on_outline=lambda outline: self._show(view, outline),
        )

    async def outline(self, view: RunView, context: PlanningContext) -> Outline:
        """Draft the outline, or take the one that the instruction names.

        :raises PlanningError: it cannot be understood, or nothing fits.
        """
        asked = view.episode.instruction
        if asked.outline_id:
            outline = self._kept(asked)
        else:
            try:
                outline = await self._parts.planner.outline(asked, context)
            except BaseException:
                # What was shown of it on the way is no outline.
                view.show(view.episode.model_copy(update={"outline": None}))
                raise
        self._step(view, Stage.SELECTING, outline=outline)
        return outline

    def _kept(self, asked: Instruction) -> Outline:
        if self._parts.outlines is None:
            raise PlanningError("no outlines are kept here; give the instruction itself", code="UNKNOWN_OUTLINE")
        try:
            return self._parts.outlines.to_run(asked.outline_id, asked.parameters)
        except RequestError as error:
            raise PlanningError(error.message, code=error.error_code) from error

    async def code(self, view: RunView, outline: Outline, context: PlanningContext, *, after: str = "") -> VerifiedCode:
        """Write code for an outline and have it verified and rehearsed; findings go back, ``max_repairs`` times.

        :param after: id of the last call that was made, where calls were: until it may run, the new code does not
            replace the old one in the journal, from which a restart goes on.
        :returns: the code; the episode holds it with what the rehearsal foretold.
        :raises PlanningError: no document fits a step, also in other words.
        :raises VerificationError: the planner cannot repair it, or did so too often.
        """
        parts = self._parts
        outline, documents, code = await self._written(view, outline, context, began=bool(after))
        view.repairs = 0
        while True:
            self._step(view, Stage.VERIFYING, **({} if after else {"code": code}))
            try:
                verified = await self._checked(view, outline, code, after)
            except VerificationError as error:
                view.diagnostics = error.diagnostics
                if view.repairs == parts.max_repairs:
                    raise
                self._step(view, Stage.CODING)
                mended = await parts.planner.repair(code, error.diagnostics, outline, documents, context)
                if mended is None:
                    raise
                code = mended
                view.repairs += 1
                continue
            view.diagnostics = ()
            return verified

    async def other_way(self, view: RunView, result: RunResult) -> VerifiedCode | None:
        """Plan what is left anew after a call failed, ``max_replans`` times.

        :returns: None: the run is not one to go on with, or there is no other way.
        """
        parts, episode = self._parts, view.episode
        may = result.status in _MAY_GO_ON and result.error_code not in _FINAL and view.replans < parts.max_replans
        if not may or episode.outline is None or not view.records:
            return None
        view.replans += 1
        view.plans_anew = True
        last = max(record.call.call_id for record in (*episode.calls, *view.records))
        try:
            context = self.context(view)
            outline = await parts.planner.replan(episode.outline, view.records, result.summary, context)
            return None if outline is None else await self.code(view, outline, context, after=last)
        except (ConfigError, PlanningError, VerificationError) as error:
            _log.warning("run %s: no other way was found: %s", episode.run_id, error.message)
            return None
        finally:
            view.plans_anew = False

    async def _written(
        self, view: RunView, outline: Outline, context: PlanningContext, *, began: bool
    ) -> tuple[Outline, Sequence[ApiDocument], ActionCode]:
        """Write code; where a step fits no document, once more for the outline in other words."""
        planner = self._parts.planner
        documents = await self._selected(view, outline)
        self._step(view, Stage.CODING)
        try:
            return outline, documents, await planner.write_code(outline, documents, context)
        except MissingApi as error:
            revised = await planner.revise(outline, error.missing, context)
            if revised is None:
                raise
        self._step(view, Stage.SELECTING, **({} if began else {"outline": revised}))
        documents = await self._selected(view, revised)
        self._step(view, Stage.CODING)
        return revised, documents, await planner.write_code(revised, documents, context)

    async def _selected(self, view: RunView, outline: Outline) -> tuple[ApiDocument, ...]:
        if not self._parts.planner.needs_selection:
            return ()
        return tuple(await self._parts.selector.select(view.episode.instruction, outline))

    async def _checked(self, view: RunView, outline: Outline, code: ActionCode, after: str) -> VerifiedCode:
        parts, asked = self._parts, view.episode.instruction
        rights = parts.policy.rights(asked.channel, asked.speaker)
        verified = await parts.verifier.verify(code, rights=rights, outline=outline)
        if code.prompt_hash and (unasked := [found for found in verified.warnings if found.code == UNASKED]):
            # A warning of code that our grammar wrote; a model may have been talked into it by what it read.
            raise VerificationError(unasked)
        known, now = parts.state.known(), parts.clock.now()
        rehearsed = await parts.rehearsal.rehearse(verified, known, now)
        goals = final_goals(outline, rehearsed, known, now)
        changes = {"outline": outline, "code": code, "rehearsed": rehearsed, "goals": goals, "replanned_after": after}
        self._step(view, Stage.REHEARSING, **changes)
        return verified

    def _show(self, view: RunView, outline: Outline) -> None:
        """Show an outline that is not finished: to whoever follows, not to the journal."""
        if view.stage is Stage.OUTLINING:
            view.show(view.episode.model_copy(update={"outline": outline}))

    def _conversation(self, view: RunView) -> tuple[Turn, ...]:
        """Give the earlier turns, oldest first: the journal keeps them over a restart."""
        episode = view.episode
        conversation = episode.instruction.conversation_id
        if not conversation:
            return ()
        earlier = self._parts.journal.runs(limit=_LOOKED_AT, before=episode.run_id)
        turns = [
            Turn(
                said=run.instruction.text,
                steps=tuple(step.text for step in run.outline.steps) if run.outline else (),
                status=run.status.value,
                answered=run.summary,
            )
            for run in earlier
            if run.instruction.conversation_id == conversation
        ]
        return tuple(reversed(turns[:MAX_TURNS]))


def refusal(view: RunView, error: VerificationError) -> str:
    """Say why code was refused, and how often it was mended in vain."""
    if not view.repairs:
        return error.message
    times = "once" if view.repairs == 1 else f"{view.repairs} times"
    return f"the code was repaired {times} and is still refused: {error.message}"
