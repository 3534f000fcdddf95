"""Of two commands at one moment the second may undo the first: then another moment is meant for it."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.core.errors import ClarificationNeeded, PlanningError
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE
from taskmatrix_ros.planner.language.words import Words, matched_text
from taskmatrix_ros.planner.timed.rule_builder import opposites, said


class Asked(ClarificationNeeded):
    """It is understood but for one thing, which the person is asked."""


class NowOrThen(Asked):
    """``close the blinds at 9 pm and turn off the TV``: the second may be meant for now, or for then."""

    def __init__(self, command: Words) -> None:
        """:param command: the second."""
        super().__init__(f"Shall I {said(command)} now, or at that time too? Say when.", code=INCOMPLETE)


class Undone(Asked):
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
