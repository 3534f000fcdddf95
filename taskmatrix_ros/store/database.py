"""The SQLite file and its connection."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.store.checkpointer import Checkpointer
from taskmatrix_ros.store.instance_lock import InstanceLock
from taskmatrix_ros.store.migrations import APPLICATION_ID, MIGRATIONS

_log = logging.getLogger(__name__)

_REMEDIES = {
    "SQLITE_NOTADB": "move it away to start afresh, or bring back a copy",
    "SQLITE_CORRUPT": "move it away to start afresh, or bring back a copy",
    "SQLITE_FULL": "free space on the disk",
    "SQLITE_READONLY": "make the file and its folder writable",
    "SQLITE_PERM": "make the file and its folder writable",
    "SQLITE_CANTOPEN": "make the file and its folder readable and writable",
    "SQLITE_BUSY": "end the program that has it open",
    "SQLITE_LOCKED": "end the program that has it open",
    "SQLITE_IOERR": "check the disk",
    "SQLITE_TOOBIG": "keep what is written below a gigabyte",
}
"""What an operator can mend; any other error of SQLite is a fault of the program and stays what it is."""


class Database:
    """One connection, used in the thread that opened it.

    WAL with ``synchronous=NORMAL``: a commit survives kill -9; a durable transaction survives loss of power too.
    """

    def __init__(self, path: Path | None) -> None:
        """Name the file; ``None`` is a database in memory that ends with ``close``."""
        self._path = path
        self._lock = InstanceLock(path.with_name(path.name + ".lock")) if path is not None else None
        self._connection: sqlite3.Connection | None = None
        self._checkpointer: Checkpointer | None = None
        self._depth = 0
        self._pending = False
        """Whether a transaction is open that was to be committed soon."""

    @property
    def name(self) -> str:
        """The file as messages call it."""
        return ":memory:" if self._path is None else str(self._path)

    def open(self) -> None:
        """Lock the file, check that it is whole, bring its layout up to date. Makes file and folders where missing.

        :raises ConfigError: another process owns it, it is damaged, another program's, made by a newer version, or
            cannot be written.
        """
        if self._connection is not None:
            raise RuntimeError(f"store '{self.name}' is open already")
        try:
            if self._path is not None and self._lock is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._lock.acquire()
                # What people said is in here, so nobody else reads it; WAL and index inherit the mode.
                os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._connection = sqlite3.connect(self._path or ":memory:", isolation_level=None, timeout=5.0)
            self._prepare()
            if self._path is not None:
                self._checkpointer = Checkpointer(self._path)
                self._checkpointer.open()
        except OSError as error:
            self.close()
            raise ConfigError(
                f"store '{self.name}' cannot be opened: {error.strerror}; mend that or name another file"
            ) from error
        except BaseException:
            self.close()
            raise

    @classmethod
    def copy_of(cls, source: sqlite3.Connection) -> Database:
        """Copy another connection's database into memory, open.

        :raises ConfigError: it is damaged, or of another program or a newer version.
        :raises sqlite3.Error: it cannot be read.
        """
        copy = cls(None)
        copy._connection = sqlite3.connect(":memory:", isolation_level=None)
        source.backup(copy._connection)
        copy._prepare()
        return copy

    def close(self) -> None:
        """Close the connection and give the lock back. May be called after a failed or no ``open``."""
        try:
            if self._connection is not None:
                self._settle_late()
            if self._checkpointer is not None:
                self._checkpointer.close()
                self._checkpointer = None
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        finally:
            if self._lock is not None:
                self._lock.release()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement; outside ``transaction`` it has committed when this returns.

        :raises ConfigError: the disk is full, gone or damaged.
        :raises sqlite3.IntegrityError: a constraint of the layout; the caller says what it means.
        """
        cursor = self._run(statement, values)
        if self._pending and not self._depth and not statement.startswith("SELECT"):
            self._commit()
        if self._checkpointer is not None:
            self._checkpointer.committed()
        return cursor

    @contextmanager
    def transaction(self, *, durable: bool = False, soon: bool = False) -> Iterator[None]:
        """Commit everything inside at once, or nothing of it.

        :param durable: the disk has it, too, when the block ends.
        :param soon: it is committed with whatever is written next, in the next turn of the loop at the latest; a commit
            then serves several. For what nobody has acted on before that.
        """
        if durable:
            self.settle()
            self.execute("PRAGMA synchronous = FULL")
        try:
            joins = self._pending
            self._run("SAVEPOINT part" if joins else "BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._undo(*(("ROLLBACK TO part", "RELEASE part") if joins else ("ROLLBACK",)))
                raise
            finally:
                self._depth -= 1
            if joins:
                self._run("RELEASE part")
            if not (soon and self._will_settle()):
                self._commit()
        finally:
            if durable:
                self.execute("PRAGMA synchronous = NORMAL")

    def settle(self) -> None:
        """Commit what was to be committed soon.

        :raises ConfigError: it cannot be written; then it is undone.
        """
        if self._pending and not self._depth:
            self._commit()

    def _will_settle(self) -> bool:
        if not self._pending:
            try:
                asyncio.get_running_loop().call_soon(self._settle_late)
            except RuntimeError:  # no loop turns here
                return False
            self._pending = True
        return True

    def _settle_late(self) -> None:
        try:
            self.settle()
        except ConfigError as error:
            _log.error("what was to be written soon is lost: %s", error.message)

    def _commit(self) -> None:
        self._pending = False
        try:
            self._run("COMMIT")
        except BaseException:
            self._undo("ROLLBACK")
            raise
        if self._checkpointer is not None:
            self._checkpointer.committed()

    def _undo(self, *statements: str) -> None:
        for statement in statements:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute(statement)
        if self._connection is None or not self._connection.in_transaction:  # some errors undo all by themselves
            self._pending = False

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if self._connection is None:
            raise RuntimeError(f"store '{self.name}' is not open; call open() first")
        try:
            return self._connection.execute(statement, values)
        except sqlite3.DatabaseError as error:
            kind = "_".join(getattr(error, "sqlite_errorname", "").split("_")[:2])
            if kind not in _REMEDIES:
                raise
            raise ConfigError(f"store '{self.name}' cannot be used: {error}; {_REMEDIES[kind]}") from error

    def _prepare(self) -> None:
        version, application = self._scalar("PRAGMA user_version"), self._scalar("PRAGMA application_id")
        if application != APPLICATION_ID and (application or version or self._scalar("PRAGMA page_count")):
            raise ConfigError(f"store '{self.name}' is a database of another program; name another file")
        if version > len(MIGRATIONS):
            raise ConfigError(
                f"store '{self.name}' has layout {version}, this program knows up to {len(MIGRATIONS)};"
                " use the newer program that made it, or name another file"
            )
        if (damage := self._scalar("PRAGMA quick_check(1)")) != "ok":
            raise ConfigError(f"store '{self.name}' is damaged: {damage}; {_REMEDIES['SQLITE_CORRUPT']}")
        if application != APPLICATION_ID:
            # First of all writes: a new file whose making is killed from here on is known as ours.
            self.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._scalar("PRAGMA journal_mode = WAL")
        self._scalar("PRAGMA wal_autocheckpoint = 0")
        self.execute("PRAGMA synchronous = NORMAL")
        self.execute("PRAGMA foreign_keys = ON")
        for step, statements in enumerate(MIGRATIONS[version:], start=version + 1):
            with self.transaction():
                for statement in statements:
                    self.execute(statement)
                self.execute(f"PRAGMA user_version = {step}")

    def _scalar(self, statement: str) -> Any:
        return self.execute(statement).fetchone()[0]
