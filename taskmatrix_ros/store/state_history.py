"""What the world was, written down so that rules can be tried over it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.store.database import Database

MOST_KEPT = 1_000_000
"""Changes; the oldest make room."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Recorded(NamedTuple):
    """A value of state from a moment on; None: nothing was known of the key."""

    at: datetime
    key: str
    value: Any


class StateHistory:
    """Kept in an open ``Database``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since_pruned = 0

    def add(self, changes: Iterable[Recorded]) -> None:
        """Append changes, in order of time; committed when this returns."""
        with self._database.transaction():
            for change in changes:
                self._since_pruned += 1
                self._database.execute(
                    "INSERT INTO state_history (at_us, key, value) VALUES (?, ?, ?)",
                    (_microseconds(change.at), change.key, json.dumps(change.value)),
                )
            if self._since_pruned > MOST_KEPT // 100:
                self._since_pruned = 0
                self._database.execute(
                    "DELETE FROM state_history WHERE number <= (SELECT MAX(number) FROM state_history) - ?",
                    (MOST_KEPT,),
                )


@dataclass(frozen=True, slots=True)
class History:
    """What is recorded of a span. ``state``: what was known at its beginning; ``since``: the first record of all."""

    state: Mapping[str, Any]
    changes: tuple[Recorded, ...]
    since: datetime | None


def read_history(store_file: Path, from_at: datetime, to_at: datetime) -> History:
    """Read a span without owning the file: a node may have it open.

    :raises ConfigError: there is no such file, or it cannot be read.
    """
    with _reading(store_file) as connection:
        begin, end = _microseconds(from_at), _microseconds(to_at)
        first = connection.execute("SELECT MIN(at_us) FROM state_history").fetchone()[0]
        before = connection.execute(
            "SELECT key, value FROM state_history"
            " WHERE number IN (SELECT MAX(number) FROM state_history WHERE at_us <= ? GROUP BY key)",
            (begin,),
        )
        state = {key: json.loads(value) for key, value in before}
        rows = connection.execute(
            "SELECT at_us, key, value FROM state_history WHERE at_us > ? AND at_us <= ? ORDER BY number", (begin, end)
        )
        changes = tuple(Recorded(_moment(at), key, json.loads(value)) for at, key, value in rows)
    known = {key: value for key, value in state.items() if value is not None}
    return History(known, changes, None if first is None else _moment(first))


def read_rules(store_file: Path) -> tuple[Rule, ...]:
    """Read the rules that are saved, without owning the file.

    :raises ConfigError: there is no such file, or it cannot be read.
    """
    with _reading(store_file) as connection:
        texts = [text for (text,) in connection.execute("SELECT rule FROM rules ORDER BY rule_id")]
    try:
        return tuple(Rule.model_validate_json(text) for text in texts)
    except ValidationError as error:
        raise ConfigError(f"store '{store_file}': a rule was written by another version; use that one") from error


@contextmanager
def _reading(store_file: Path) -> Iterator[sqlite3.Connection]:
    if not store_file.is_file():
        raise ConfigError(f"store '{store_file}' does not exist; name the profile that the node ran with")
    try:
        connection = sqlite3.connect(f"{store_file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise ConfigError(f"store '{store_file}' was made by an older version and has no history yet") from error
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; make it readable") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; bring back a copy") from error


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
