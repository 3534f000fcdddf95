"""What people said of runs, each with the run's story."""

from __future__ import annotations

import json
from typing import Any

from taskmatrix_ros.store.database import Database


class FeedbackStore:
    """Kept in an open ``Database``; every method has committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, feedback_id: str, run_id: str, verdict: str, story: dict[str, Any]) -> None:
        """Write one. :param story: JSON values."""
        self._database.execute(
            "INSERT INTO feedback (feedback_id, run_id, verdict, story) VALUES (?, ?, ?, ?)",
            (feedback_id, run_id, verdict, json.dumps(story, default=str)),
        )

    def stories(self, *, run_id: str = "", limit: int = 50, before: str = "") -> list[dict[str, Any]]:
        """Give stories, newest first. :param run_id: of one run only."""
        rows = self._database.execute(
            "SELECT story FROM feedback WHERE (? = '' OR run_id = ?) AND (? = '' OR feedback_id < ?)"
            " ORDER BY feedback_id DESC LIMIT ?",
            (run_id, run_id, before, before, limit),
        )
        return [json.loads(story) for (story,) in rows]
