"""What people wanted that no API document does, for those who write documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.read_only import read_rows

KEPT = 1_000
"""Different wishes; the ones that were not heard for longest make room."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_READ = "SELECT wanted, times, first_us, last_us, run_id FROM missing_apis ORDER BY times DESC, last_us DESC LIMIT ?"


@dataclass(frozen=True, slots=True)
class MissingReport:
    """One wish: how often it was heard, when first and last, and the latest run that came to it."""

    wanted: str
    times: int
    first_at: datetime
    last_at: datetime
    run_id: str


class MissingApiStore:
    """Kept in an open ``Database``; every method has committed when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, wanted: str, run_id: str, at: datetime) -> None:
        """Count a wish. One run counts once for each."""
        folded, at_us = " ".join(wanted.casefold().split()), _microseconds(at)
        self._database.execute(
            "INSERT INTO missing_apis (wanted, times, first_us, last_us, run_id) VALUES (?, 1, ?, ?, ?)"
            " ON CONFLICT (wanted) DO UPDATE SET times = times + (run_id <> excluded.run_id),"
            " last_us = excluded.last_us, run_id = excluded.run_id",
            (folded, at_us, at_us, run_id),
        )
        self._database.execute(
            "DELETE FROM missing_apis WHERE wanted IN"
            " (SELECT wanted FROM missing_apis ORDER BY last_us DESC LIMIT -1 OFFSET ?)",
            (KEPT,),
        )

    def reports(self, limit: int = 50) -> list[MissingReport]:
        """Give them, the most wanted first."""
        return [_report(row) for row in self._database.execute(_READ, (limit,))]


def read_missing_apis(store_file: Path, limit: int = 50) -> list[MissingReport]:
    """Give them without owning the file: a node may have it open.

    :raises ConfigError: there is no such file, or it cannot be read.
    """
    return [_report(row) for row in read_rows(store_file, _READ, (limit,)) or ()]


def _report(row: tuple[str, int, int, int, str]) -> MissingReport:
    wanted, times, first_us, last_us, run_id = row
    return MissingReport(wanted, times, _moment(first_us), _moment(last_us), run_id)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
