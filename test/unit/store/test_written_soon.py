"""What is written soon: kept beside the tables at once, and in them a moment later."""

from __future__ import annotations

import asyncio
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from episodes import call, episode

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.eager_task import start_now
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.run import Episode, RunStatus
from taskmatrix_ros.core.together import Together
from taskmatrix_ros.store.database import _TOO_LATE, Database
from taskmatrix_ros.store.journal import SqliteJournal
from taskmatrix_ros.store.redo_log import read_redo, redo_file
from taskmatrix_ros.store.stored_run import read_run


def as_killed(folder: Path) -> Path:
    """Copy the store of a folder with all that is beside it, as kill -9 would leave it. :returns: the copy."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in folder.glob("store.sqlite*"):
        shutil.copy(file, copy)
    return copy / "store.sqlite"


def test_what_is_held_back_goes_out_before_it_is_kept_that_it_did(tmp_path: Path) -> None:
    """Else a kill in between would leave a call that is written down as done and was never sent."""
    store = tmp_path / "store.sqlite"

    def kept(database: Database, write: Callable[[], object]) -> list[int]:
        """Give how many rows outlive a kill at the moment in which what is held back goes out."""
        rows = list[int]()
        together = database._together

        def send() -> None:
            database.write_soon("INSERT INTO latch (only, reason) VALUES (1, 'sent')", ())
            assert together.hold(lambda: rows.append(_rows_after_a_kill(tmp_path)))
            write()

        with together.gathering():
            assert together.at_end(send)
        return rows

    async def scenario() -> None:
        database = Database(store, Together())
        database.open()
        try:
            assert kept(database, database.keep) == [0]
            assert _rows_after_a_kill(tmp_path) == 1
            database.execute("DELETE FROM latch")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert kept(database, lambda: database.execute("SELECT 1")) == [0]
            assert _rows_after_a_kill(tmp_path) == 1
        finally:
            database.close()

    asyncio.run(scenario())


def _rows_after_a_kill(folder: Path) -> int:
    database = Database(as_killed(folder))
    database.open()
    try:
        return len(database.execute("SELECT * FROM latch").fetchall())
    finally:
        database.close()


def test_what_is_written_soon_outlives_a_kill_from_the_next_entry_or_the_next_turn_on(tmp_path: Path) -> None:
    """Until then a reader of the same journal sees it all the same; a crash in between leaves the call in doubt."""

    def after_a_kill() -> list[bool]:
        database = Database(as_killed(tmp_path))
        database.open()
        try:
            rows = database.execute("SELECT outcome FROM calls ORDER BY call_id").fetchall()
        finally:
            database.close()
        return [outcome is not None for (outcome,) in rows]

    async def scenario() -> None:
        database = Database(tmp_path / "store.sqlite")
        database.open()
        try:
            journal = SqliteJournal(database)
            episode = Episode(instruction=Instruction(text="x"), status=RunStatus.RUNNING)
            journal.save_run(episode, soon=True)
            calls = [Call(run_id=episode.run_id, api="a", arguments={}, deadline_s=1) for _ in range(3)]
            assert after_a_kill() == []
            journal.begin_call(calls[0], durable=False, new=True)
            await journal.kept(calls[0])
            journal.end_call(Outcome(call_id=calls[0].call_id, status=Status.SUCCEEDED), soon=True)
            assert after_a_kill() == [False]
            journal.begin_call(calls[1], durable=False, new=True)
            await journal.kept(calls[1])
            assert after_a_kill() == [True, False]
            journal.end_call(Outcome(call_id=calls[1].call_id, status=Status.SUCCEEDED), soon=True)
            found = journal.run(episode.run_id)
            assert found is not None
            assert all(record.outcome is not None for record in found.calls)
            journal.begin_call(calls[2], durable=True)
            journal.end_call(Outcome(call_id=calls[2].call_id, status=Status.SUCCEEDED), soon=True)
            assert after_a_kill() == [True, True, False]
            async with asyncio.timeout(60):
                while after_a_kill() != [True, True, True]:
                    await asyncio.sleep(0.002)
        finally:
            database.close()

    asyncio.run(scenario())


@contextmanager
def no_file_longer_than(size_bytes: int) -> Iterator[None]:
    """The kernel writes what fits and refuses the rest, as where the disk is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_the_disk_has_no_room_to_apply_stays_kept(tmp_path: Path) -> None:
    """Each call that went out is known after a kill; one that cannot be kept does not go out."""

    def known_after_a_kill() -> list[str]:
        later = Database(as_killed(tmp_path))
        later.open()
        rows = later.execute("SELECT call_id FROM calls ORDER BY call_id").fetchall()
        later.close()
        return [call_id for (call_id,) in rows]

    async def scenario() -> None:
        database = Database(tmp_path / "store.sqlite")
        database.open()
        journal = SqliteJournal(database)
        episode = Episode(instruction=Instruction(text="x"), status=RunStatus.RUNNING)
        journal.save_run(episode)

        async def begin() -> str:
            call = Call(run_id=episode.run_id, api="a" * 200, arguments={}, deadline_s=1)
            journal.begin_call(call, durable=False, new=True)
            await journal.kept(call)
            return call.call_id

        try:
            sent = [await begin() for _ in range(100)]
            database.apply()
            pages = database.execute("PRAGMA page_count").fetchone()[0]
            database.execute(f"PRAGMA max_page_count = {pages}")
            sent += [await begin() for _ in range(200)]
            with pytest.raises(ConfigError, match="full"):
                database.apply()
            with no_file_longer_than(redo_file(tmp_path / "store.sqlite").stat().st_size + 100):
                for _ in range(3):  # half a line would fit
                    with pytest.raises(ConfigError, match=r"redo.*cannot be written"):
                        await begin()
            assert known_after_a_kill() == sent
            waiting = len(database._late)
            sent += [await begin() for _ in range(_TOO_LATE - waiting)]
            with pytest.raises(ConfigError, match="full"):  # what waits for the tables has a bound
                await begin()
            assert known_after_a_kill() == sent
            assert database._connection is not None
            database._connection.execute(f"PRAGMA max_page_count = {100 * pages}")  # there is room again
            sent.append(await begin())
        finally:
            database.close()
        assert known_after_a_kill() == sent
        assert not redo_file(tmp_path / "store.sqlite").exists()

    asyncio.run(scenario())


def test_what_another_store_kept_is_not_run(tmp_path: Path) -> None:
    """As where somebody removed the store, or brought back a copy, and left the file beside it."""
    store, old = tmp_path / "store.sqlite", tmp_path / "old.sqlite"
    with_one, without = episode(), Database(store)
    without.open()
    without.close()
    shutil.copy(store, old)

    async def scenario() -> None:
        database = Database(store)
        database.open()
        try:
            SqliteJournal(database).save_run(with_one, soon=True)
            database.keep()
            shutil.copy(redo_file(store), tmp_path / "redo")
            assert read_run(store, with_one.run_id) == with_one, "another process reads what the tables lack"
        finally:
            database.close()

    asyncio.run(scenario())
    assert not redo_file(store).exists()
    shutil.copy(tmp_path / "redo", redo_file(old))
    later = Database(old)
    later.open()
    assert SqliteJournal(later).runs() == ()
    later.close()


def test_calls_that_begin_together_are_kept_by_one_row_or_not_at_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        together = Together()
        database = Database(tmp_path / "store.sqlite", together)
        database.open()
        journal = SqliteJournal(database)
        run = episode()
        journal.save_run(run)
        went_out: list[str] = []
        refused: list[str] = []

        async def begin(api: str) -> None:
            begun = call(run, api)
            journal.begin_call(begun, durable=False, new=True)
            try:
                await journal.kept(begun)
                went_out.append(api)
            except ConfigError:
                refused.append(api)

        def rows() -> int:
            return len(read_redo(redo_file(tmp_path / "store.sqlite")).rows)

        async def together_begin(*apis: str) -> None:
            with together.gathering():
                tasks = [start_now(begin(api)) for api in apis]
                assert [*went_out, *refused] == []
            await asyncio.gather(*tasks)

        try:
            before = rows()
            await together_begin("a", "b", "c")
            assert (went_out, refused, rows()) == (["a", "b", "c"], [], before + 1)
            went_out.clear()

            def full(*_: object) -> None:
                raise ConfigError("the disk is full")

            keep, database.keep = database.keep, full  # type: ignore[method-assign]
            await together_begin("d", "e")
            database.keep = keep  # type: ignore[method-assign]
            assert (went_out, refused) == ([], ["d", "e"])
        finally:
            database.close()
        database.open()
        try:
            found = journal.run(run.run_id)
            assert found is not None
            assert [record.call.api for record in found.calls] == ["a", "b", "c"]
        finally:
            database.close()

    asyncio.run(scenario())


def test_a_fault_while_one_row_is_kept_for_several_is_told_to_each_of_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        together = Together()
        database = Database(tmp_path / "store.sqlite", together)
        database.open()
        journal = SqliteJournal(database)
        run = episode()
        journal.save_run(run)

        async def begin(api: str) -> None:
            begun = call(run, api)
            journal.begin_call(begun, durable=False, new=True)
            await journal.kept(begun)

        def broken(*_: object) -> None:
            raise RuntimeError("a fault of the program")

        try:
            keep, database.keep = database.keep, broken  # type: ignore[method-assign]
            with together.gathering():
                tasks = [start_now(begin(api)) for api in "ab"]
            told = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
            database.keep = keep  # type: ignore[method-assign]
            assert all("a fault of the program" in str(error) for error in told)
            assert len(told) == 2
        finally:
            database.close()

    asyncio.run(scenario())


def test_of_one_row_only_the_latest_is_written_and_all_of_it_survives(tmp_path: Path) -> None:
    """What was saved, changed and ended before the tables had any of it is there as it was in the end."""

    async def scenario() -> None:
        database = Database(tmp_path / "store.sqlite")
        database.open()
        try:
            journal = SqliteJournal(database)
            run = episode(request_id="r1")
            made = call(run)
            journal.save_run(run, soon=True)
            journal.begin_call(made, durable=False, new=True)
            await journal.kept(made)
            outcome = Outcome(call_id=made.call_id, status=Status.SUCCEEDED, evidence=("seen",))
            journal.end_call(outcome, soon=True)
            done = run.model_copy(update={"status": RunStatus.SUCCEEDED, "summary": "done"})
            journal.save_run(done, soon=True)
            found = journal.run_of_request("r1")
            assert found is not None
            assert (found.status, found.summary, found.instruction) == (RunStatus.SUCCEEDED, "done", run.instruction)
            assert [(record.call, record.outcome) for record in found.calls] == [(made, outcome)]
        finally:
            database.close()

    asyncio.run(scenario())


def test_what_runs_have_in_common_is_kept_once_and_read_back_whole(tmp_path: Path) -> None:
    """As after kill -9: a copy of the files, opened anew, has every run with its outline and code."""
    outline = Outline(instruction="x", steps=(OutlineStep(id="1", text="find " * 200),), planner="rule")
    code = ActionCode(source="a()\n", documents=(DocumentPin(name="a", version="1.0.0", digest="d"),), planner="rule")

    def after_a_kill() -> list[Episode]:
        copy, found = as_killed(tmp_path), []
        for _ in range(2):  # what a start has done is there at the next one, too
            later = Database(copy)
            later.open()
            found = list(SqliteJournal(later).runs())
            later.close()
        return found

    async def scenario() -> None:
        database = Database(tmp_path / "store.sqlite")
        database.open()
        try:
            journal, runs = SqliteJournal(database), list[Episode]()
            for number in range(4):
                asked = Instruction(text="do it", request_id=f"r{number}")
                runs.append(Episode(instruction=asked, status=RunStatus.RUNNING, outline=outline, code=code))
                journal.save_run(runs[-1], soon=True)
                database.keep()
                assert after_a_kill() == runs[::-1]
            lines = redo_file(tmp_path / "store.sqlite").read_bytes().splitlines()[-4:]
            assert len(lines[3]) < len(lines[0]) - 1000
            assert list(journal.runs()) == runs[::-1]
        finally:
            database.close()

    asyncio.run(scenario())


def test_what_was_decided_as_one_and_failed_is_not_written_soon(tmp_path: Path) -> None:
    async def scenario() -> None:
        database = Database(tmp_path / "store.sqlite")
        database.open()
        try:
            journal = SqliteJournal(database)

            def decide() -> None:
                with database.soon():
                    journal.save_run(Episode(instruction=Instruction(text="x"), status=RunStatus.RUNNING), soon=True)
                    raise KeyError

            with pytest.raises(KeyError):
                decide()
            await asyncio.sleep(0)
            assert not journal.runs()
        finally:
            database.close()

    asyncio.run(scenario())


def test_nothing_is_kept_before_what_is_held_back_has_gone_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        together = Together()
        database = Database(tmp_path / "store.sqlite", together)
        database.open()
        out: list[str] = []

        def hold_and(keep: Callable[[], object]) -> None:
            out.clear()
            assert together.hold(lambda: out.append("out"))
            keep()
            assert out == ["out"]

        def write_in_transaction() -> None:
            with database.transaction():
                database.execute("UPDATE redo_life SET applied = applied")
                assert out == ["out"]

        try:
            with together.gathering():
                together.at_end(lambda: hold_and(database.keep))
                together.at_end(lambda: hold_and(database.apply))
                together.at_end(lambda: hold_and(lambda: database.execute("UPDATE redo_life SET applied = applied")))
                together.at_end(lambda: hold_and(write_in_transaction))
                together.at_end(lambda: out.append("all"))
            assert out == ["out", "all"]
        finally:
            database.close()

    asyncio.run(scenario())
