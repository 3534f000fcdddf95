"""Moves what was committed from the log into the database file, away from the loop: that waits for the disk."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

_log = logging.getLogger(__name__)

EVERY_S = 2.0
EVERY_COMMITS = 1000


class Checkpointer:
    """A thread with a connection of its own. What it does not get to is done when the database is opened next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = threading.Thread(target=self._serve, name=f"checkpoints-{path.name}", daemon=True)
        self._wake = threading.Event()
        self._ended = False
        self._commits = 0

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def committed(self) -> None:
        """Something was committed."""
        self._commits += 1
        if self._commits % EVERY_COMMITS == 0:
            self._wake.set()

    def close(self) -> None:
        """End after what is under way."""
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=1.0)
        done = 0
        try:
            while not self._ended:
                self._wake.wait(EVERY_S)
                self._wake.clear()
                if self._commits != done and not self._ended:
                    done = self._commits
                    connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            _log.warning("store '%s': no checkpoint: %s; its log grows until the next start", self._path, error)
        finally:
            connection.close()
