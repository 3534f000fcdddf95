"""From a match of hassil's to a reading."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hassil.models import MatchEntity
from hassil.recognize import RecognizeResult

from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, INCOMPLETE, LIMIT, TIMED, UNKNOWN_NAME, Reading, Span
from taskmatrix_ros.planner.grammar.sentence_template import SentenceTemplate
from taskmatrix_ros.planner.grammar.slot_lists import UNIT_PREFIX
from taskmatrix_ros.planner.language.phrasebook import Phrasebook
from taskmatrix_ros.planner.language.words import Words, keys, matched_text, written_name


class Interpretation:
    """Interprets the matches of one clause. ``spelled``: it was matched with its numbers as words.

    ``grounded``: what stands in open slots is read further: it may leave open which of two things is meant.
    """

    def __init__(self, words: Words, phrasebook: Phrasebook, *, spelled: bool = False, grounded: bool = False) -> None:
        self._grounded = grounded
        self._words = words
        self._phrasebook = phrasebook
        self._length = len(matched_text(words))
        self._places: list[tuple[int, int]] = []
        place = 0
        for word in words:
            end = place + len((word.spelled or word.text) if spelled else word.text)
            self._places.append((place, end))
            place = end + 1

    def of(self, template: SentenceTemplate, result: RecognizeResult) -> Reading | None:
        """Give the reading, or None for a match that is no sensible one: a name cut out of a word, or made of two.

        It is ``relaxed`` if a closed slot holds what it may not.
        """
        values: dict[str, Any] = {}
        names: list[Span] = []
        misfit = code = ""
        slot_length = 0
        units = {entity.name: entity.value for entity in result.entities_list if not entity.is_wildcard}
        for entity in result.entities_list:
            if entity.name.startswith(UNIT_PREFIX):
                continue
            slot = template.slots[entity.name]
            if slot.name in values:
                return None
            slot_length += len(entity.text.strip())
            if not entity.is_wildcard:
                values[slot.name] = slot.value_of(entity.value, units.get(UNIT_PREFIX + slot.name, ""))
                continue
            span = self._span(entity)
            if span is None:
                return None
            said = written_name(self._words[span.first : span.end])
            values[slot.name] = slot.value_of(said)
            if slot.is_open:
                names.append(span)
            elif not slot.accepts(said, self._phrasebook):
                names.append(span)
                nothing = all(self._phrasebook.is_determiner(word.key) for word in self._words[span.first : span.end])
                if not misfit:
                    misfit, code = (slot.missing(), INCOMPLETE) if nothing else (slot.misfit(said), UNKNOWN_NAME)
        return self._checked(
            Reading(
                template=template,
                words=self._words,
                arguments=values,
                names=tuple(names),
                open_length=sum(len(matched_text(self._words[span.first : span.end])) for span in names),
                literal_length=self._length - slot_length,
                problem=misfit,
                code=code,
                relaxed=bool(misfit),
                pronouns=frozenset(span.slot for span in names if self._is_pronoun(span)),
            )
        )

    def _span(self, entity: MatchEntity) -> Span | None:
        if entity.text_span is None:
            return None
        begin, end = entity.text_span
        covered = [at for at, (start, stop) in enumerate(self._places) if start < end and stop > begin]
        if not covered:
            return None
        first, last = covered[0], covered[-1]
        cut_first = begin > self._places[first][0] and not self._words[first].quoted
        cut_last = end < self._places[last][1] and not self._words[last].quoted
        if cut_first or cut_last or self._is_person_and_thing(first, last):
            return None
        return Span(entity.name, first, last + 1)

    def _is_person_and_thing(self, first: int, last: int) -> bool:
        """Whether it is ``me the coke``: two things said, and the name of neither."""
        book = self._phrasebook
        return last > first and self._words[first].key in book.vague and book.is_determiner(self._words[first + 1].key)

    def _is_pronoun(self, span: Span) -> bool:
        key = self._words[span.first].key
        standing = self._phrasebook.pronouns | self._phrasebook.vague
        return span.end - span.first == 1 and key in standing

    def _checked(self, reading: Reading) -> Reading:
        if reading.problem:
            return reading
        missing = sorted(reading.expansion.required - set(reading.arguments))
        if missing:
            return replace(reading, problem=reading.template.slots[missing[0]].missing(), code=INCOMPLETE)
        for name, value in reading.arguments.items():
            if problem := reading.template.slots[name].problem(value):
                return replace(reading, problem=problem, code=LIMIT)
        for span in reading.names:
            if not any(word.quoted for word in self._words[span.first : span.end]):
                problem, code = self._no_name(span)
                if problem:
                    return replace(reading, problem=problem, code=code)
        return reading

    def _no_name(self, span: Span) -> tuple[str, str]:
        """Refuse words that no name holds: taken as one, what is done would not be what was asked for."""
        words = self._words[span.first : span.end]
        text = matched_text(words).lower()
        shown = f"{span.slot} {written_name(words)!r}"
        if any(pattern.search(text) for pattern in self._phrasebook.timing):
            return f"{shown} holds a time or condition, which is not understood here; say what to do now", TIMED
        for word, following in () if self._grounded else pairwise(keys(words)):
            if word in self._phrasebook.choice and self._phrasebook.is_determiner(following):
                return f"{shown} names two things; say one, or put it in quotes if it is one name", AMBIGUOUS
        return "", ""
