"""A run read from a store that another process may own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal


def read_run(store_file: Path, run_id: str) -> Episode:
    """Read a run with its calls from a copy of the store as it is this moment; nothing is written to the store.

    :raises ConfigError: there is no store or no such run, or it cannot be read.
    """
    if not store_file.is_file():
        raise ConfigError(f"store '{store_file}': no such file; name the profile that ran it with --profile")
    try:
        copy = Database.copy_of(store_file)
    except sqlite3.Error as error:
        raise ConfigError(f"store '{store_file}' cannot be read: {error}") from error
    try:
        episode = SqliteJournal(copy).run(run_id)
    finally:
        copy.close()
    if episode is None:
        raise ConfigError(f"store '{store_file}' has no run '{run_id}'; `taskmatrix runs list` shows the ids")
    return episode
