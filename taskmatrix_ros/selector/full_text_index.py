"""A full-text index of documents in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from taskmatrix_ros.selector.search_text import WEIGHTS, SearchText, match_expression

_COLUMNS = ", ".join(SearchText._fields)
_INSERT = (
    f"INSERT INTO texts (rowid, {_COLUMNS}) SELECT number, "  # noqa: S608 - column names of ours
    f"{', '.join('?' * len(SearchText._fields))} FROM names WHERE name = ?"
)
_MAX_PADDING = 1000


class FullTextIndex:
    """SQLite FTS5 with stemming, ranked by BM25. Used in the thread that first uses it.

    :source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; SQLite FTS5.
    """

    def __init__(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._held: dict[str, SearchText] = {}

    def update(self, wanted: Mapping[str, SearchText]) -> None:
        """Hold exactly these texts by name; only what differs is written."""
        gone = [(name,) for name, text in self._held.items() if wanted.get(name) != text]
        new = [(*text, name) for name, text in wanted.items() if self._held.get(name) != text]
        connection = self._opened()
        with connection:
            connection.executemany("DELETE FROM texts WHERE rowid = (SELECT number FROM names WHERE name = ?)", gone)
            connection.executemany("DELETE FROM names WHERE name = ?", gone)
            connection.executemany("INSERT INTO names (name) VALUES (?)", ((row[-1],) for row in new))
            connection.executemany(_INSERT, new)
            self._pad(connection, len(wanted))
        self._held = dict(wanted)

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
        """Find the names whose texts share words with ``text``.

        :returns: name -> score in 0..1, best first; the best has 1.
        """
        query = match_expression(text)
        if query is None or limit < 1:
            return {}
        found = self._opened().execute(
            "SELECT names.name, texts.rank FROM texts JOIN names ON names.number = texts.rowid"
            " WHERE texts MATCH ? ORDER BY texts.rank LIMIT ?",
            (query, limit),
        )
        scores = {str(name): -float(rank) for name, rank in found}
        best = max(scores.values(), default=1.0)
        return {name: score / best for name, score in scores.items()}

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
