"""What rendering one template may cost: a device's template must not be able to hang or fill the node."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_TEXT = 65_536
"""Characters of any text that a template makes, its result included."""

MAX_PARTS = 20_000
"""Values within values of anything that is shown or joined, shared ones counted each time."""

MAX_TURNS = 5_000
"""Turns of all loops of one rendering together."""

MAX_BITS = 512
"""Of any integer that is computed."""

_WIDE = re.compile(r"[0-9]{4}")


class OverBudget(ValueError):
    """A template costs more than it may; one line."""


class Budget(threading.local):
    """What is left to the rendering that goes on in this thread."""

    def __init__(self) -> None:
        self._turns = 0
        self._letters = 0

    def renew(self) -> None:
        """Begin a rendering."""
        self._turns = MAX_TURNS
        self._letters = MAX_TEXT

    def counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Give the items of a loop, each a turn. :raises OverBudget: too many."""
        for item in items:
            self._turns -= 1
            if self._turns < 0:
                raise OverBudget(f"its loops take more than {MAX_TURNS} turns")
            yield item

    def shown(self, value: Any) -> Any:
        """Count what is put out. :raises OverBudget: too much."""
        if not isinstance(value, str):
            bounded(value)
            value = str(value)
        self._letters -= len(value)
        if self._letters < 0:
            raise OverBudget(f"it makes more than {MAX_TEXT} characters")
        return value


def bounded(value: Any) -> Any:
    """Give the value back.

    :raises OverBudget: a text, number or structure is larger than may be.
    """
    parts = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        parts += 1
        if isinstance(one, str):
            parts += len(one) // 64
            if len(one) > MAX_TEXT:
                raise OverBudget(f"a text of more than {MAX_TEXT} characters")
        elif isinstance(one, int) and one.bit_length() > MAX_BITS:
            raise OverBudget("a number with too many digits")
        elif isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            waiting += one
        if parts + len(waiting) > MAX_PARTS:
            raise OverBudget(f"a structure of more than {MAX_PARTS} parts")
    return value


def guard_operator(operator: str, left: Any, right: Any) -> None:
    """Look at a computation before it is done. :raises OverBudget: what it makes would be too large."""
    if operator == "**":
        if not _is_number(left) or not _is_number(right) or abs(right) > 64 or abs(left) > 1e9:
            raise OverBudget("a power that is too large")
    elif operator == "*":
        for text, times in ((left, right), (right, left)):
            if isinstance(text, str | list | tuple) and isinstance(times, int) and len(text) * times > MAX_TEXT // 4:
                raise OverBudget("a repetition that is too long")
    elif operator == "%" and isinstance(left, str):
        guard_format(left)


def guard_format(text: str) -> None:
    """Look at a format string. :raises OverBudget: it asks for a width of four digits or more."""
    if _WIDE.search(text) or "*" in text:
        raise OverBudget("a format with a width of four digits")


def guard_replace(text: str, old: str, new: str) -> None:
    """Look at a replacement. :raises OverBudget: the result would be too long."""
    if len(text) + text.count(old) * max(0, len(new) - len(old)) > MAX_TEXT:
        raise OverBudget(f"a text of more than {MAX_TEXT} characters")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)
