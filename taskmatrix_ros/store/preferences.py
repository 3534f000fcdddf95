"""What people said they like."""

from __future__ import annotations

from taskmatrix_ros.store.database import Database

MAX_KEPT = 200
"""Of one speaker: the oldest go first."""


class SqlitePreferences:
    """Implements ``core.ports.Preferences`` in an open ``Database``; every method has committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, speaker: str) -> tuple[str, ...]:
        """Give what a speaker likes, oldest first; who gave no name has the empty one."""
        rows = self._database.execute("SELECT text FROM preferences WHERE speaker = ? ORDER BY place", (speaker,))
        return tuple(str(row[0]) for row in rows)

    def add(self, speaker: str, text: str) -> None:
        """Remember; the same words again become the newest."""
        with self._database.transaction():
            self._database.execute("DELETE FROM preferences WHERE speaker = ? AND text = ?", (speaker, text))
            self._database.execute("INSERT INTO preferences (speaker, text) VALUES (?, ?)", (speaker, text))
            self._database.execute(
                "DELETE FROM preferences WHERE speaker = ? AND place NOT IN"
                " (SELECT place FROM preferences WHERE speaker = ? ORDER BY place DESC LIMIT ?)",
                (speaker, speaker, MAX_KEPT),
            )

    def remove(self, speaker: str, text: str) -> None:
        """Forget the one with exactly these words, if there is one."""
        with self._database.transaction():
            self._database.execute("DELETE FROM preferences WHERE speaker = ? AND text = ?", (speaker, text))
