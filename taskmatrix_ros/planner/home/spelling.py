"""Mends simple misspellings against the names of a home and the words of its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from typing import Any

from taskmatrix_ros.planner.home.colors import COLORS
from taskmatrix_ros.planner.home.home_index import HomeIndex, singular
from taskmatrix_ros.planner.home.home_nouns import NOUNS
from taskmatrix_ros.planner.home.state_words import STATE_WORDS
from taskmatrix_ros.planner.home.tokens import Tokens, number_in
from taskmatrix_ros.planner.language.spelling import edits

_SLIPS = {"teh": "the", "hte": "the", "wat": "what", "wht": "what", "nad": "and", "adn": "and", "fo": "of", "ot": "to"}
"""Slips in words too short to be mended by likeness."""
_SHORTEST = 4
_LONG = 8
"""From this many letters on, two mistakes are mended."""

_OTHERS = frozenset(
    [
        "the",
        "my",
        "our",
        "your",
        "all",
        "every",
        "each",
        "both",
        "of",
        "in",
        "on",
        "at",
        "to",
        "by",
        "for",
        "and",
        "or",
        "except",
        "but",
        "not",
        "it",
        "them",
        "this",
        "that",
        "these",
        "those",
        "here",
        "room",
        "floor",
        "area",
        "house",
        "home",
        "whole",
        "entire",
        "everything",
        "everywhere",
        "apartment",
        "flat",
        "please",
        "now",
        "percent",
        "degrees",
        "degree",
        "celsius",
        "fahrenheit",
        "kelvin",
        "seconds",
        "minutes",
        "hours",
        "second",
        "minute",
        "hour",
        "half",
        "maximum",
        "minimum",
        "max",
        "min",
        "highest",
        "lowest",
        "low",
        "medium",
        "high",
        "bit",
        "little",
        "slightly",
        "much",
        "more",
        "warm",
        "cool",
        "white",
        "other",
        "rest",
        "apart",
        "from",
        "excluding",
        "besides",
        "single",
        "inside",
        "throughout",
        "across",
        "around",
        "within",
        "upstairs",
        "downstairs",
        "outside",
        "would",
        "could",
        "should",
        "will",
        "there",
        "here",
        "with",
        "without",
        "into",
    ]
)


class Spelling:
    """Knows the words that may be said; another one that is near a single one of these is taken for it."""

    def __init__(self, index: HomeIndex, grammar_words: Set[str]) -> None:
        self._index = index
        nouns = {word for phrase in NOUNS for word in phrase}
        states = {word for phrase in STATE_WORDS for word in phrase}
        self._known = frozenset(
            index.vocabulary | index.hidden_vocabulary | grammar_words | nouns | states | COLORS | _OTHERS
        )
        self._offered = frozenset(
            word for word in self._known - index.hidden_only if len(word) >= _SHORTEST and word.isalpha()
        )
        self._pairs = index.vocabulary | nouns

    def _named(self, word: str) -> tuple[str, ...] | str:
        """Give the devices that a word is part of the name of; the word itself where there are none."""
        return self._index.holding((word,)) or word

    def mended(self, tokens: Tokens) -> Tokens:
        """Give the tokens with misspelt ones replaced, and names that were split put together."""
        joined = self._joined(tokens)
        return tuple(
            replace(token, key=meant) if (meant := self._meant(token.key, quoted=token.quoted)) else token
            for token in joined
        )

    def _joined(self, tokens: Tokens) -> Tokens:
        found = list(tokens)
        at = 0
        while at + 1 < len(found):
            first, second = found[at], found[at + 1]
            whole = first.key + second.key
            unknown = first.key not in self._known or second.key not in self._known or whole in self._pairs
            if unknown and whole in self._pairs and not first.comma and first.key.isalpha() and second.key.isalpha():
                found[at : at + 2] = [replace(second, key=whole, word=first.word)]
            at += 1
        return tuple(found)

    def _meant(self, key: str, *, quoted: bool) -> str | None:
        if not quoted and key in _SLIPS and key not in self._known:
            return _SLIPS[key]
        if quoted or len(key) < _SHORTEST - 1 or not key.isalpha() or number_in(key) is not None:
            return None
        if key in self._known or singular(key) in self._known:
            return None
        for most in (1, 2) if len(key) >= _LONG else (1,):
            near = {word for word in self._offered if _near(key, word, most)}
            if len(near) == 1 or (near and (_is_one(map(singular, near)) or _is_one(map(self._named, near)))):
                return min(near, key=lambda word: (abs(len(word) - len(key)), word))
            if near:
                return None
        return None


def _is_one(values: Iterable[Any]) -> bool:
    return len(set(values)) == 1


def _near(said: str, word: str, most: int) -> bool:
    """Whether a word is at most so many slips away: letters left out, put in, exchanged or swapped with the next."""
    if abs(len(said) - len(word)) > most or said[0] != word[0]:
        return False
    if len(said) < _SHORTEST:
        return len(word) == len(said) + 1 and edits(said, word, 1) <= 1
    if len(said) == _SHORTEST or len(word) == _SHORTEST:
        # Short words are often other words: only swapped letters, or one left out or doubled.
        return sorted(said) == sorted(word) or (abs(len(said) - len(word)) == 1 and edits(said, word, 1) <= 1)
    return edits(said, word, most) <= most
