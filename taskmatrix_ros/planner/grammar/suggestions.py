"""The nearest things that can be asked for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from taskmatrix_ros.planner.grammar.sentence_grammar import SentenceGrammar
from taskmatrix_ros.planner.grammar.sentence_template import SentenceTemplate
from taskmatrix_ros.planner.language.words import Words, keys, matched_text

_COUNT = 3
_MAX_WORDS = 12
_MAX_TEXT = 120
_MAX_COMPARED = 40


class Suggestions:
    """Ranks sentences by the words they share with what was said, misspelt ones included."""

    def __init__(self, grammar: SentenceGrammar) -> None:
        self._templates = grammar.templates
        self._book = grammar.phrasebook
        self._vocabulary = sorted(frozenset().union(*(template.literals for template in self._templates)))
        self._shown: dict[int, str] = {}

    def nearest(self, words: Words) -> tuple[str, ...]:
        """Give up to three sentences, best first, each of another API or composite."""
        said = self._known(words[:_MAX_WORDS])
        text = matched_text(words[:_MAX_WORDS])[:_MAX_TEXT].lower()
        ranked = sorted(range(len(self._templates)), key=lambda at: -self._overlap(said, self._templates[at]))
        scored = []
        for at in ranked[:_MAX_COMPARED]:
            likeness = difflib.SequenceMatcher(None, text, self._text(at).lower(), autojunk=False).ratio()
            scored.append((self._overlap(said, self._templates[at]) + likeness, -at))
        return self._distinct(-at for _, at in sorted(scored, reverse=True))

    def _distinct(self, order: Iterable[int]) -> tuple[str, ...]:
        chosen: dict[int, str] = {}
        for at in order:
            chosen.setdefault(id(self._templates[at].expansion), self._text(at))
            if len(set(chosen.values())) == _COUNT:
                break
        return tuple(dict.fromkeys(chosen.values()))

    def _text(self, at: int) -> str:
        if at not in self._shown:
            self._shown[at] = self._templates[at].shown()
        return self._shown[at]

    def _known(self, words: Words) -> frozenset[str]:
        found: set[str] = set()
        for key in sorted(set(keys(words))):
            if key and not self._book.is_determiner(key):
                found.update(difflib.get_close_matches(key, self._vocabulary, n=1, cutoff=0.75))
        return frozenset(found)

    def _overlap(self, said: frozenset[str], template: SentenceTemplate) -> float:
        if not said:
            return 0.0
        return len(said & template.literals) / len(said)
