"""What a language knows of things: wider words, traits, purposes, what moves people to ask. Data of ``lexicons/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Words that tell why one asks.

    ``wants``: what is asked for if nothing else is; ``prefers``: traits that decide among what fits.
    """

    said: tuple[tuple[str, ...], ...]
    wants: str = ""
    prefers: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Lexicon:
    """Words of one language, singular, lower case. An empty one knows names only."""

    same: Mapping[str, str]
    """Said otherwise -> the word that the other fields use."""
    kinds: Mapping[str, tuple[str, ...]]
    traits: Mapping[str, frozenset[str]]
    opposites: Mapping[str, str]
    """Word -> the trait that what it describes does not have."""
    purposes: Mapping[str, str]
    """Verb -> what a thing for that is."""
    situations: tuple[Situation, ...]
    likes: tuple[tuple[str, ...], ...]
    dislikes: tuple[tuple[str, ...], ...]
    places: Mapping[str, str]
    """What a place is called -> what it is for, in the documents' word."""
    generic: frozenset[str]
    packaging: frozenset[str]
    servings: frozenset[str]
    wrappings: frozenset[str]
    idle: frozenset[str]
    occasions: frozenset[str]
    aims: frozenset[str]
    irregular: Mapping[str, str]

    @staticmethod
    @lru_cache(maxsize=8)
    def of(language: str) -> Lexicon:
        """Give the lexicon of ``en``, ``en-GB``; an empty one where there is none."""
        name = f"{language.replace('_', '-').split('-')[0].lower()}.yaml"
        file = resources.files("taskmatrix_ros.planner.things") / "lexicons" / name
        return Lexicon.parse(yaml.safe_load(file.read_text("utf-8")) if file.is_file() else {})

    @staticmethod
    def parse(content: Mapping[str, Any]) -> Lexicon:
        """Read the content of a file; every key may be absent."""
        irregular = {str(key): str(value) for key, value in content.get("irregular", {}).items()}
        plain = _Singular(irregular)
        same = {plain.of(said): word for word, others in content.get("same", {}).items() for said in others}
        return Lexicon(
            same=same,
            kinds={str(word): tuple(wider) for word, wider in content.get("kinds", {}).items()},
            traits={str(word): frozenset(traits) for word, traits in content.get("traits", {}).items()},
            opposites={s: word for word, others in content.get("opposites", {}).items() for s in others},
            purposes={str(verb): word for word, verbs in content.get("purposes", {}).items() for verb in verbs},
            situations=tuple(
                Situation(
                    said=_phrases(entry["said"]), wants=entry.get("wants", ""), prefers=tuple(entry.get("prefers", ()))
                )
                for entry in content.get("situations", ())
            ),
            likes=_phrases(content.get("likes", ())),
            dislikes=_phrases(content.get("dislikes", ())),
            places={
                str(said): word
                for word, others in content.get("places", {}).items()
                for said in (word, *map(str, others))
            },
            generic=frozenset(map(str, content.get("generic", ()))),
            packaging=frozenset(content.get("packaging", ())),
            servings=frozenset(content.get("servings", ())),
            wrappings=frozenset(content.get("wrappings", ())),
            idle=frozenset(content.get("idle", ())),
            occasions=frozenset(content.get("occasions", ())),
            aims=frozenset(content.get("aims", ())),
            irregular=irregular,
        )

    def singular(self, phrase: str) -> str:
        """Give a phrase with its last word in the singular."""
        return _Singular(self.irregular).of(phrase)

    def canonical(self, phrase: str) -> str:
        """Give the lexicon's word for a phrase; the phrase in the singular where it has none."""
        singular = self.singular(phrase)
        return self.same.get(singular, self.same.get(phrase, singular))

    def wider(self, words: Iterable[str]) -> frozenset[str]:
        """Give words and everything that they also are."""
        found: set[str] = set()
        open_ = [self.canonical(word) for word in words]
        while open_:
            word = open_.pop()
            if word not in found:
                found.add(word)
                open_ += self.kinds.get(word, ())
        return frozenset(found)

    def knows(self, phrase: str) -> bool:
        """Whether it is a word for things or what they are, whether or not anything here is called so."""
        word = self.canonical(phrase)
        return word in self._vocabulary() or phrase in self.opposites

    def purpose(self, verb: str) -> str:
        """Give what a thing for doing that is; empty if unknown. ``cleaning`` counts as ``clean``."""
        forms = [verb]
        for ending, put in (("ing", ""), ("ing", "e"), ("s", "")):
            if verb.endswith(ending) and len(verb) > len(ending) + 2:
                stem = verb[: -len(ending)]
                forms += [stem + put, stem[:-1] if stem[-1:] == stem[-2:-1] else stem]
        return next((self.purposes[form] for form in forms if form in self.purposes), "")

    def _vocabulary(self) -> frozenset[str]:
        return _vocabulary(self)


class _Singular:
    """English plurals: the rules, and the words that keep none."""

    def __init__(self, irregular: Mapping[str, str]) -> None:
        self._irregular = irregular

    def of(self, phrase: str) -> str:
        """Give the phrase with its last word in the singular."""
        head, _, last = phrase.rpartition(" ")
        return f"{head} {self._word(last)}".strip()

    def _word(self, word: str) -> str:
        if word in self._irregular:
            return self._irregular[word]
        if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
            return word
        if word.endswith("ies"):
            return f"{word[:-3]}y"
        return word[:-2] if word.endswith(("shes", "ches", "xes", "sses", "zes")) else word[:-1]


@lru_cache(maxsize=8)
def _vocabulary(lexicon: Lexicon) -> frozenset[str]:
    words = {*lexicon.kinds, *lexicon.same.values(), *lexicon.traits}
    words.update(word for wider in lexicon.kinds.values() for word in wider)
    words.update(trait for traits in lexicon.traits.values() for trait in traits)
    return frozenset(words)


def _phrases(lines: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((tuple(str(line).split()) for line in lines), key=len, reverse=True))
