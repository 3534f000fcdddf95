"""Enums of text whose ``value`` costs a look-up: each that is written as JSON is asked for it."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING


class PlainEnum(StrEnum):
    """A ``StrEnum``; in Python 3.11 the one of the library asks two functions of Python's for ``value``."""

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))
