"""The seam for readers: who understands a clause, beside the sentences that documents bring along."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.grammar.symbolic_state import SymbolicState
from taskmatrix_ros.planner.language.words import Words


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What a clause comes to: calls to make in order, and what can be answered at once.

    ``targets``: ids of what it is about, for the outline; ``mentioned``: those that ``it`` and ``them`` mean after it.
    """

    statements: tuple[Statement, ...] = ()
    answer: str = ""
    targets: tuple[str, ...] = ()
    mentioned: tuple[str, ...] = ()
    unless_done: bool = False
    """Leave out calls that were made already and whose effect still holds."""


@dataclass(kw_only=True)
class Scene:
    """What clauses are understood in: the state that those before them leave behind, and what they were about.

    ``area``: where the speaker is, an area's id or name, or empty; ``zone``: the home's time zone, empty for that of
    ``now``; ``rules``: those that live, the one spoken of last at the end; ``about_rules``: what was spoken of last, if
    anything, was a rule, so ``it`` may be one; ``mentioned``: what earlier clauses were
    about, the latest last; ``notes``: what a reader keeps for its later clauses, under a key of its own.
    """

    state: SymbolicState
    now: datetime
    area: str = ""
    zone: str = ""
    rules: Sequence[Rule] = ()
    about_rules: bool = True
    locale: str = "en"
    mentioned: list[tuple[str, ...]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)


CarryOut = Callable[[Scene], Doing]
"""Says what to do; raises ``PlanningError`` where it cannot be done as it was said."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Meaning:
    """How a reader understands a clause. Reading is pure; what depends on the clauses before it waits for the scene.

    The other fields are what it costs to understand the utterance so: of several cuts the cheapest is taken.
    """

    words: Words
    carry_out: CarryOut
    problem: str = ""
    """Why it cannot be done as it was said: then ``carry_out`` raises, and a reader that understands it goes first."""
    firm: bool = False
    """Every word of it was understood: with a problem, too, no other reader may take it for something else."""
    open_length: int = 0
    """Characters that were taken as they came, as the name of something nobody knows."""
    joints: int = 0
    """Words like ``and`` inside such a name."""
    alone: bool = False
    """It means this only where nothing else is said: a name by itself, which switches on what it names."""
    standing: bool = False
    """What it is about is only said with a word that stands for something, ``it``: another reader may know of what."""
    weak: bool = False
    """It says no verb, so it is more likely a part of the clause before it."""


class ClauseReader(Protocol):
    """Understands clauses. Built once, reads often; what it reads of the world it asks for anew each time."""

    @property
    def openings(self) -> Set[str]:
        """Words that its clauses begin with, in lower case: they end what is said around a command."""

    def read(self, words: Words) -> Meaning | None:
        """Understand words as one clause, the joints in it included; None: it is nothing for this reader.

        A clause it knows the meaning of but cannot do is a meaning with a ``problem``, never None.
        """


class UtteranceReader(Protocol):
    """Understands whole utterances, before they are cut into clauses: a time or a condition around an action."""

    def read(self, text: str, scene: Scene, plan: Callable[[str], str]) -> Doing | None:
        """Understand a text; None: it is nothing for this reader.

        :param plan: gives the action code that the words of an action come to, planned as if nothing were known of the
            state that there will be then; raises ``PlanningError``.
        :raises PlanningError: it is for this reader, and cannot be done as it was said.
        """
