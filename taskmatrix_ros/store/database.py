"""The SQLite file and its connection."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.together import Together
from taskmatrix_ros.store.checkpointer import Checkpointer
from taskmatrix_ros.store.instance_lock import InstanceLock
from taskmatrix_ros.store.migrations import APPLICATION_ID, MIGRATIONS
from taskmatrix_ros.store.redo_log import Entry, Redo, RedoLog, read_redo, redo_file

_log = logging.getLogger(__name__)

_KEEP_S = 0.001
"""Seconds until what is to be written soon is kept, if nothing is kept before: what comes in goes first."""

_APPLY_S = 0.25
"""Seconds that the tables may be behind what is kept: one transaction then serves many. What comes in goes first."""

_SLICE = 500
"""Statements that the tables get at once, a millisecond or two of the loop's time: then it looks what has come in."""

_MOST_LATE = 8000
"""Statements that the tables are behind, at which they get some whatever comes in."""

_TOO_LATE = 10_000
"""Statements from which on nothing more is kept before the tables have them: they cannot be written."""

_RETRY_S = 1.0

_COPIES = 10
"""How often a store that somebody else writes is copied, at most, until it fits what is kept beside it."""

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

    def __init__(self, path: Path | None, together: Together | None = None) -> None:
        """Name the file; ``None`` is a database in memory that ends with ``close``.

        :param together: while more is coming, what is to survive waits, so that one row serves all. What is held back
            there goes out before it is kept that it did.
        """
        self._path = path
        self._together = together or Together()
        self._waiting: list[Callable[[ConfigError | None], None]] = []
        self._lock = InstanceLock(path.with_name(path.name + ".lock")) if path is not None else None
        self._redo: RedoLog | None = None
        self._connection: sqlite3.Connection | None = None
        self._checkpointer: Checkpointer | None = None
        self._depth = 0
        self._late: dict[object, Entry] = {}
        """What the tables do not have yet, by key: of entries of one key only the latest is run."""
        self._unkept: dict[object, Entry] = {}
        """What of it does not survive kill -9 yet."""
        self._staged: dict[object, Entry] | None = None
        """Inside ``soon``: what becomes part of both at its end."""
        self._gathered: tuple[Callable[[], None], ...] = ()
        self._scheduled = self._applies = False

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
            life = self._prepare(None if self._path is None else read_redo(redo_file(self._path)))
            if self._path is not None:
                self._redo = RedoLog(redo_file(self._path))
                self._redo.begin(life)
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
    def copy_of(cls, path: Path) -> Database:
        """Copy a store, which another process may own, into memory, open; nothing is written to it.

        :raises ConfigError: it is damaged, or of another program or a newer version.
        :raises sqlite3.Error: it cannot be read.
        """
        copy = cls(None)
        copy._connection = sqlite3.connect(":memory:", isolation_level=None)
        source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)
        try:
            for _ in range(_COPIES):
                source.backup(copy._connection)
                redo = read_redo(redo_file(path))
                if _life_of(source) == _life_of(copy._connection):
                    break  # nothing was taken out of it meanwhile: it has all that the tables have a part of
        finally:
            source.close()
        copy._prepare(redo)
        return copy

    def close(self) -> None:
        """Close the connection and give the lock back. May be called after a failed or no ``open``."""
        try:
            self._apply_all()
            if self._redo is not None:
                self._redo.close(done=not self._late)
                self._redo = None
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
        if not self._depth:
            if self._scheduled or self._late or self._staged:
                self.apply()
            else:
                self._together.let_go()
        cursor = self._run(statement, values)
        if self._checkpointer is not None:
            self._checkpointer.committed()
        return cursor

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """Commit everything inside at once, or nothing of it.

        :param durable: the disk has it, too, when the block ends.
        """
        if durable:
            self.execute("PRAGMA synchronous = FULL")
        try:
            self.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                if self._connection is not None and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1
        finally:
            if durable:
                self.execute("PRAGMA synchronous = NORMAL")

    # --- what may be written a little later

    def write_soon(self, statement: str, values: Sequence[Any] = (), *, key: object = None) -> None:
        """Have a statement run a little later, in the order of its coming and before any other that is run.

        It survives kill -9 once ``keep`` was called, which happens by itself within a few milliseconds. What is kept is
        one line with all that came since, cheap to write; the tables are brought up to date for many at once.
        Without a loop it is run at once. A constraint that it breaks is a fault of the program, and logged.

        :param key: of what it makes the whole state of, such as a row; it takes the place of an earlier statement of
            that key that was not run yet.
        """
        if self._depth or not (self._scheduled or self.waits()):
            self.execute(statement, values)
            return
        entry = (statement, values)
        key = object() if key is None else key
        if self._staged is None:
            self._late[key] = self._unkept[key] = entry
        else:
            self._staged[key] = entry

    def soon(self) -> AbstractContextManager[None]:
        """Take what ``write_soon`` is given inside as one: nothing of it is written where the block fails."""
        return _Staging(self)

    def stage(self) -> None:
        """Hold back what ``write_soon`` is given from now on."""
        self._staged = {}

    def unstage(self, *, whole: bool) -> None:
        """Take it over, or forget it where it is not whole."""
        if whole:
            self._take_over()
        self._staged = None

    def _take_over(self) -> None:
        if self._staged:
            self._late |= self._staged
            self._unkept |= self._staged
            self._staged = {}

    def keep(self) -> None:
        """Have what is to be written soon survive kill -9 from now on.

        :raises ConfigError: it cannot be written; it is tried again.
        """
        self._together.let_go()
        if self._unkept and len(self._late) > _TOO_LATE:
            self._bring_up()
        if self._unkept:
            if self._redo is not None:
                self._redo.append(self._unkept.values())
            self._unkept = {}

    async def kept(self) -> None:
        """Wait until what is to be written soon survives kill -9: now, or with what comes in together with it.

        :raises ConfigError: it cannot be written; it is tried again.
        """
        if not self._unkept:
            return
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def tell(failure: ConfigError | None) -> None:
            if kept.done():
                return  # whoever waited was cancelled
            if failure is None:
                kept.set_result(None)
            else:
                kept.set_exception(failure)

        if not self.when_kept(tell):
            await kept

    def when_kept(self, do: Callable[[ConfigError | None], None]) -> bool:
        """Have ``do`` called as soon as ``kept`` would have waited long enough, with what it would raise.

        :returns: True: nothing has to be waited for, and ``do`` is not called.
        :raises ConfigError: it cannot be written; it is tried again.
        """
        if not self._unkept:
            return True
        if not self._waiting and not self._together.at_end(self._keep_for_all):
            self.keep()
            return True
        self._waiting.append(do)
        return False

    def _keep_for_all(self) -> None:
        waiting, self._waiting = self._waiting, []
        failure: ConfigError | None = None
        try:
            self.keep()
        except ConfigError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear of it, or wait for ever
            _log.exception("store '%s': what came in together could not be kept", self.name)
            failure = ConfigError(f"store '{self.name}': internal fault: {error!r}; see the log")
        for do in waiting:
            try:
                do(failure)
            except Exception:  # noqa: BLE001 - the others wait, too
                _log.exception("what waited to be kept failed: %r", do)

    def take_back(self, key: object) -> None:
        """Forget what was to be written soon, the first of its key, and could not be kept."""
        if self._unkept.pop(key, None) is not None:
            self._late.pop(key)

    def gather(self, write: Callable[[], None]) -> None:
        """Have ``write`` called before long, and before anything else is run: it adds what it has gathered."""
        self._gathered = (*self._gathered, write)

    def waits(self) -> bool:
        """Whether what is written soon is kept by itself before long; without a loop nothing waits."""
        if self._scheduled:
            return True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        self._scheduled = True
        loop.call_later(_KEEP_S, self._keep_late, loop)
        return True

    def apply(self) -> None:
        """Bring the tables up to date.

        :raises ConfigError: that cannot be written; what was kept is done by the next start.
        """
        self._gather_up()
        self._bring_up()

    def _gather_up(self) -> None:
        for write in self._gathered:
            write()
        self._take_over()

    def _bring_up(self) -> None:
        self._together.let_go()
        if not self._late:
            return
        with self._commit():
            self._write_late(self._late.values())
            if self._redo is not None:
                self._run("UPDATE redo_life SET applied = ?", (self._redo.last,))
        self._late, self._unkept = {}, {}
        if self._redo is not None:
            self._redo.applied()

    def _bring_up_some(self) -> None:
        """Bring the tables a little nearer. All of it is kept: a start does it again, in its order and whole."""
        self.keep()
        if len(self._late) <= _SLICE or self._redo is None or self._redo.is_long:
            self._bring_up()
            return
        first = tuple(islice(self._late.items(), _SLICE))
        with self._commit():
            self._write_late(entry for _, entry in first)
        for key, _ in first:
            del self._late[key]

    @contextmanager
    def _commit(self) -> Iterator[None]:
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        if self._checkpointer is not None:
            self._checkpointer.committed()

    def _write_late(self, entries: Iterable[Entry]) -> None:
        for statement, values in entries:
            try:
                self._run(statement, values)
            except sqlite3.IntegrityError:
                _log.exception("store '%s': %s with %s was not written", self.name, statement[:60], values)

    def _keep_late(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._connection is None:
            return
        for write in self._gathered:
            write()
        self._scheduled = False
        try:
            self.keep()
            if len(self._late) >= _MOST_LATE:
                self._bring_up_some()
            if self._late and not self._applies:
                self._applies = True
                self._together.when_quiet(_APPLY_S, self._apply_late)
        except ConfigError as error:
            _log.error("what is to be written soon is not yet: %s", error.message)
            self._scheduled = True
            loop.call_later(_RETRY_S, self._keep_late, loop)

    def _apply_all(self) -> None:
        if self._connection is None:
            return
        try:
            self.apply()
        except ConfigError as error:
            _log.error("%s; what was kept is done by the next start", error.message)

    def _apply_late(self) -> None:
        """Bring the tables up to date, slice by slice."""
        self._applies = False
        if self._connection is None:
            return
        try:
            self._gather_up()
            self._bring_up_some()
        except ConfigError as error:
            _log.error("%s; what was kept is done by the next start", error.message)
            return
        if self._late:
            self._applies = True
            self._together.when_quiet(0.0, self._apply_late)

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

    def _prepare(self, redo: Redo | None) -> str:
        """Check the file, and finish what the last life kept. :returns: the name of the life that begins."""
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
        life, applied = self.execute("SELECT life, applied FROM redo_life").fetchone()
        left = [] if redo is None else list(redo.after(life, applied))
        life = new_id()
        with self.transaction(durable=bool(left)):  # the file that has it is emptied next
            self._write_late(left)
            self.execute("UPDATE redo_life SET life = ?, applied = 0", (life,))
        return life

    def _scalar(self, statement: str) -> Any:
        return self.execute(statement).fetchone()[0]


def _life_of(connection: sqlite3.Connection) -> tuple[str, int] | None:
    """Give the life of a store and how much of it the tables have for good; None where its layout is older."""
    try:
        life, applied = connection.execute("SELECT life, applied FROM redo_life").fetchone()
    except sqlite3.OperationalError:
        return None
    return life, applied


class _Staging:
    """What is between ``stage`` and ``unstage``. No generator: it is entered for every change that a rule hears of."""

    __slots__ = ("_database",)

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> None:
        self._database.stage()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._database.unstage(whole=kind is None)
