"""How far the audit log had come, kept apart from it so that a cut tail is found."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.store.database import Database

_READ = "SELECT count, mac, seal FROM audit_head"


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
        found = self._database.execute(_READ).fetchone()
        return None if found is None else Head(*found)

    def write(self, head: Head) -> None:
        """Replace it; committed when this returns.

        :raises ConfigError: the file can no longer be written.
        """
        self._database.execute(
            "INSERT INTO audit_head (only, count, mac, seal) VALUES (1, ?, ?, ?) ON CONFLICT (only) DO UPDATE"
            " SET count = excluded.count, mac = excluded.mac, seal = excluded.seal",
            (head.count, head.mac, head.seal),
        )


def read_audit_head(store_file: Path) -> Head | None:
    """Give the head without owning the file: a node may have it open.

    :raises ConfigError: there is no such file, or it cannot be read.
    """
    if not store_file.is_file():
        raise ConfigError(f"store '{store_file}' does not exist; name the profile that the node ran with")
    try:
        connection = sqlite3.connect(f"{store_file.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            found = connection.execute(_READ).fetchone()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None  # made by a version that kept no audit log
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; make it readable") from error
    except sqlite3.DatabaseError as error:
        raise ConfigError(f"store '{store_file}' cannot be read: {error}; bring back a copy") from error
    return None if found is None else Head(*found)
