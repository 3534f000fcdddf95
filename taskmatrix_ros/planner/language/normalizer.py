"""From what was typed or said to words that sentences are matched against."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from taskmatrix_ros.planner.language.phrasebook import Phrasebook, starts_with
from taskmatrix_ros.planner.language.spoken_numbers import SpokenNumbers
from taskmatrix_ros.planner.language.words import Words, keys, split_words

_ASKING = frozenset({"you", "ya", "please", "pls", "plz", "can", "could", "would", "will", "kindly"})
"""Politeness that makes a request of a question."""


class Normalizer:
    """Splits words, joins number words, takes politeness off. Pure; names in quotes are left as they are."""

    def __init__(self, phrasebook: Phrasebook, locale: str) -> None:
        self._phrasebook = phrasebook
        self._numbers = SpokenNumbers(locale, phrasebook)
        self._units = frozenset(words[0] for words, _ in phrasebook.units if len(words) == 1)

    def words(self, text: str) -> Words:
        """Give the words of a text, number words joined, nothing taken off."""
        return self._numbers.join(split_words(text, self._units, self._phrasebook.abbreviations))

    def trimmed(self, words: Words, verbs: Collection[str]) -> Words:
        """Take off what is said around a command; nothing may be left.

        :param verbs: words that sentences begin with, to find ``turn`` in ``would you mind turning``.
        """
        inner = self._without_closers(self._without_openers(words, verbs))
        if len(inner) == len(words) or not (inner and inner[-1].asked):
            return inner
        # "lights off, would you?" asks somebody to do it, not whether it is so.
        around = {*keys(words)} - {*keys(inner)}
        return inner if _ASKING.isdisjoint(around) else tuple(replace(word, asked=False) for word in inner)

    def without_weak_closer(self, words: Words) -> Words:
        """Take off ``now``, ``for me`` and the like, unless they are written as part of a name."""
        shorter = words
        while True:
            phrase = next((p for p in self._phrasebook.weak_closers if _ends_with(shorter, p)), None)
            if phrase is None or len(phrase) >= len(shorter):
                return shorter
            if any(word.text[:1].isupper() for word in shorter[-len(phrase) :]):
                return shorter
            shorter = self._without_closers(shorter[: -len(phrase)])

    def _without_openers(self, words: Words, verbs: Collection[str]) -> Words:
        at = 0
        said = keys(words)
        while at < len(words):
            phrase = next((p for p in self._phrasebook.gerund_openers if starts_with(said, p, at)), None)
            if phrase is not None:
                at += len(phrase)
                return self._with_base_form(words[at:], verbs)
            phrase = next((p for p in self._phrasebook.openers if starts_with(said, p, at)), None)
            if phrase is None or (len(phrase) == 1 and said[at] in verbs and not words[at].stop):
                break
            at += len(phrase)
        return words[at:]

    def _without_closers(self, words: Words) -> Words:
        while True:
            phrase = next((p for p in self._phrasebook.closers if _ends_with(words, p)), None)
            if phrase is None:
                return words
            words = words[: -len(phrase)]

    @staticmethod
    def _with_base_form(words: Words, verbs: Collection[str]) -> Words:
        if not words or not words[0].key.endswith("ing"):
            return words
        stem = words[0].key[:-3]
        forms = (stem, f"{stem}e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem)
        base = next((form for form in forms if form in verbs), None)
        return words if base is None else (replace(words[0], text=base, raw=base), *words[1:])


def _ends_with(words: Words, phrase: tuple[str, ...]) -> bool:
    return keys(words[-len(phrase) :]) == phrase
