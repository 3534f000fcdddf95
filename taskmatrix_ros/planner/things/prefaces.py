"""What is said beside a request and tells why it is made: ``I'm allergic to nuts``."""

from __future__ import annotations

from collections.abc import Set

from taskmatrix_ros.planner.grammar.clause import Segment, segments
from taskmatrix_ros.planner.language.phrasebook import Phrasebook, phrases, starts_with
from taskmatrix_ros.planner.language.words import Words, keys
from taskmatrix_ros.planner.things.leaning import Leaning
from taskmatrix_ros.planner.things.lexicon import Lexicon


class Prefaces:
    """Tells statements from requests, and reads what they say about what would be welcome."""

    def __init__(self, phrasebook: Phrasebook, lexicon: Lexicon, openings: Set[str] = frozenset()) -> None:
        """:param openings: words that commands begin with."""
        self._openings = openings
        self._book = phrasebook
        self._lexicon = lexicon

    def split(self, words: Words) -> tuple[tuple[Words, ...], Words]:
        """Cut off the statements that an utterance begins with. :returns: them, and the rest."""
        because = self._reason(keys(words))
        if because:
            return (words[because:],), words[:because]
        cuts = segments(words, self._book)
        stated: list[Words] = []
        at = 0
        while at < len(cuts):
            part = words[cuts[at].first : cuts[at].end]
            command = self._book.command_behind_statement(keys(part), self._openings)
            if command and self.is_statement(part[:command]):
                return (*stated, part[:command]), words[cuts[at].first + command :]
            goes_on = bool(stated) and at + 1 < len(cuts) and self._is_rest_of_list(part)
            if not (goes_on or self.is_statement(part)):
                break
            stated.append(part)
            at += 1
        rest = words[cuts[at].first :] if at < len(cuts) else ()
        if not stated:
            return self._said_because(words, cuts)
        return tuple(stated), rest

    def _reason(self, said: tuple[str, ...]) -> int:
        """Give where the reason behind a command begins; 0 for none."""
        for at in range(2, len(said)):
            if said[at] in self._book.reason_words and any(
                starts_with(said, phrase, at) for phrase in self._book.reasons
            ):
                return at
        return 0

    def _is_rest_of_list(self, words: Words) -> bool:
        """Whether it goes on with what a statement lists: ``I left out a coke, an apple, and water``."""
        said = keys(words)
        is_name = len(said) == 1 or said[0] in self._book.determiners or self._book.verbs.isdisjoint(said)
        return len(said) <= _LISTED and is_name

    def is_statement(self, words: Words) -> bool:
        """Whether it tells something and asks for nothing."""
        said = keys(words)
        if said[:1] in (("leave",), ("keep",)) and any(said[-len(end) :] == end for end in _UNTOUCHED):
            return True
        if len(said) < 2 or not self._book.may_tell(said):
            return False
        if any(starts_with(said, phrase) for phrase in self._book.openers):
            return False
        if self._book.command_behind_statement(said, self._openings):
            return False
        wish = next((phrase for phrase in self._book.wishes if starts_with(said, phrase)), None)
        if wish is not None:
            # "I need to wake up" is no wish for a thing, but tells of one.
            return said[len(wish) : len(wish) + 1] == ("to",) and self._tells(said)
        return said[0] not in self._book.determiners or not self._book.copulas.isdisjoint(said)

    def _tells(self, said: tuple[str, ...]) -> bool:
        return any(_has(said, phrase) for situation in self._lexicon.situations for phrase in situation.said)

    def leaning(self, statements: tuple[Words, ...]) -> Leaning:
        """Read what statements say about what would be welcome."""
        leaning = Leaning()
        for words in statements:
            leaning = leaning.joined(self._of(words))
        return leaning

    def wish(self, statements: tuple[Words, ...]) -> str:
        """Give the kind of thing that statements alone ask for; empty for none."""
        for words in statements:
            said = keys(words)
            for situation in self._lexicon.situations:
                if situation.wants and any(_has(said, phrase) for phrase in situation.said):
                    return situation.wants
        return ""

    def _said_because(self, words: Words, cuts: tuple[Segment, ...]) -> tuple[tuple[Words, ...], Words]:
        """Cut off a reason behind the request: ``bring me a drink, I'm thirsty``."""
        if len(cuts) > 1:
            last = words[cuts[-1].first : cuts[-1].end]
            if self.is_statement(last):
                return (last,), words[: cuts[-2].end]
        return (), words

    def _of(self, words: Words) -> Leaning:
        said = keys(words)
        for phrase in self._lexicon.dislikes:
            if (at := _find(said, phrase)) >= 0:
                return Leaning(without=_things(said[at + len(phrase) :]))
        prefers: list[str] = []
        for phrase in self._lexicon.likes:
            if (at := _find(said, phrase)) >= 0:
                rest = said[at + len(phrase) :]
                is_at = next((i for i, word in enumerate(rest) if word in self._book.copulas), -1)
                prefers += [" ".join(thing) for thing in _things(rest[is_at + 1 :])]
        for situation in self._lexicon.situations:
            if any(_has(said, phrase) for phrase in situation.said):
                prefers += situation.prefers
        return Leaning(prefers=tuple(prefers), wants=self.wish((words,)), traits=self._happened(said))

    def _happened(self, said: tuple[str, ...]) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Read what a thing is like since something was done to it: ``I opened a sprite earlier``."""
        for at, word in enumerate(said):
            trait = self._lexicon.canonical(word)
            if word != trait and word.endswith("ed") and trait == "open":
                named = tuple(w for w in said[at + 1 :] if w not in self._book.determiners and w not in _WHEN)
                return ((named, trait),) if named else ()
        return ()


_UNTOUCHED = phrases("alone", "where it is", "where they are", "as it is", "as they are", "untouched", "in place")
"""How what shall stay as it is ends: it asks for nothing."""

_LISTED = 3
"""Words of a part of a list, at most."""

_WHEN = frozenset({"earlier", "before", "already", "just", "yesterday", "today", "now", "ago"})


def _things(said: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Cut ``apples and a banana`` in two, without articles."""
    parts: list[list[str]] = [[]]
    for word in said:
        if word in ("and", "or", ","):
            parts.append([])
        elif word not in (
            "the",
            "a",
            "an",
            "any",
            "some",
            "to",
            "my",
            "is",
            "are",
            "eating",
            "drinking",
            "eat",
            "drink",
        ):
            parts[-1].append(word)
    return tuple(tuple(part) for part in parts if part)


def _find(said: tuple[str, ...], phrase: tuple[str, ...]) -> int:
    return next((at for at in range(len(said)) if said[at : at + len(phrase)] == phrase), -1)


def _has(said: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return _find(said, phrase) >= 0
