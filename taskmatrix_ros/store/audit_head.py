"""How far the audit log had come, kept apart from it so that a cut tail is found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.read_only import read_rows
from taskmatrix_ros.store.redo_log import read_redo, redo_file

_READ = "SELECT count, mac, seal, life, applied FROM redo_life LEFT JOIN audit_head"
_WRITE = (
    "INSERT INTO audit_head (only, count, mac, seal) VALUES (1, ?, ?, ?) ON CONFLICT (only) DO UPDATE"
    " SET count = excluded.count, mac = excluded.mac, seal = excluded.seal"
)
_KEY = "audit head"


@dataclass(frozen=True, slots=True)
class Head:
    """Number of entries, the MAC of the last one, and a MAC over both: whoever edits the row needs the key."""

    count: int
    mac: str
    seal: str


class AuditHead:
    """The one row of an open ``Database``. Written after the entries that it counts, so it may lag, never lead."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> Head | None:
        """Give it; None where no log was ever begun.

        :raises ConfigError: the file can no longer be read.
        """
        found = self._database.execute("SELECT count, mac, seal FROM audit_head").fetchone()
        return None if found is None else Head(*found)

    def begin(self, head: Head) -> None:
        """Write that of an empty log; committed when this returns.

        :raises ConfigError: the file can no longer be written.
        """
        self._database.execute(_WRITE, (head.count, head.mac, head.seal))

    def write(self, head: Head) -> None:
        """Replace it; it survives kill -9 when this returns.

        :raises ConfigError: the file can no longer be written.
        """
        self._database.write_soon(_WRITE, (head.count, head.mac, head.seal), key=_KEY)
        self._database.keep()


def read_audit_head(store_file: Path) -> Head | None:
    """Give the head without owning the file: a node may have it open, or have been killed.

    :raises ConfigError: there is no such file, or it cannot be read.
    """
    redo = read_redo(redo_file(store_file))  # first: what is taken out of it from here on, the tables have
    rows = read_rows(store_file, _READ)
    heads = [Head(*row[:3]) for row in rows or () if row[0] is not None]
    for *_, life, applied in rows or ():
        heads += [Head(*values) for statement, values in redo.after(life, applied) if statement == _WRITE]
    return heads[-1] if heads else None
