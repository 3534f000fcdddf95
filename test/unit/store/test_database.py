"""The file: one owner, whole or refused, never half migrated."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.store import database as database_module
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.migrations import MIGRATIONS

WRITER = Path(__file__).with_name("journal_writer.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def opened(path: Path | None) -> Database:
    database = Database(path)
    database.open()
    return database


def refusal(path: Path) -> str:
    before = path.read_bytes() if path.is_file() else b""
    database = Database(path)
    with pytest.raises(ConfigError) as caught:
        database.open()
    assert (path.read_bytes() if path.is_file() else b"") == before, "a refused file is left as it was"
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    with pytest.raises(RuntimeError, match="not open"):
        database.execute("SELECT 1")
    return caught.value.message


def test_folders_are_made_and_nobody_else_reads(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "home.db"
    database = opened(path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.with_name("home.db-wal").stat().st_mode & 0o077 == 0
    database.close()
    database.close()
    assert not path.with_name("home.db-wal").exists()


def test_memory() -> None:
    database = opened(None)
    assert database.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    database.close()


def test_nothing_happens_before_open(tmp_path: Path) -> None:
    Database(tmp_path / "home.db").close()
    assert list(tmp_path.iterdir()) == []


def test_open_twice_is_a_fault(tmp_path: Path) -> None:
    database = opened(tmp_path / "home.db")
    with pytest.raises(RuntimeError, match="open already"):
        database.open()
    database.close()


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    database = opened(path)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    database.close()
    assert "newer program" in refusal(path)


@pytest.mark.parametrize(
    "content", [b"not a database, but longer than the header of one, " * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "home.db"
    path.write_bytes(content)
    assert "move it away" in refusal(path)


def test_damaged_pages_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    database = opened(path)
    with database.transaction():
        for number in range(500):
            database.execute("INSERT INTO runs VALUES (?, NULL, 0, ?, '{}')", (f"{number:026}", "x" * 200))
    database.close()
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 + 8 : page * 4096 + 200] = b"\xff" * 192
    path.write_bytes(content)
    assert "move it away" in refusal(path)


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE states (x)")
    connection.commit()
    connection.close()
    assert "another program" in refusal(path)


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    path.touch()
    opened(path).close()
    assert path.stat().st_size > 0


def test_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home.db").mkdir()
    assert "cannot be opened" in refusal(tmp_path / "home.db")


def test_a_file_as_parent_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be opened" in refusal(tmp_path / "file" / "home.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be opened" in refusal(tmp_path / "home.db")


def test_a_migration_is_taken_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "home.db"
    opened(path).close()
    monkeypatch.setattr(
        database_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE extra (x)",), ("CREATE TABLE other (x)", "BROKEN"))
    )
    with pytest.raises(sqlite3.OperationalError):
        opened(path)
    monkeypatch.setattr(database_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE extra (x)",)))
    database = opened(path)
    assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert database.execute("SELECT name FROM sqlite_schema WHERE name IN ('extra', 'other')").fetchall() == [
        ("extra",)
    ]
    database.close()


def test_a_transaction_is_whole_or_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path / "home.db")

    def fail() -> None:
        with database.transaction():
            database.execute("INSERT INTO latch VALUES (1, 'x')")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert database.execute("SELECT count(*) FROM latch").fetchone() == (0,)
    database.close()


def test_a_full_disk_is_a_config_error_and_leaves_what_was_there(tmp_path: Path) -> None:
    database = opened(tmp_path / "home.db")
    database.execute("INSERT INTO latch VALUES (1, 'here before')")
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        with database.transaction():
            for number in range(100):
                database.execute("INSERT INTO runs VALUES (?, NULL, 1, ?, '{}')", (str(number), "x" * 4000))

    with pytest.raises(ConfigError, match="free space"):
        fill()
    assert database.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    assert database.execute("SELECT reason FROM latch").fetchone() == ("here before",)
    database.close()


def test_another_thread_may_not_use_it(tmp_path: Path) -> None:
    database = opened(tmp_path / "home.db")
    caught: list[Exception] = []

    def use() -> None:
        try:
            database.execute("SELECT 1")
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert caught
    database.close()


def test_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    first = opened(path)
    with pytest.raises(ConfigError, match=f"in use by process {os.getpid()}"):
        opened(path)
    first.close()
    opened(path).close()


def test_one_owner_among_processes_until_it_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "home.db"
    with subprocess.Popen([sys.executable, WRITER, path], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(ConfigError, match=r"home\.db' is in use by process \d+; end that one"):
            opened(path)
        other.kill()
        other.wait()
    opened(path).close()
