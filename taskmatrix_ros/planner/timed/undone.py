"""Of two commands at one moment the second may undo the first: then another moment is meant for it."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE
from taskmatrix_ros.planner.language.words import Words, matched_text
from taskmatrix_ros.planner.timed.rule_builder import opposites, said


class Undone(ClarificationNeeded):
    """``turn off the fan in 20 minutes and then turn it on again``: it is understood, and lacks a time."""

    def __init__(self, command: Words) -> None:
        """:param command: the second, in words that say what it is about."""
        super().__init__(f"When shall I {said(command)}?", code=INCOMPLETE)


def undoes(second: Words, first: Words, plan: Callable[[str], str]) -> bool:
    """Whether a command takes back what another does, by what either comes to."""

    def planned(text: str) -> str:
        try:
            return plan(text)
        except PlanningError:
            return ""

    code = planned(said(second))
    return bool(code) and any(planned(words) == code for words in opposites(matched_text(first)))
