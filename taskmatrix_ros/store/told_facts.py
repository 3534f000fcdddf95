"""What persons told of themselves, kept over a restart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from taskmatrix_ros.store.database import Database

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ToldFacts:
    """Kept in an open ``Database``; every method has committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, key: str, value: Any, at: datetime) -> None:
        """Write a fact in place of what was told before; None: it was taken back."""
        microseconds = (at - _EPOCH) // timedelta(microseconds=1)
        self._database.execute(
            "INSERT OR REPLACE INTO told_facts (key, value, at_us) VALUES (?, ?, ?)",
            (key, json.dumps(value), microseconds),
        )

    def all(self) -> Sequence[tuple[str, Any, datetime]]:
        """Give every fact with the moment at which it was told."""
        rows = self._database.execute("SELECT key, value, at_us FROM told_facts ORDER BY key").fetchall()
        return tuple((key, json.loads(value), _EPOCH + timedelta(microseconds=at)) for key, value, at in rows)
