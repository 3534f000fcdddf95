"""Numbers in words, in any language that Unicode's number rules know."""

from __future__ import annotations

from functools import lru_cache

from hassil.numbers import get_rbnf_engine

from taskmatrix_ros.planner.language.phrasebook import Phrasebook
from taskmatrix_ros.planner.language.words import Word, Words

_LARGEST = 1000
_LONGEST = 7
_RULES = ("spellout-cardinal", "spellout-numbering")


class SpokenNumbers:
    """Turns runs of number words into one number.

    :source: the rule-based number formats of Unicode CLDR, through ``unicode-rbnf``.
    """

    def __init__(self, language: str, phrasebook: Phrasebook) -> None:
        self._values = _spellings(language)
        self._starts = frozenset(spelling[0] for spelling in self._values)
        self._minus = frozenset(phrasebook.minus)
        self._point = frozenset(phrasebook.point)

    def join(self, words: Words) -> Words:
        """Replace ``twenty two`` by ``22``, ``minus four point five`` by ``-4.5``; 0 to 1000 and their fractions."""
        joined: list[Word] = []
        at = 0
        while at < len(words):
            value, end = self._number(words, at)
            if value is None:
                joined.append(words[at])
                at += 1
                continue
            said = words[at:end]
            raw = " ".join(word.raw for word in said)
            joined.append(Word(value, raw, spelled=" ".join(word.text for word in said), stop=said[-1].stop))
            at = end
        return tuple(joined)

    def _number(self, words: Words, at: int) -> tuple[str | None, int]:
        start = at
        sign = ""
        if words[at].key in self._minus and at + 1 < len(words):
            sign, at = "-", at + 1
        if sign and words[at].key.replace(".", "", 1).isdecimal():
            return sign + words[at].key, at + 1
        whole, end = self._cardinal(words, at)
        if whole is None:
            return None, start
        if end < len(words) and words[end].key in self._point and not words[end - 1].stop:
            digits, digits_end = self._digits(words, end + 1)
            if digits:
                return f"{sign}{whole}.{digits}", digits_end
        return f"{sign}{whole}", end

    def _cardinal(self, words: Words, at: int) -> tuple[int | None, int]:
        if words[at].key.split("-")[0] not in self._starts:
            return None, at
        parts: list[str] = []
        found: tuple[int | None, int] = (None, at)
        for end in range(at, min(at + _LONGEST, len(words))):
            if not words[end].key or (end > at and words[end - 1].stop):
                break
            parts.extend(words[end].key.split("-"))
            value = self._values.get(tuple(parts))
            if value is not None:
                found = (value, end + 1)
        return found

    def _digits(self, words: Words, at: int) -> tuple[str, int]:
        digits = ""
        while at < len(words) and len(digits) < 6:
            value = self._values.get((words[at].key,))
            if value is None or value > 9:
                break
            digits += str(value)
            at += 1
            if words[at - 1].stop:
                break
        return digits, at


@lru_cache(maxsize=8)
def _spellings(language: str) -> dict[tuple[str, ...], int]:
    """Every spelling of 0..1000, in words; empty for a language without rules."""
    try:
        engine = get_rbnf_engine(language)
    except ValueError:
        return {}
    spellings: dict[tuple[str, ...], int] = {}
    for number in range(_LARGEST + 1):
        by_rule = engine.format_number(number).text_by_ruleset
        for rule, spelling in by_rule.items():
            if rule.startswith(_RULES):
                words = tuple(spelling.replace("-", " ").split())
                for variant in _variants(words, language):
                    spellings.setdefault(variant, number)
    return spellings


def _variants(words: tuple[str, ...], language: str) -> list[tuple[str, ...]]:
    """Add what English says beside the rules: ``one hundred and five``, ``a hundred``."""
    found = [words]
    if language.split("-", maxsplit=1)[0] != "en" or len(words) < 2:
        return found
    if words[1] == "hundred" and len(words) > 2:
        found.append((*words[:2], "and", *words[2:]))
    if words[0] == "one":
        found += [("a", *variant[1:]) for variant in found]
    return found
