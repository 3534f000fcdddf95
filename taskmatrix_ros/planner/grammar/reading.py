"""One way to understand a clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmatrix_ros.planner.grammar.expansion import Expansion
from taskmatrix_ros.planner.grammar.sentence_template import SentenceTemplate
from taskmatrix_ros.planner.language.words import Words

LIMIT = "LIMIT"
UNKNOWN_NAME = "UNKNOWN_NAME"
INCOMPLETE = "INCOMPLETE"
TIMED = "TIMED"
AMBIGUOUS = "AMBIGUOUS"
NOT_NOW = "NOT_NOW"


@dataclass(frozen=True, slots=True)
class Span:
    """Where in the clause a slot was said: words ``first`` up to, not including, ``end``."""

    slot: str
    first: int
    end: int


@dataclass(frozen=True, eq=False)
class Reading:
    """A sentence fits the whole clause.

    ``problem``: why it cannot be done as it was said (a value that is not allowed, one that is missing); such a
    reading is kept because to name the problem is better than to understand the words as something else.
    """

    template: SentenceTemplate
    words: Words
    arguments: Mapping[str, Any]
    names: tuple[Span, ...]
    """Slots that took any words as they came, in order."""
    open_length: int
    """Characters in those; the fewer, the more literal the match."""
    literal_length: int
    """Characters that stand in the sentence itself."""
    problem: str = ""
    code: str = ""
    relaxed: bool = False
    """It fits only if any words may stand where the sentence wants certain ones."""
    pronouns: frozenset[str] = field(default=frozenset())
    """Slots whose value is a word that stands for another."""

    @property
    def expansion(self) -> Expansion:
        """What the sentence stands for."""
        return self.template.expansion

    @property
    def score(self) -> tuple[int, int, int, bool]:
        """How literal the match is, best first."""
        return (self.open_length, len(self.names), -self.literal_length, bool(self.problem))

    def text(self) -> str:
        """Give the clause in plain words, names as they were written; reading it again gives the same calls."""
        in_names = {at for span in self.names for at in range(span.first, span.end)}
        ends = {span.end - 1 for span in self.names}
        shown = []
        for at, word in enumerate(self.words):
            whole = word if at in in_names and at not in ends else word.joined()
            if at in in_names or word.quoted:
                shown.append(whole.raw)
            else:
                shown.append(word.text.lower())
        return " ".join(shown)
