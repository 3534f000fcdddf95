"""The parts of a sentence that may name a thing, and the same sentence about another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmatrix_ros.core.approval import ForetoldCall
from taskmatrix_ros.planner.language.english import ENGLISH

PHRASE_WORDS = 4


def phrases_of(step: str, calls: Sequence[ForetoldCall]) -> list[str]:
    """Give the parts of a step that may name a thing: values of the calls first, then from the longest."""
    words = step.split()
    spans = [
        " ".join(words[first : first + length])
        for length in range(min(PHRASE_WORDS, len(words)), 0, -1)
        for first in range(len(words) - length + 1)
    ]
    values = spoken_values(calls)
    return list(dict.fromkeys(sorted(spans, key=lambda span: span.casefold() not in values)))


def spoken_values(calls: Sequence[ForetoldCall]) -> frozenset[str]:
    """Give the values of calls as they are spoken, numbers too."""
    values = [value for call in calls for value in call.arguments.values() if value is not None]
    return frozenset(plain(value) for value in values if isinstance(value, str | int | float))


def exchanged(step: str, phrase: str, thing: str) -> tuple[str, ...]:
    """Give a step with a thing in the place of a phrase, with and without an article, the likelier one first."""
    before, _, after = f" {step} ".partition(f" {phrase} ")
    has_article = " ".join(before.split()[-1:]).casefold() in ENGLISH.determiners
    had_article = " ".join(phrase.split()[:1]).casefold() in ENGLISH.determiners
    things = (thing,) if has_article else (f"the {thing}", thing) if had_article else (thing, f"the {thing}")
    return tuple(f"{before} {each} {after}".strip() for each in things)


def plain(value: Any) -> str:
    """Give a value as it is spoken."""
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ").casefold()
