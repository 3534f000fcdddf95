"""One pass over commands: each is understood in the state that those before it leave behind."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from taskmatrix_ros.core.conversation import Turn
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.core.ports import Catalogue, PlanningContext
from taskmatrix_ros.planner.code.code_writer import CodeWriter, WrittenCall, call_source
from taskmatrix_ros.planner.code.goal import goal_of
from taskmatrix_ros.planner.grammar.clause import Clause, segments
from taskmatrix_ros.planner.grammar.clause_reader import ClauseReader, Doing, Scene, UtteranceReader
from taskmatrix_ros.planner.grammar.clause_splitter import ClauseSplitter
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, NOT_NOW, TIMED, UNKNOWN_NAME, Reading, Span
from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.planner.grammar.slot_lists import said
from taskmatrix_ros.planner.grammar.suggestions import Suggestions
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState
from taskmatrix_ros.planner.language.corrected import said_instead
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.words import Word, Words, matched_text, written_name

_SHOWN = 80


@dataclass(frozen=True)
class DraftStep:
    """One command, understood: its words as they are read again, and what its calls do."""

    text: str
    effect: Effect
    targets: tuple[str, ...]
    goal: str | None
    answer: str = ""
    is_aside: bool = False
    """It does nothing by itself: it tells how another step is meant."""
    ends: int = 0
    """How many statements the code has once it is written."""


class Draft:
    """Understands commands one after the other and writes their code. Serves one outline."""

    def __init__(
        self,
        grammar: SentenceGrammar,
        normalizer: Normalizer,
        suggestions: Suggestions,
        catalogue: Catalogue,
        context: PlanningContext,
        *,
        readers: Sequence[ClauseReader] = (),
        utterance_readers: Sequence[UtteranceReader] = (),
        plan: Callable[[str], str] = str,
    ) -> None:
        """:param plan: what ``UtteranceReader.read`` gets."""
        self._grammar = grammar
        self._normalizer = normalizer
        self._suggestions = suggestions
        self._catalogue = catalogue
        self._now = context.now
        self._state = SymbolicState(context.state, context.now)
        self._scene = Scene(
            state=self._state,
            now=context.now,
            area=context.area,
            zone=context.zone,
            rules=context.rules,
            about_rules=_about_rules(context.conversation),
            locale=grammar.locale,
        )
        self._writer = CodeWriter(catalogue, self._state)
        self._readers = tuple(readers)
        self._utterance_readers = tuple(utterance_readers)
        self._plan = plan
        self._answers: list[str] = []
        self._named: dict[str, Words] = {}
        self._earlier: list[Words] = []

    @property
    def code(self) -> CodeWriter:
        """The code of all steps so far."""
        return self._writer

    @property
    def answer(self) -> str:
        """What is answered to the questions so far, a line each."""
        return "\n".join(self._answers)

    def add(self, text: str) -> list[DraftStep]:
        """Understand a text of one or more commands and write their calls.

        :raises PlanningError: nothing fits, several things do, or a value is not allowed; it names the words.
        """
        words = self._normalizer.words(text)
        instead = said_instead(words, self._grammar.phrasebook)
        if instead is not None:
            if not instead:
                raise ClarificationNeeded("What shall be done instead? Say the whole of it once more.")
            text = " ".join(word.raw for word in instead)
        for reader in self._utterance_readers:
            doing = reader.read(text, self._scene, self._plan)
            if doing is not None:
                return [self._done(" ".join(text.split()), doing)]
        clauses = ClauseSplitter(self._grammar, self._normalizer, self._earlier, self._readers).split(text)
        if not clauses:
            raise self._not_understood(self._normalizer.words(text))
        steps = [self._step(clause, after=clauses[at - 1] if at else None) for at, clause in enumerate(clauses)]
        merged = _without_asides(steps)
        if not merged:
            raise self._not_understood(self._normalizer.words(text))
        return merged

    def _done(self, text: str, doing: Doing) -> DraftStep:
        """Write the calls that a reader makes of a text."""
        calls: list[WrittenCall] = []
        for statement in doing.statements:
            calls += self._writer.append(statement, unless_done=doing.unless_done)
        if doing.answer:
            self._answers.append(doing.answer)
        if doing.mentioned:
            self._scene.mentioned.append(doing.mentioned)
        return DraftStep(
            text=text,
            effect=_effect(calls),
            targets=doing.targets,
            is_aside=not (doing.statements or doing.answer),
            answer=doing.answer,
            goal=goal_of(calls[-1].document, calls[-1].arguments, self._now) if calls else None,
            ends=self._writer.length,
        )

    def _step(self, clause: Clause, after: Clause | None) -> DraftStep:
        if clause.meaning is not None:
            self._earlier.append(clause.words)
            return self._done(" ".join(word.raw for word in clause.words), clause.meaning.carry_out(self._scene))
        if not clause.readings or clause.dubious:
            raise self._not_understood(clause.words, hint=_quote_hint(clause, after))
        reading = self._chosen(self._resolved(clause.readings))
        if reading.problem:
            raise self._refused(reading)
        calls: list[WrittenCall] = []
        is_composite = reading.expansion.document is None
        for statement in reading.expansion.statements(reading.arguments):
            calls += self._writer.append(statement, unless_done=is_composite)
        self._remember(reading)
        return DraftStep(
            text=reading.text(),
            effect=_effect(calls),
            targets=_targets(reading, calls),
            goal=goal_of(calls[-1].document, calls[-1].arguments, self._now) if calls else None,
            ends=self._writer.length,
        )

    def _chosen(self, readings: Sequence[Reading]) -> Reading:
        """Take the most literal reading that the state allows.

        Of equals, a composite whose ``when`` holds goes first; other equals are asked about.
        """
        possible = [r for r in readings if r.expansion.when is None or self._state.holds(r.expansion.when, r.arguments)]
        if not possible:
            when = readings[0].expansion.when
            words = _shown(readings[0].words)
            raise PlanningError(f"offline planner: {words} can only be done when {when}", code=NOT_NOW)
        best = min(possible, key=lambda reading: reading.score)
        equals = [r for r in possible if r.score == best.score]
        fitting = sorted((r for r in equals if r.expansion.when), key=lambda r: r.expansion.order)
        if fitting and not best.problem:
            return fitting[0]
        if best.problem:
            return next((r for r in equals if r.expansion.document is not None), best)
        meanings = {id(r.expansion): r for r in reversed(equals)}
        codes = {self._meaning(reading) for reading in meanings.values()}
        if len(codes) > 1:
            labels = " or ".join(sorted({reading.expansion.label for reading in meanings.values()}))
            raise PlanningError(
                f"offline planner: {_shown(best.words)} can mean {labels}; say it in the words of one of them",
                code=AMBIGUOUS,
                nearest=sorted({reading.template.shown() for reading in meanings.values()})[:3],
            )
        # Of one sentence's several cuts, the last preposition leads to where things go:
        # "put the cup on the shelf | on the table".
        return max(equals, key=lambda reading: sum(span.end for span in reading.names[:1]))

    @staticmethod
    def _meaning(reading: Reading) -> str:
        statements = reading.expansion.statements(reading.arguments)
        return "\n".join(call_source(s.api, s.arguments) if s.api else s.source for s in statements)

    def _resolved(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """Read the clause again with names in the place of words that stand for them."""
        for _ in range(3):
            span = next((s for s in readings[0].names if s.slot in readings[0].pronouns), None)
            if span is None:
                break
            words = readings[0].words
            again = self._grammar.read((*words[: span.first], *self._meant(readings[0], span), *words[span.end :]))
            if not again:
                break
            readings = again
        return readings

    def _meant(self, reading: Reading, span: Span) -> Words:
        pronoun = reading.words[span.first]
        if pronoun.key in self._grammar.phrasebook.vague:
            raise self._unclear(pronoun, reading, "say the name of one thing")
        named = self._named.get(span.slot) or self._from_state(reading, span.slot)
        if named is None:
            raise self._unclear(pronoun, reading, "say its name")
        return named

    def _unclear(self, pronoun: Word, reading: Reading, remedy: str) -> PlanningError:
        return PlanningError(
            f"offline planner: what is {pronoun.text!r} in {_shown(reading.words)}? {remedy}",
            code=AMBIGUOUS,
            nearest=(reading.template.shown(),),
        )

    def _from_state(self, reading: Reading, slot: str) -> Words | None:
        """Give the value that the state leaves no choice about: ``put it down`` is about what is held."""
        for document in filter(None, map(self._catalogue.get, reading.expansion.api_names())):
            value = self._state.only_choice(document, slot)
            if value is not None:
                return self._quoted_if_joined(self._normalizer.words(value))
        return None

    def _remember(self, reading: Reading) -> None:
        self._earlier.append(reading.words)
        for span in reading.names:
            begins = span.first
            if begins and self._grammar.phrasebook.is_determiner(reading.words[begins - 1].key):
                begins -= 1
            article = reading.words[begins : span.first]
            self._named[span.slot] = (*article, *self._quoted_if_joined(reading.words[span.first : span.end]))

    def _quoted_if_joined(self, name: Words) -> Words:
        """Keep a name that holds a joint from being cut when it stands elsewhere."""
        if len(segments(name, self._grammar.phrasebook)) < 2:
            return tuple(word.joined() for word in name)
        whole = written_name(name)
        return (Word(whole, f'"{whole}"', quoted=True),)

    def _refused(self, reading: Reading) -> PlanningError:
        remedy = ""
        if reading.code == UNKNOWN_NAME:
            span = next(s for s in reading.names if not reading.template.slots[s.slot].is_open)
            spec = reading.template.slots[span.slot].spec
            names = [said(value) for value in (spec.enum or ())] if spec else []
            near = difflib.get_close_matches(written_name(reading.words[span.first : span.end])[:_SHOWN], names, n=1)
            remedy = f"; did you mean {near[0]!r}?" if near else ""
        return PlanningError(
            f"offline planner: {reading.expansion.label}: {reading.problem}{remedy}",
            code=reading.code,
            nearest=(reading.template.shown(),),
        )

    def _not_understood(self, words: Words, hint: str = "") -> PlanningError:
        nearest = self._suggestions.nearest(words)
        text = matched_text(words).lower()
        if any(pattern.search(text) for pattern in self._grammar.phrasebook.timing):
            return PlanningError(
                f"offline planner: {_shown(words)} holds a time or condition, which is not understood here; "
                "say what to do now",
                code=TIMED,
                nearest=nearest,
            )
        advice = f"; nearest: {nearest[0]}" if nearest else "; there are no sentences in this language"
        return PlanningError(f"offline planner: {_shown(words)} is no sentence it knows{advice}{hint}", nearest=nearest)


def _about_rules(conversation: Sequence[Turn]) -> bool:
    """Whether a rule was spoken of last, or nothing at all."""
    calls = next((turn.calls for turn in reversed(conversation) if turn.calls), ())
    return not calls or any(call.api.startswith("rule_") for call in calls)


def _without_asides(steps: Sequence[DraftStep]) -> list[DraftStep]:
    """Put what is said aside into the text of the step that it goes with: the next one, or the last."""
    merged: list[DraftStep] = []
    aside = ""
    for step in steps:
        if step.is_aside:
            aside += f"{step.text} "
        else:
            merged.append(replace(step, text=aside + step.text))
            aside = ""
    if aside and merged:
        merged[-1] = replace(merged[-1], text=f"{merged[-1].text.rstrip('.')}. {aside.rstrip()}")
    return merged


def _effect(calls: Sequence[WrittenCall]) -> Effect:
    return max((call.document.effect for call in calls), key=lambda effect: effect.rank, default=Effect.READ)


def _shown(words: Words) -> str:
    text = matched_text(words)
    return repr(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")


def _quote_hint(clause: Clause, after: Clause | None) -> str:
    may_be_name = clause.dubious or (after is not None and after.best is not None and after.best.names)
    return "; if it is part of a name, put the name in quotes" if may_be_name else ""


def _targets(reading: Reading, calls: Sequence[WrittenCall]) -> tuple[str, ...]:
    """Give the entities that change, then the names of things and places."""
    entities = [key.rpartition(".")[0] for call in calls for key in sorted(call.touched)]
    names = [
        value
        for slot, value in reading.arguments.items()
        if isinstance(value, str) and reading.template.slots[slot].identifies
    ]
    return tuple(dict.fromkeys([*entities, *names]))
