"""What a start reads of the file that is written before the tables: whole rows of this life, in their order."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.store.redo_log import Entry, RedoLog, Repeated, read_redo

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
)
ROWS = st.lists(
    st.lists(st.tuples(st.sampled_from(["INSERT a", "INSERT b", "DELETE"]), st.lists(VALUES, max_size=4)), max_size=4),
    max_size=6,
)


def entries(number: int) -> list[Entry]:
    return [("INSERT", [number, "line\n", None])]


def written(path: Path, life: str, rows: int) -> RedoLog:
    log = RedoLog(path)
    log.begin(life)
    for number in range(1, rows + 1):
        log.append(entries(number))
    return log


@given(ROWS)
def test_what_is_appended_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[list[Entry]]) -> None:
    path = tmp_path_factory.mktemp("redo") / "redo"
    log = RedoLog(path)
    log.begin("life")
    for row in rows:
        log.append(row)
    read = read_redo(path)
    assert [number for number, _ in read.rows] == list(range(1, len(rows) + 1))
    assert [list(row) for _, row in read.rows] == rows
    assert list(read.after("life", 0)) == [entry for row in rows for entry in row]
    log.close(done=True)
    assert not path.exists()


def test_a_repeated_text_is_written_once(tmp_path: Path) -> None:
    log = RedoLog(tmp_path / "redo")
    log.begin("life")
    text = "long " * 1000
    for number in range(3):
        log.append([("INSERT", [number, Repeated(text)])])
    assert len((tmp_path / "redo").read_bytes()) < 2 * len(text)
    assert list(read_redo(tmp_path / "redo").after("life", 0)) == [("INSERT", [number, text]) for number in range(3)]
    log.close(done=True)


def test_only_rows_of_this_life_that_the_tables_lack_are_run(tmp_path: Path) -> None:
    written(tmp_path / "redo", "mine", 4).close(done=False)
    redo = read_redo(tmp_path / "redo")
    assert list(redo.after("mine", 2)) == [*entries(3), *entries(4)]
    assert list(redo.after("mine", 4)) == []
    assert list(redo.after("another", 0)) == []
    assert list(read_redo(tmp_path / "missing").after("", 0)) == []


def test_a_new_life_begins_empty(tmp_path: Path) -> None:
    written(tmp_path / "redo", "first", 4).close(done=False)
    written(tmp_path / "redo", "second", 1).close(done=False)
    assert list(read_redo(tmp_path / "redo").after("second", 0)) == entries(1)


def test_rows_after_a_gap_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As when loss of power took commits that the file was emptied after."""
    log = written(tmp_path / "redo", "life", 3)
    log._empty()
    log.append(entries(4))
    log.close(done=False)
    redo = read_redo(tmp_path / "redo")
    assert list(redo.after("life", 2)) == []
    assert "rows before 4 are missing" in caplog.text
    assert list(redo.after("life", 3)) == entries(4)


def test_cut_anywhere_it_reads_as_what_was_whole(tmp_path: Path) -> None:
    """Never more and never something else: each place of the last two rows, and each byte of them flipped."""
    written(tmp_path / "redo", "life", 3).close(done=False)
    content = (tmp_path / "redo").read_bytes()
    ends = [index + 1 for index, byte in enumerate(content) if byte == ord("\n")]
    other = tmp_path / "other"
    for size in range(ends[1], len(content)):
        whole = sum(end <= size for end in ends) - 1
        other.write_bytes(content[:size])
        assert list(read_redo(other).after("life", 0)) == [entry for n in range(1, whole + 1) for entry in entries(n)]
        whole = sum(end <= size for end in ends) - 1
        other.write_bytes(content[:size] + bytes([content[size] ^ 1]) + content[size + 1 :])
        assert list(read_redo(other).after("life", 0)) == [entry for n in range(1, whole + 1) for entry in entries(n)]


def test_a_long_file_is_emptied_once_the_tables_have_it(tmp_path: Path) -> None:
    log = written(tmp_path / "redo", "life", 1)
    log.applied()
    assert len(read_redo(tmp_path / "redo").rows) == 1
    log.append([("INSERT", ["x" * 2_000_000])])
    log.applied()
    assert not read_redo(tmp_path / "redo").rows
    log.append(entries(3))
    assert list(read_redo(tmp_path / "redo").after("life", 2)) == entries(3)
    log.close(done=True)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "redo").mkdir()
    with pytest.raises(ConfigError, match=r"redo' cannot be read.*make it readable"):
        read_redo(tmp_path / "redo")


def test_a_write_that_failed_leaves_no_name_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement first used in a row that was not written is told again in the next."""
    log = written(tmp_path / "redo", "life", 1)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(ConfigError, match="redo' cannot be written: No space left on device; free space"):
        log.append([("UPDATE", [Repeated("text")])])
    monkeypatch.undo()
    log.append([("UPDATE", [Repeated("text")])])
    assert list(read_redo(tmp_path / "redo").after("life", 0)) == [*entries(1), ("UPDATE", ["text"])]
    log.close(done=True)
