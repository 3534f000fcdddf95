"""Vectors of an embedding model, so that no text is sent twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from taskmatrix_ros.store.database import Database

KEPT = 50_000
_AT_ONCE = 500


class VectorStore:
    """Kept in an open ``Database``; every method has committed when it returns. The oldest make room."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def vectors(self, keys: Sequence[str]) -> Mapping[str, bytes]:
        """Give those that are kept."""
        found: dict[str, bytes] = {}
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
            found |= {str(key): bytes(vector) for key, vector in rows}
        return found

    def keep(self, vectors: Mapping[str, bytes]) -> None:
        """Keep some, all or none of them."""
        with self._database.transaction():
            for key, vector in vectors.items():
                self._database.execute("INSERT OR REPLACE INTO vectors (key, vector) VALUES (?, ?)", (key, vector))
            self._database.execute("DELETE FROM vectors WHERE number <= (SELECT max(number) FROM vectors) - ?", (KEPT,))
