"""Why words name nothing on a map, or leave open what."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

NOT_THERE = "NOT_THERE"
"""What was said to be somewhere is not there, as far as is known."""

_SHOWN = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why words name nothing, or leave open what. ``question`` where a person can settle it by choosing."""

    code: str
    message: str
    question: str = ""
    choices: tuple[str, ...] = ()


def text_of(words: Iterable[str]) -> str:
    """Give tokens as a text."""
    return " ".join(words).replace(" ,", ",")


def either(names: Sequence[str], joint: str = " or ") -> str:
    """Give names as a choice: ``coke, milk or water``; of many, the first."""
    shown = list(names[:_SHOWN])
    if len(names) > _SHOWN:
        shown.append("another")
    return joint.join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def nearest(words: Sequence[str], names: Sequence[str]) -> str:
    """Give the end of a message about an unknown name: the nearest known one, or which there are."""
    near = difflib.get_close_matches(text_of(words), list(names), n=1, cutoff=0.5)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(list(names)[:_SHOWN])}" if names else "; nothing is known here"
