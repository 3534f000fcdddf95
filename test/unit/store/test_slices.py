"""The tables get what was kept slice by slice: whoever looks in between, or starts after a kill, finds it whole."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from episodes import call, episode
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_written_soon import as_killed

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.core.together import Together
from taskmatrix_ros.store import database as database_module
from taskmatrix_ros.store import redo_log
from taskmatrix_ros.store.audit_head import AuditHead, Head, read_audit_head
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal
from taskmatrix_ros.store.redo_log import Redo, read_redo, redo_file

Tables = dict[str, list[tuple[Any, ...]]]


def tables(database: Database) -> Tables:
    return {
        name: database.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall()
        for name in ("runs", "calls", "audit_head")
    }


def after_a_kill(store: Path) -> Tables:
    later = Database(as_killed(store.parent))
    later.open()
    try:
        assert later.execute("PRAGMA foreign_key_check").fetchall() == []
        return tables(later)
    finally:
        later.close()


def copied(store: Path) -> Tables:
    copy = Database.copy_of(store)
    try:
        return tables(copy)
    finally:
        copy.close()


@pytest.fixture(autouse=True)
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_SLICE", 3)


def play(folder: Path, scenario: Callable[[Database], Awaitable[None]], together: Together | None = None) -> None:
    async def main() -> None:
        database = Database(folder / "store.sqlite", together)
        database.open()
        try:
            await scenario(database)
        finally:
            database.close()

    asyncio.run(main())


class Life:
    """Runs that are saved, call and end, in one store or several."""

    def __init__(self, *databases: Database) -> None:
        self.databases = databases
        self.journals = [SqliteJournal(database) for database in databases]
        self.runs = [episode(text=f"run {number}") for number in range(4)]
        self.calls = {run.run_id: [call(run) for _ in range(3)] for run in self.runs}
        self.saved: set[str] = set()
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.heads = 0

    def save(self, run: Episode, status: RunStatus = RunStatus.RUNNING) -> None:
        self.saved.add(run.run_id)
        for journal in self.journals:
            journal.save_run(run.model_copy(update={"status": status, "summary": status.value}), soon=True)

    def begin(self, run: Episode) -> None:
        new = next((one for one in self.calls[run.run_id] if one.call_id not in self.begun), None)
        if run.run_id in self.saved and new is not None:
            self.begun.append(new.call_id)
            for journal in self.journals:
                journal.begin_call(new, durable=False, new=True)

    def end(self) -> None:
        for call_id in self.begun:
            if call_id not in self.ended:
                self.ended.append(call_id)
                outcome = Outcome(call_id=call_id, status=Status.SUCCEEDED)
                for journal in self.journals:
                    journal.end_call(outcome, soon=True)
                return

    def head(self) -> None:
        self.heads += 1
        for database in self.databases:
            AuditHead(database).write(Head(self.heads, "mac", "seal"))

    def do(self, what: str, number: int) -> None:
        run = self.runs[number]
        if what == "save":
            self.save(run)
        elif what == "done":
            self.save(run, RunStatus.SUCCEEDED)
        elif what == "begin":
            self.begin(run)
        elif what == "end":
            self.end()
        elif what == "head":
            self.head()


@example([("save", 0), ("save", 1), ("begin", 0), ("head", 0)])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["save", "save", "done", "begin", "begin", "end", "head", "slice", "slice", "full"]),
            st.integers(0, 3),
        ),
        max_size=25,
    )
)
def test_a_kill_between_two_slices_leaves_what_one_commit_would_have(
    tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, int]]
) -> None:
    """Also where the disk was full in one, and for whoever copies the store or reads the audit head meanwhile."""
    folder = tmp_path_factory.mktemp("slices")
    store = folder / "node" / "store.sqlite"

    async def scenario() -> None:
        sliced, whole = Database(store), Database(folder / "whole.sqlite")
        sliced.open()
        whole.open()
        life = Life(sliced, whole)
        try:
            for what, number in (*story, ("slice", 0)):
                life.do(what, number)
                if what == "full":
                    pages = sliced._run("PRAGMA page_count").fetchone()[0]
                    sliced._run(f"PRAGMA max_page_count = {pages}")
                if what in ("slice", "full"):
                    try:
                        sliced._bring_up_some()
                    except ConfigError:
                        assert what == "full"
                    sliced._run("PRAGMA max_page_count = 1000000")
                    expected = tables(whole)
                    assert copied(store) == expected
                    assert after_a_kill(store) == expected
                    head = read_audit_head(store)
                    assert (0 if head is None else head.count) == life.heads
            assert tables(sliced) == tables(whole)
        finally:
            sliced.close()
            whole.close()

    asyncio.run(scenario())


def test_who_copies_a_store_finds_one_moment_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice, or all of it, comes in while it is copied."""
    store = tmp_path / "store.sqlite"

    def racing(first: Callable[[], None], then: Callable[[], None]) -> Callable[[Path], Redo]:
        steps = iter((first, then))

        def read(path: Path) -> Redo:
            next(steps, lambda: None)()
            found = read_redo(path)
            next(steps, lambda: None)()
            return found

        return read

    async def scenario(database: Database) -> None:
        monkeypatch.setattr(redo_log, "_FULL_BYTES", 0)
        life = Life(database)
        for run in life.runs:
            life.save(run)
        database.apply()
        moments = [copied(store)]

        def more() -> None:
            life.begin(life.runs[0])
            for run in life.runs:
                life.save(run, RunStatus.SUCCEEDED)
            database._bring_up_some()

        monkeypatch.setattr(database_module, "read_redo", racing(lambda: None, more))
        found = copied(store)
        moments.append(copied(store))
        assert found in moments
        monkeypatch.setattr(database_module, "read_redo", racing(database.apply, lambda: None))
        assert copied(store) == moments[-1]

    play(tmp_path, scenario)


def test_a_store_that_is_closed_in_the_middle_has_it_all(tmp_path: Path) -> None:
    store = tmp_path / "store.sqlite"

    async def scenario(database: Database) -> None:
        life = Life(database)
        for run in life.runs:
            life.save(run)
        database._bring_up_some()
        assert len(database._late) == 1

    play(tmp_path, scenario)
    assert not redo_file(store).exists()
    assert len(after_a_kill(store)["runs"]) == 4


def in_the_tables(store: Path) -> int:
    connection = sqlite3.connect(store)
    try:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    finally:
        connection.close()


@pytest.fixture
def always_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Together, "is_busy", property(lambda _self: True))
    monkeypatch.setattr(database_module, "_APPLY_S", 0.001)


@pytest.mark.usefixtures("always_busy")
def test_the_tables_get_it_however_busy_it_is(tmp_path: Path) -> None:
    async def scenario(database: Database) -> None:
        journal = SqliteJournal(database)
        for _ in range(20):
            journal.save_run(episode(), soon=True)
        async with asyncio.timeout(60):
            while in_the_tables(tmp_path / "store.sqlite") < 20:
                await asyncio.sleep(0.001)

    play(tmp_path, scenario)


@pytest.mark.usefixtures("always_busy")
def test_how_far_they_are_behind_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_MOST_LATE", 10)
    monkeypatch.setattr(database_module, "_APPLY_S", 1000.0)

    async def scenario(database: Database) -> None:
        journal = SqliteJournal(database)
        for number in range(200):
            journal.save_run(episode(), soon=True)
            async with asyncio.timeout(60):
                while database._unkept:
                    await asyncio.sleep(0.0005)
            assert len(database._late) <= 10, number

    play(tmp_path, scenario)


def test_a_file_that_has_become_long_is_not_put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redo_log, "_LONG_BYTES", 2000)
    monkeypatch.setattr(redo_log, "_FULL_BYTES", 0)

    async def scenario(database: Database) -> None:
        journal = SqliteJournal(database)
        for _ in range(100):
            for _ in range(5):
                journal.save_run(episode(), soon=True)
            database._bring_up_some()
            assert redo_file(tmp_path / "store.sqlite").stat().st_size < 10_000

    play(tmp_path, scenario)
