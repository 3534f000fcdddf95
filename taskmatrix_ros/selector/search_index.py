"""What the selector expects of an engine that finds texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from taskmatrix_ros.selector.search_text import SearchText

Write = Callable[[Mapping[str, SearchText]], None]
"""Takes texts by name, a part of them at a time."""


class SearchIndex(Protocol):
    """Texts by name, searched by words. What a method wrote is found by the next search. Used in one thread."""

    def __len__(self) -> int:
        """How many texts it holds."""

    def replacing(self) -> AbstractContextManager[Write]:
        """Begin anew: when the block ends, it holds exactly what was written in it; after an error in it, nothing."""

    def update(self, put: Mapping[str, SearchText], removed: Iterable[str]) -> None:
        """Hold these as well, in the place of those of the same names, and none of the removed."""

    def search(self, text: str, limit: int) -> dict[str, float]:
        """Find at most ``limit`` texts that share words with ``text``.

        :returns: name -> score on the engine's own scale, best first, all above 0.
        """

    def attainable(self, text: str) -> float:
        """Tell what a text would score that had every word of ``text``, known or not: 0 where there is no word."""

    def close(self) -> None:
        """Give memory and files back. May be called twice; a later write begins with nothing."""
