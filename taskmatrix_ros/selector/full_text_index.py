"""A full-text index of documents in memory."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from taskmatrix_ros.selector.search_index import Write
from taskmatrix_ros.selector.search_text import WEIGHTS, SearchText, telling_words

_COLUMNS = ", ".join(SearchText._fields)
_INSERT = (
    f"INSERT INTO texts (rowid, {_COLUMNS}) SELECT number, "  # noqa: S608 - column names of ours
    f"{', '.join('?' * len(SearchText._fields))} FROM names WHERE name = ?"
)
_MAX_PADDING = 1000
_K1 = 1.2
_LEAST = 1e-6
"""FTS5's own."""


class FullTextIndex:
    """A ``SearchIndex`` on SQLite FTS5 with stemming, ranked by BM25: quick up to some hundred texts.

    :source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; SQLite FTS5.
    """

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._held: dict[str, SearchText] = {}

    def __len__(self) -> int:
        """How many texts it holds."""
        return len(self._held)

    @contextmanager
    def replacing(self) -> Iterator[Write]:
        """Begin anew; only what differs is written."""
        wanted: dict[str, SearchText] = {}
        yield wanted.update
        changed = {name: text for name, text in wanted.items() if self._held.get(name) != text}
        self.update(changed, self._held.keys() - wanted.keys())

    def update(self, put: Mapping[str, SearchText], removed: Iterable[str]) -> None:
        """Hold these as well, and none of the removed."""
        gone = [(name,) for name in {*put, *removed} if name in self._held]
        connection = self._opened()
        with connection:
            connection.executemany("DELETE FROM texts WHERE rowid = (SELECT number FROM names WHERE name = ?)", gone)
            connection.executemany("DELETE FROM names WHERE name = ?", gone)
            connection.executemany("INSERT INTO names (name) VALUES (?)", ((name,) for name in put))
            connection.executemany(_INSERT, ((*text, name) for name, text in put.items()))
            for (name,) in gone:
                del self._held[name]
            self._held |= put
            self._pad(connection, len(self._held))

    @staticmethod
    def _pad(connection: sqlite3.Connection, size: int) -> None:
        """Keep as many empty rows as there are texts, in a small index.

        FTS5 gives a word that stands in more than half of the rows no weight at all; among a dozen documents those are
        words like ``off``, on which everything hangs. With the padding its weight stays positive, as Lucene's does.
        """
        wanted = min(size, _MAX_PADDING)
        (held,) = connection.execute("SELECT count(*) FROM texts WHERE rowid < 0").fetchone()
        connection.executemany("INSERT INTO texts (rowid) VALUES (?)", ((-n,) for n in range(held + 1, wanted + 1)))
        connection.executemany("DELETE FROM texts WHERE rowid = ?", ((-n,) for n in range(wanted + 1, held + 1)))

    def search(self, text: str, limit: int) -> dict[str, float]:
        """Find texts that share words with ``text``."""
        words = telling_words(text)
        if not words or limit < 1:
            return {}
        # Each word is quoted and holds letters and digits only, so nothing in it can be an operator.
        query = " OR ".join(f'"{word}"' for word in words)
        found = self._opened().execute(
            "SELECT names.name, texts.rank FROM texts JOIN names ON names.number = texts.rowid"
            " WHERE texts MATCH ? ORDER BY texts.rank LIMIT ?",
            (query, limit),
        )
        return {str(name): -float(rank) for name, rank in found}

    def attainable(self, text: str) -> float:
        """Tell what a text would score that had every word of ``text``."""
        connection = self._opened()
        size = 2 * len(self._held) if len(self._held) < _MAX_PADDING else len(self._held) + _MAX_PADDING
        total = 0.0
        for word in telling_words(text):
            (holding,) = connection.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (f'"{word}"',)).fetchone()
            total += max(math.log((size - holding + 0.5) / (holding + 0.5)), _LEAST) * (_K1 + 1)
        return total

    def close(self) -> None:
        """Give the memory back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._held = {}

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(":memory:")
            self._connection.execute("CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
            self._connection.execute(
                f"CREATE VIRTUAL TABLE texts USING fts5({_COLUMNS}, tokenize = 'porter unicode61 remove_diacritics 2')"
            )
            weights = ", ".join(map(str, WEIGHTS))
            self._connection.execute("INSERT INTO texts (texts, rank) VALUES ('rank', ?)", (f"bm25({weights})",))
        return self._connection
