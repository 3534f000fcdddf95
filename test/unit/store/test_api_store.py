"""The tables of API documents: what follows them is told inside their transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from taskmatrix_ros.store.api_store import ApiStore, Change
from taskmatrix_ros.store.database import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Tables:
    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "store.sqlite")
        self.database.open()
        self.store = ApiStore(self.database)
        self.store.open()
        self.told: list[tuple[list[str], list[str]]] = []

    def follow(self, put: Sequence[str], gone: Sequence[str]) -> None:
        self.told.append((sorted(put), sorted(gone)))

    def write(self, name: str, *, approved: bool = True) -> None:
        self.store.write(
            name, "{}", package="p", kind="http", speaks=False, quality=1.0, danger="d",
            change=Change.REGISTERED, author="me", at=NOW,
        )  # fmt: skip
        if approved:
            self.store.approve(name, "d", "boss")
        self.store.settle(name)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    tables = Tables(tmp_path)
    yield tables
    tables.database.close()


def test_a_follower_is_told_once_for_each_transaction(tables: Tables) -> None:
    undo = tables.store.follow(tables.follow)
    with tables.store.transaction():
        tables.write("a")
        tables.write("b", approved=False)
        with tables.store.transaction():
            tables.write("c")
        assert tables.told == []
    assert tables.told == [(["a", "c"], ["b"])]
    assert tables.store.revision == 1
    with tables.store.transaction():
        tables.store.delete("a", author="me", at=NOW)
        tables.store.approve("b", "d", "boss")
        tables.store.settle("b")
    assert tables.told[1:] == [(["b"], ["a"])]
    assert tables.store.changes(1) == (["b"], ["a"])
    undo()
    with tables.store.transaction():
        tables.write("a")
    assert len(tables.told) == 2


def test_what_a_follower_cannot_write_is_not_written_at_all(tables: Tables) -> None:
    tables.database.execute("CREATE TABLE mirror (name TEXT PRIMARY KEY)")

    def mirror(put: Sequence[str], _gone: Sequence[str]) -> None:
        for name in put:
            tables.database.execute("INSERT INTO mirror VALUES (?)", (name,))
        if "bad" in put:
            raise RuntimeError("the index is full")

    tables.store.follow(mirror)
    with tables.store.transaction():
        tables.write("good")
    with pytest.raises(RuntimeError, match="full"), tables.store.transaction():
        tables.write("bad")
    assert tables.store.entry("bad") is None
    assert tables.store.revision == 1
    assert tables.database.execute("SELECT name FROM mirror").fetchall() == [("good",)]


def test_numbers_and_revisions_outlive_a_restart(tables: Tables) -> None:
    with tables.store.transaction():
        tables.write("a")
    with tables.store.transaction():
        tables.write("b")
    before = tables.store.entry("b")
    assert before is not None
    tables.database.close()
    tables.database.open()
    again = ApiStore(tables.database)
    again.open()
    assert again.revision == 2
    with again.transaction():
        again.delete("b", author="me", at=NOW)
    assert [version.change for version in again.versions("b")] == [Change.REGISTERED, Change.DELETED]
    entry = again.entry("b")
    assert entry is not None
    assert (entry.number, entry.deleted, entry.active, entry.approved) == (before.number, True, False, "")


def test_documents_change_inside_a_transaction_only(tables: Tables) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        tables.write("a")
