"""From an instruction to code that was verified and rehearsed: what the planner gets wrong goes back to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from taskmatrix_ros.app.runs.amendment import check_not_done, rest_of
from taskmatrix_ros.app.runs.ask_back import MAX_QUESTIONS, AskBack, choices_of, question_of
from taskmatrix_ros.app.runs.conversations import Conversations
from taskmatrix_ros.app.runs.grounding import Doubt, check_words, doubts, words_of
from taskmatrix_ros.app.runs.parts import Parts
from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.action_code import ActionCode, VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.conversation import ASKED, Turn
from taskmatrix_ros.core.errors import ConfigError, MissingApi, PlanningError, RequestError, VerificationError
from taskmatrix_ros.core.event_bus import Event
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import NOT_SEEN
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.outline_edits import without_step
from taskmatrix_ros.core.picture import picture_problem
from taskmatrix_ros.core.ports import PlanningContext
from taskmatrix_ros.core.run import RunStatus, Stage
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.running.goal_proof import final_goals
from taskmatrix_ros.executor.verification.faithfulness import UNASKED

ALL, NO_MORE = "do all of it", "only what I said"
YES, NO = "yes", "no"

_MAY_GO_ON = frozenset({RunStatus.FAILED, RunStatus.UNAVAILABLE})
_FINAL = frozenset({"BUDGET", "CONFIG", "IN_DOUBT", "INTERNAL", NOT_SEEN, "PROGRAM"})
"""Ends that no other plan makes good; where it is not known what was done, a person has to look first."""

_log = logging.getLogger(__name__)

Step = Callable[..., None]
"""``step(view, stage, **changes)`` journals the run's new state."""


class Planning:
    """Asks the planner; shows and journals each step of it. Lives in the loop's thread."""

    def __init__(self, parts: Parts, step: Step) -> None:
        self._parts = parts
        self._step = step
        self._ask = AskBack(parts.questions, parts.policy, parts.clock)
        self._conversations = Conversations(parts.journal, parts.state, parts.clock)

    def context(self, view: RunView) -> PlanningContext:
        """Give what may be known now."""
        return PlanningContext(
            state=self._parts.state.known(),
            now=self._parts.clock.now(),
            zone=self._parts.zone,
            rules=self._parts.rules_of(view.episode.instruction.conversation_id),
            area=view.episode.instruction.area,
            task=view.episode.run_id,
            conversation=self._conversations.turns_before(view.episode),
            preferences=self._parts.preferences.of(view.episode.instruction.speaker) if self._parts.preferences else (),
            on_outline=lambda outline: self._show(view, outline),
        )

    async def outline(self, view: RunView, context: PlanningContext) -> Outline:
        """Draft the outline, or take the one that the instruction names.

        :raises PlanningError: it cannot be understood, or nothing fits.
        """
        asked = view.episode.instruction
        _check_pictures(asked)
        if asked.outline_id:
            outline = self._kept(asked)
            view.agreed.extend(words_of(outline))
        else:
            try:
                outline = await self._grounded(view, await self._drafted(view, context), context)
            except BaseException as error:
                # What was shown of it on the way is no outline.
                view.show(view.episode.model_copy(update={"outline": None}))
                if isinstance(error, PlanningError):
                    whole = OutlineStep(id="1", text=asked.text)
                    drafted = Outline(instruction=asked.text, steps=(whole,), planner="")
                    self._report_missing(view, self._parts.selector.missing(drafted))
                raise
        self._step(view, Stage.SELECTING, outline=outline)
        return outline

    async def _drafted(self, view: RunView, context: PlanningContext) -> Outline:
        """Draft; where several things fit, or something is missing, ask and draft with the answer."""
        asked = said = view.episode.instruction
        for left in reversed(range(MAX_QUESTIONS + 1)):
            try:
                outline = await self._parts.planner.outline(said, context)
            except PlanningError as error:
                question = question_of(error)
                if not question or not left or not self._ask.may_ask(view):
                    raise
                answer = await self._ask.ask(view, question, choices_of(error))
                if answer is None:
                    raise
                if answer in error.completions:
                    said = asked.model_copy(update={"text": error.completions[answer]})
                    continue
                turn = Turn(said=said.text, answered=question, status=ASKED)
                context = replace(context, conversation=(*context.conversation, turn))
                said = asked.model_copy(update={"text": answer})
                continue
            words = [asked.text, *(exchange.answer for exchange in view.episode.clarified)]
            return outline.model_copy(update={"instruction": ": ".join(words)})
        raise AssertionError("unreachable")

    async def _grounded(self, view: RunView, outline: Outline, context: PlanningContext) -> Outline:
        """Keep of a model's steps those that the person asked for, and those that the person agrees to.

        :raises PlanningError: ``UNASKED``: no other is left.
        """
        doubtful = doubts(outline, view.episode, context, view.agreed) if context.heard else ()
        if not doubtful:
            return outline
        kept = outline
        for doubt in doubtful:
            kept = without_step(kept, doubt.step.id)
        shown = "; ".join(f"'{doubt.step.text}' ({doubt.why})" for doubt in doubtful)
        _log.warning("run %s: steps that the person did not ask for: %s", view.episode.run_id, shown)
        if await self._agreed(view, doubtful, any_kept=bool(kept.steps)):
            view.agreed.extend(words_of(outline))
            return outline
        if not kept.steps:
            said = f"nothing was done: you did not ask for {shown}; say it yourself if you want it"
            raise PlanningError(said, code="UNASKED")
        view.left_out.extend(doubt.step.text for doubt in doubtful)
        return kept.model_copy(update={"planner": outline.planner})

    async def _agreed(self, view: RunView, doubtful: Sequence[Doubt], *, any_kept: bool) -> bool:
        if not self._ask.may_ask(view):
            return False
        steps = "; ".join(f"'{doubt.step.text}'" for doubt in doubtful)
        question = f"The plan holds what you did not say: {steps}. It may come from what devices or messages say."
        yes, no = (ALL, NO_MORE) if any_kept else (YES, NO)
        return await self._ask.ask(view, f"{question} Do it too?", (no, yes)) == yes

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
                verified = await self._checked(view, outline, code, context, after)
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

    async def amended(self, view: RunView) -> VerifiedCode | None:
        """Plan what is left of an outline that was changed meanwhile. :returns: None: it is done.

        :raises PlanningError: it cannot be planned; ``VerificationError``: its code is refused.
        """
        outline = view.amended
        assert outline is not None
        parts = self._parts
        view.agreed.extend(words_of(outline))
        rest = rest_of(outline, view, parts.state.known(), parts.clock.now())
        if not rest.steps:
            view.amended = None
            wanted = {step.goal for step in outline.steps}
            goals = tuple(goal for goal in view.episode.goals if goal in wanted)
            self._step(view, Stage.RUNNING, status=RunStatus.RUNNING, outline=outline, goals=goals)
            return None
        made = tuple({record.call.call_id: record for record in (*view.episode.calls, *view.records)}.values())
        last = max((record.call.call_id for record in made), default="") or new_id()
        foretold, since = view.episode.rehearsed, view.episode.replanned_after
        view.plans_anew = True
        try:
            verified = await self.code(view, rest, self.context(view), after=last)
            check_not_done(made, since, foretold, view.episode.rehearsed, verified.documents)
            return verified
        finally:
            view.plans_anew = False
            view.amended = None  # until now the journal had no code for the run, from here on it has the new one

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
            if outline is None:
                return None
            view.agreed.extend(words_of(episode.outline))
            outline = await self._grounded(view, outline, context)
            return await self.code(view, outline, context, after=last)
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
                self._report_missing(view, error.missing)
                raise
            revised = await self._grounded(view, revised, context)
        self._step(view, Stage.SELECTING, **({} if began else {"outline": revised}))
        documents = await self._selected(view, revised)
        self._step(view, Stage.CODING)
        try:
            return revised, documents, await planner.write_code(revised, documents, context)
        except MissingApi as error:
            self._report_missing(view, error.missing)
            raise

    async def _selected(self, view: RunView, outline: Outline) -> tuple[ApiDocument, ...]:
        parts = self._parts
        if not parts.planner.needs_selection:
            return ()
        return tuple(await parts.selector.select(view.episode.instruction, outline))

    def _report_missing(self, view: RunView, missing: Mapping[str, str]) -> None:
        """Tell developers, by an event, what people want that no API does."""
        if not missing:
            return
        data = {"instruction": view.episode.instruction.text, "steps": list(missing.values())}
        self._parts.events.publish(Event(kind="api_missing", run_id=view.episode.run_id, data=data))

    async def _checked(
        self, view: RunView, outline: Outline, code: ActionCode, context: PlanningContext, after: str
    ) -> VerifiedCode:
        parts, asked = self._parts, view.episode.instruction
        rights = parts.policy.rights(asked.channel, asked.speaker)
        verified = await parts.verifier.verify(code, rights=rights, outline=outline)
        if code.prompt_hash:
            # A warning of code that our grammar wrote; a model may have been talked into it by what it read.
            unasked = [found for found in verified.warnings if found.code == UNASKED]
            unasked += check_words(code, verified.documents, outline, view.episode, context, view.agreed)
            if unasked:
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


def _check_pictures(asked: Instruction) -> None:
    for number, image in enumerate(asked.images, start=1):
        if problem := picture_problem(image.format, image.data):
            raise PlanningError(f"picture {number}: {problem}", code="PICTURE")


def refusal(view: RunView, error: VerificationError) -> str:
    """Say why code was refused, and how often it was mended in vain."""
    if not view.repairs:
        return error.message
    times = "once" if view.repairs == 1 else f"{view.repairs} times"
    return f"the code was repaired {times} and is still refused: {error.message}"
