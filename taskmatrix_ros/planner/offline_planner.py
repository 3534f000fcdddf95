"""The planner that needs no model: sentences of the catalogue's documents and composites."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from taskmatrix_ros.core.action_code import ActionCode, StepLines
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.catalogue_views import that_speak
from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.instruction import MAX_TEXT, Instruction
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Catalogue, PlanningContext
from taskmatrix_ros.core.run import CallRecord
from taskmatrix_ros.planner.draft import Draft, DraftStep
from taskmatrix_ros.planner.grammar.clause_reader import ClauseReader, UtteranceReader
from taskmatrix_ros.planner.grammar.expansion import Expansion
from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.planner.grammar.suggestions import Suggestions
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.things.reading_grounder import names_things
from taskmatrix_ros.planner.things.robot_map import RobotMap
from taskmatrix_ros.planner.things.robot_reader import RobotReader
from taskmatrix_ros.planner.things.robot_wishes import RobotWishes

MAX_STEPS = 50

ANSWERED = "ANSWERED"
"""An outline that holds only questions has no code."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Language:
    grammar: SentenceGrammar
    normalizer: Normalizer
    suggestions: Suggestions
    readers: tuple[ClauseReader, ...] = ()
    utterance_readers: tuple[UtteranceReader, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """An outline, its code and its answer, of one reading. ``code`` is None where there is nothing to do."""

    outline: Outline
    code: ActionCode | None
    answer: str


class OfflinePlanner:
    """Understands what its readers do, and the sentences that the catalogue's documents and composites bring along,
    joined or alone.

    Both methods read text: ``write_code`` looks at nothing of a step but its words, so an edited outline is honoured.
    The grammar is built at the first use after a change of the catalogue. Work is bounded: 4,000 characters, 200
    words, 12 commands.
    """

    name = "offline"
    needs_selection = False

    def __init__(
        self,
        catalogue: Catalogue,
        readers: Sequence[ClauseReader] = (),
        utterance_readers: Sequence[UtteranceReader] = (),
        robot_map: Callable[[], RobotMap] | None = None,
        *,
        side_by_side: bool = False,
    ) -> None:
        """:param readers: asked for each clause, in their order, before the sentences; the list may still grow.

        :param utterance_readers: asked for the whole text first.
        :param robot_map: gives what the robot knows of things and places. With one, names in its sentences are those
            of the map; without one they are taken as they come.
        :param side_by_side: have devices that share nothing commanded at once, so that one that fails stops no other.
        """
        self._robot_map = robot_map
        self._side_by_side = side_by_side
        self._catalogue = catalogue
        self._readers = readers
        self._utterance_readers = tuple(utterance_readers)
        self._languages: dict[str, _Language] = {}

    async def outline(self, instruction: Instruction, context: PlanningContext) -> Outline:
        """Draft one step per command, in the words that ``write_code`` will read again.

        :raises PlanningError: ``NOT_UNDERSTOOD`` with the nearest sentences, ``UNKNOWN_NAME`` or ``LIMIT`` for a value
            that is not allowed, ``INCOMPLETE`` for one that is missing, ``AMBIGUOUS`` where several things fit or a
            pronoun has no meaning, ``TIMED`` for a time or condition, ``NOT_NOW`` where the state forbids the
            only meaning, ``TOO_LONG``, ``LOCALE``.
        """
        return self.plan(instruction, context).outline

    def plan(self, instruction: Instruction, context: PlanningContext) -> Planned:
        """Give outline, code and answer in one pass.

        :raises PlanningError: as ``outline``.
        """
        locale = self._locale(instruction.locale)
        draft = self._draft(locale, context)
        drafted = draft.add(instruction.text)
        steps = _steps(drafted)
        outline = Outline(instruction=instruction.text, steps=steps, planner=self.name, locale=locale)
        ends = [(str(number), step.ends) for number, step in enumerate(drafted, start=1)]
        code = self._code(draft, ends) if draft.code.source else None
        return Planned(outline=outline, code=code, answer=draft.answer)

    async def write_code(
        self,
        outline: Outline,
        documents: Sequence[ApiDocument],  # noqa: ARG002 - the catalogue is known whole
        context: PlanningContext,
    ) -> ActionCode:
        """Write one call per line for the steps in their order, with the earlier calls that order rules ask for.

        :raises PlanningError: as ``outline``; also for an outline without steps.
        """
        if not outline.steps:
            raise PlanningError("offline planner: the outline has no steps; add one or ask anew")
        if len(outline.steps) > MAX_STEPS:
            raise PlanningError(
                f"offline planner: the outline has {len(outline.steps)} steps; at most {MAX_STEPS} are read",
                code="TOO_LONG",
            )
        draft = self._draft(self._locale(outline.locale), context)
        ends: list[tuple[str, int]] = []
        for step in outline.steps:
            if len(step.text) > MAX_TEXT:
                raise PlanningError(
                    f"offline planner: step {step.id} has {len(step.text)} characters; at most {MAX_TEXT} are read",
                    code="TOO_LONG",
                )
            draft.add(step.text)
            ends.append((step.id, draft.code.length))
        if not draft.code.source:
            raise PlanningError(
                f"there is nothing to do: {draft.answer or 'the outline asks for nothing'}", code=ANSWERED
            )
        return self._code(draft, ends)

    def _code(self, draft: Draft, ends: Sequence[tuple[str, int]]) -> ActionCode:
        """:param ends: of each step, how many statements are written once it is."""
        source = draft.code.side_by_side if self._side_by_side else draft.code.source
        places = draft.code.lines(side_by_side=self._side_by_side)
        steps: list[StepLines] = []
        begin = 0
        for step, end in ends:
            own = places[begin:end]
            steps.append(StepLines(step=step, first=own[0][0], last=own[-1][1]) if own else StepLines(step=step))
            begin = max(begin, end)
        return ActionCode(source=source, documents=draft.code.pins, planner=self.name, steps=tuple(steps))

    async def repair(
        self,
        code: ActionCode,  # noqa: ARG002 - what sentences mean does not change by asking again
        diagnostics: Sequence[Diagnostic],  # noqa: ARG002
        outline: Outline,  # noqa: ARG002
        documents: Sequence[ApiDocument],  # noqa: ARG002
        context: PlanningContext,  # noqa: ARG002
    ) -> ActionCode | None:
        """Give None: the same sentences would give the same code."""
        return None

    async def revise(
        self,
        outline: Outline,  # noqa: ARG002
        missing: Mapping[str, str],  # noqa: ARG002
        context: PlanningContext,  # noqa: ARG002
    ) -> Outline | None:
        """Give None: it knows no other words."""
        return None

    async def replan(
        self,
        outline: Outline,  # noqa: ARG002
        calls: Sequence[CallRecord],  # noqa: ARG002
        failure: str,  # noqa: ARG002
        context: PlanningContext,  # noqa: ARG002
    ) -> Outline | None:
        """Give None: it knows no other way."""
        return None

    def problems(self, locale: str = "en") -> tuple[Diagnostic, ...]:
        """Report the catalogue's sentences that cannot be used, each with its API and what to mend."""
        return self._language(self._locale(locale)).grammar.problems

    def _draft(self, locale: str, context: PlanningContext, *, whole: bool = True) -> Draft:
        """:param whole: ask the readers of whole utterances; not for the action inside one."""

        def plan(text: str) -> str:
            draft = self._draft(locale, replace(context, state={}), whole=False)
            draft.add(text)
            return draft.code.source

        language = self._language(locale)
        in_english = locale.lower().split("-")[0] == "en"
        return Draft(
            language.grammar,
            language.normalizer,
            language.suggestions,
            self._catalogue,
            context,
            readers=(*(self._readers if in_english else ()), *language.readers),
            utterance_readers=(*(self._utterance_readers if in_english else ()), *language.utterance_readers)
            if whole
            else (),
            plan=plan,
        )

    def _locale(self, wanted: str) -> str:
        """Choose among the languages that sentences are in: the very one, else its language without region."""
        documents = that_speak(self._catalogue.documents())
        known = {locale.lower(): locale for document in documents for locale in document.sentences}
        known |= {
            locale.lower(): locale for composite in self._catalogue.composites() for locale in composite.sentences
        }
        if self._readers:
            known.setdefault("en", "en")
        tag = wanted.strip().replace("_", "-").lower() or "en"
        locale = known.get(tag) or known.get(tag.split("-")[0])
        if locale is None:
            there = ", ".join(sorted(known.values())) or "none"
            raise PlanningError(
                f"offline planner: no sentences in {wanted[:40]!r}; there are {there}; ask in one of them",
                code="LOCALE",
            )
        return locale

    def _language(self, locale: str) -> _Language:
        language = self._languages.get(locale)
        if language is None or language.grammar.revision != self._catalogue.revision:
            grammar = SentenceGrammar(self._catalogue, locale, select=self._takes_any_name)
            for problem in grammar.problems:
                _log.warning("sentence left out: %s", problem)
            normalizer, suggestions = Normalizer(grammar.phrasebook, locale), Suggestions(grammar)
            language = _Language(grammar, normalizer, suggestions)
            if self._robot_map is not None:
                robot = RobotReader(self._catalogue, self._robot_map, locale)
                language = replace(language, readers=(robot,), utterance_readers=(RobotWishes(robot),))
            self._languages[locale] = language
        return language

    def _takes_any_name(self, expansion: Expansion) -> bool:
        """Whether its sentences are read without a map."""
        return not expansion.known_names if self._robot_map is None else not names_things(expansion)


def _steps(drafted: Sequence[DraftStep]) -> tuple[OutlineStep, ...]:
    return tuple(
        OutlineStep(
            id=str(number),
            text=step.text,
            needs=(str(number - 1),) if number > 1 else (),
            effect=step.effect,
            targets=step.targets,
            goal=step.goal,
            answer=step.answer,
        )
        for number, step in enumerate(drafted, start=1)
    )
