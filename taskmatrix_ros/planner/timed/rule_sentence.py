"""Takes a timed or conditional command apart: phrases of time, what has to happen, what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.words import Stop, Word, Words, keys, matched_text
from taskmatrix_ros.planner.timed.atoms import Read
from taskmatrix_ros.planner.timed.condition_reader import ConditionReader
from taskmatrix_ros.planner.timed.said_of_it import of_it
from taskmatrix_ros.planner.timed.time_phrase import Ahead, AtClock, AtSun, Delay, EveryMonth, EverySpan, Phrase
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

ALWAYS = ("whenever", "every time", "each time", "any time", "anytime", "always when", "always if")
FIRST = ("the next time", "next time", "once", "as soon as", "the moment")
IF = ("if", "only if", "but only if", "in case", "provided that", "provided", "and if", "but if")
WHEN = ("when", "if", "only when", "only if", "but only if", "but only when", "in case", "provided that", "provided")
WHILE = ("while", "as long as", "and if", "but if")
UNLESS = ("unless", "except when", "except if", "but not if", "but not when")
AFTER = ("after",)
_ALL = sorted((*ALWAYS, *FIRST, *WHEN, *WHILE, *UNLESS, *AFTER), key=lambda line: -len(line.split()))


MOMENTS = (Delay, AtClock, AtSun, Ahead, EverySpan, EveryMonth)
"""Phrases that begin something; others say on which days, or for how long."""


@dataclass(frozen=True, slots=True)
class Clause:
    """``when …``: the word it begins with, and what it says. ``words``: as it was said, without the conjunction."""

    conjunction: str
    read: Read
    words: Words


@dataclass(frozen=True)
class Sentence:
    """A command taken apart. ``phrases``: of time, outside of clauses; ``action``: what is left."""

    action: Words
    phrases: tuple[Phrase, ...] = ()
    clauses: tuple[Clause, ...] = ()
    trailing: bool = field(default=False, compare=False)
    """Something was said behind the action, which may belong to a part of it only."""
    leading: bool = field(default=False, compare=False)
    """A moment, or something that happens, was said before the action."""
    led: bool = field(default=False, compare=False)
    """Something of time or a condition was said before the action: nothing of it is for now."""
    behind: tuple[Phrase, ...] = field(default=(), compare=False)
    """Those of ``phrases`` that were said behind the action."""

    @property
    def is_plain(self) -> bool:
        """Whether it says nothing of time."""
        return not self.phrases and not self.clauses


class SentenceCutter:
    """Gives the ways to take an utterance apart, the likeliest first. Serves one utterance."""

    def __init__(self, conditions: ConditionReader) -> None:
        self._conditions = conditions
        self.problem: PlanningError | None = None
        """Why a clause was not understood: what the person is told if nothing else fits."""

    def cuts(self, words: Words) -> Iterator[Sentence]:
        """Give the ways in which something is left to be done."""
        for sentence in self._from_the_left(words):
            if sentence.action:
                yield sentence

    def _from_the_left(self, words: Words) -> Iterator[Sentence]:
        phrases, at = TimePhrases(keys(words)).leading()
        while at < len(words) and keys(words)[at] in ("then", "please"):
            at += 1
        if phrases and at < len(words):
            for sentence in self._from_a_clause(words[at:]):
                begun = sentence.leading or any(isinstance(phrase, MOMENTS) for phrase in phrases)
                yield replace(sentence, phrases=(*phrases, *sentence.phrases), leading=begun, led=True)
        yield from self._from_a_clause(words)

    def _from_a_clause(self, words: Words) -> Iterator[Sentence]:
        words = _as_if(words)
        delays, conjunction, begins = _opening(words)
        if conjunction:
            for at in _ends(words, begins):
                if words[at].key in ("and", "or"):
                    continue  # that goes on with the clause
                clause = self._clause(conjunction, words[begins:at], words[at:])
                if clause is None:
                    continue
                rest = words[at:]
                while rest and rest[0].key in ("then", "please"):
                    rest = rest[1:]
                for sentence in self._from_the_right(rest):
                    yield replace(
                        sentence,
                        clauses=(clause, *sentence.clauses),
                        phrases=(*delays, *sentence.phrases),
                        leading=True,
                        led=True,
                    )
            return
        yield from self._from_the_right(words)

    def _from_the_right(self, words: Words) -> Iterator[Sentence]:
        """Clauses behind the action, then phrases; the clause that begins first holds all the rest."""
        for at in range(1, len(words)):
            conjunction, begins = _conjunction(words, at)
            if not conjunction or begins >= len(words):
                continue
            if conjunction in AFTER and TimePhrases(["at", *keys(words[begins:])]).whole():
                continue  # "after sunset" is a phrase
            delays, ends = _delay_before(words, at) if conjunction in AFTER else ((), at)
            clause = self._clause(conjunction, words[begins:], words[:ends])
            if clause is not None:
                for sentence in self._from_the_right(words[:ends]):
                    clauses, said_then = (*sentence.clauses, clause), (*sentence.phrases, *delays)
                    yield replace(sentence, clauses=clauses, phrases=said_then, trailing=True)
        phrases, cut = TimePhrases(keys(words)).trailing()
        if phrases:
            yield Sentence(action=words[:cut], phrases=phrases, behind=phrases, trailing=True)
        yield Sentence(action=words)
        yield from self._from_the_middle(words)

    @staticmethod
    def _from_the_middle(words: Words) -> Iterator[Sentence]:
        """``wake me at 7 with soft music``."""
        said = keys(words)
        finder = TimePhrases(said)
        for at in range(1, len(words) - 1):
            if words[at - 1].stop is not Stop.NONE or said[at - 1] in ("and", "then"):
                continue  # that begins another command
            phrases, end = finder.run(at)
            if said[end : end + 1] == ("and",) and said[end + 1 : end + 2] and said[end + 1] in ENGLISH.verbs:
                continue  # "close the door in ten minutes and turn off the light": the time is that of the first
            if phrases and end < len(words):
                behind_another = not {"and", "then"}.isdisjoint(said[:at])
                yield Sentence(action=(*words[:at], *words[end:]), phrases=phrases, trailing=behind_another)

    def _clause(self, conjunction: str, words: Words, action: Words) -> Clause | None:
        """:param action: what stands beside it, which ``it`` may mean."""
        said = keys(words)
        if not said:
            return None
        if (own := self._of_it(conjunction, words, action)) is not None:
            return own
        try:
            read = self._conditions.read(said, every_time=conjunction in ALWAYS)
        except PlanningError as error:
            self.problem = self.problem or error
            return None
        return None if read is None else Clause(conjunction, read, words)

    def _of_it(self, conjunction: str, words: Words, action: Words) -> Clause | None:
        """``if it's open`` after ``close the garage door``; None where ``it`` is the weather, the time, a rule."""
        found = of_it(keys(words))
        asks = conjunction in IF or conjunction in UNLESS
        if found is None or not (asks or conjunction in WHEN):
            return None
        text, denied = found
        if denied and conjunction in UNLESS:
            return None
        _, begins = TimePhrases(keys(action)).leading()
        _, cut = TimePhrases(keys(action)).trailing()
        command = matched_text(action[begins:cut])
        read = self._conditions.read_of_it(text, command) if asks else self._conditions.warmth_of_it(text, command)
        return None if read is None else Clause(UNLESS[0] if denied else conjunction, read, words)


def _as_if(words: Words) -> Words:
    """``should the bedroom get colder than 16`` -> ``if the bedroom gets colder than 16``."""
    at = next((at for at, word in enumerate(words) if word.key in _THIRD_PERSON), 0)
    if not at or words[0].key != "should":
        return words
    verb = _THIRD_PERSON[words[at].key]
    return (Word("if", "if"), *words[1:at], replace(words[at], text=verb, raw=verb), *words[at + 1 :])


_THIRD_PERSON = {
    **{verb: f"{verb}s" for verb in ("get", "drop", "rise", "fall", "sink", "open", "close", "turn", "start", "stop")},
    "go": "goes",
    "be": "is",
    "reach": "reaches",
    "exceed": "exceeds",
    "come": "comes",
}


def _opening(words: Words) -> tuple[tuple[Phrase, ...], str, int]:
    """Read the conjunction that an utterance begins with: ``when``, ``two minutes after``.

    :returns: the delay that was said with it, the conjunction, empty where there is none, and the place behind it.
    """
    if keys(words[:1]) in (("and",), ("but",)) and _conjunction(words, 1)[0]:
        return (), *_conjunction(words, 1)  # "ten minutes before I leave, and only if it's cold, …"
    span = TimeScanner(keys(words)).duration(0)
    if span is not None and span[1] < len(words) and words[span[1]].key in AFTER:
        return (Delay(span[0]),), AFTER[0], span[1] + 1
    return (), *_conjunction(words, 0)


def _delay_before(words: Words, at: int) -> tuple[tuple[Phrase, ...], int]:
    """Read the delay that stands before a place, and where it begins: ``turn it off two minutes | after …``."""
    scan = TimeScanner(keys(words))
    for begins in range(1, at):
        span = scan.duration(begins)
        if span is not None and span[1] == at:
            return (Delay(span[0]),), begins
    return (), at


def is_led(words: Words) -> bool:
    """Whether an utterance begins with a time or a condition."""
    return bool(TimePhrases(keys(words)).leading()[0] or _opening(_as_if(words))[1])


def ends_with_a_clause(words: Words) -> int:
    """Give the place of a condition within an utterance, in small letters as no name has it; 0 where there is none."""
    said = keys(words)
    for at in range(1, len(words)):
        conjunction, begins = _conjunction(words, at)
        asks = conjunction in ALWAYS or conjunction in WHEN or conjunction in UNLESS
        if asks and words[at].raw.islower() and said[begins : begins + 1] not in ((), ("you",), ("possible",)):
            return at
    return 0


def _conjunction(words: Words, at: int) -> tuple[str, int]:
    """Give the conjunction at a place, and the place behind it; empty where none is."""
    said = keys(words)
    for phrase in _ALL:
        parts = tuple(phrase.split())
        if said[at : at + len(parts)] == parts:
            return phrase, at + len(parts)
    return "", at


def _ends(words: Words, begins: int) -> Iterator[int]:
    """Where a clause at the beginning may end: at a comma or ``then``, else anywhere, the longest clause first."""
    places = range(begins + 1, len(words))
    marked = [at for at in places if words[at - 1].stop is not Stop.NONE or words[at].key == "then"]
    yield from marked
    yield from (at for at in reversed(places) if at not in marked)
