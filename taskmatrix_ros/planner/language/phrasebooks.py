"""The languages there is a phrasebook for."""

from __future__ import annotations

from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.phrasebook import Phrasebook

_BOOKS = {"en": ENGLISH}


def phrasebook_of(language: str) -> Phrasebook:
    """Give the words of a language, ``en`` or ``en-US``; an empty book where there is none."""
    return _BOOKS.get(language.replace("_", "-").split("-")[0].lower(), Phrasebook())
