"""In which order rules were made, and in which conversation: what ``that`` means when a person says cancel that."""

from __future__ import annotations

from collections.abc import Sequence

from taskmatrix_ros.store.database import Database


class RuleMakings:
    """Kept in an open ``Database``; every method has committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def made(self, rule_id: str, conversation: str) -> None:
        """Write that a rule was made or changed just now."""
        self._database.execute(
            "INSERT OR REPLACE INTO rule_makings (rule_id, conversation, place)"
            " VALUES (?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM rule_makings))",
            (rule_id, conversation),
        )

    def forget(self, rule_id: str) -> None:
        """Forget a rule that is gone."""
        self._database.execute("DELETE FROM rule_makings WHERE rule_id = ?", (rule_id,))

    def order(self, conversation: str = "") -> Sequence[str]:
        """Give the rules' ids, those of the conversation behind all others, the latest last."""
        rows = self._database.execute(
            "SELECT rule_id FROM rule_makings ORDER BY (conversation = ? AND conversation != ''), place",
            (conversation,),
        ).fetchall()
        return tuple(rule_id for (rule_id,) in rows)
