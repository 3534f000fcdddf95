"""The journal: what was written is there, in every order of ends and restarts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from episodes import call, episode

from taskmatrix_ros.core.action_code import ActionCode, DocumentPin
from taskmatrix_ros.core.call import SourcePosition
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.instruction import Image, Instruction
from taskmatrix_ros.core.outcome import Confirmation, ErrorReport, Outcome, Status
from taskmatrix_ros.core.outline import Outline, OutlineStep
from taskmatrix_ros.core.ports import Journal
from taskmatrix_ros.core.run import Episode, Rehearsed, RunStatus
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "home.db")
    database.open()
    yield database
    database.close()


@pytest.fixture
def journal(database: Database) -> SqliteJournal:
    return SqliteJournal(database)


def test_it_is_the_port(journal: SqliteJournal) -> None:
    port: Journal = journal
    assert port.latch() is None


def test_a_full_run_comes_back_equal(journal: SqliteJournal, database: Database, tmp_path: Path) -> None:
    run = Episode(
        instruction=Instruction(
            text="bring me “the” coke", images=(Image(format="jpeg", data=bytes(range(256))),), request_id="r1"
        ),
        status=RunStatus.FAILED,
        outline=Outline(instruction="x", steps=(OutlineStep(id="1", text="find", goal="true"),), planner="grammar"),
        code=ActionCode(source="a()\n", documents=(DocumentPin(name="a", version="1.0.0", digest="d"),), planner="p"),
        summary="it fell",
        error_code="FAILED",
        nearest=("light_on", "light_off"),
    )
    journal.save_run(run.model_copy(update={"status": RunStatus.PLANNING}))
    one, two = call(run), call(run, "light_off")
    run = run.model_copy(update={"rehearsed": Rehearsed(calls=(one,), diff={"a.b": (None, 1.5)}, duration_s=1.0)})
    journal.begin_call(one, durable=True)
    ended = Outcome(
        call_id=one.call_id,
        status=Status.SUCCEEDED,
        confirmation=Confirmation.CONFIRMED,
        value={"x_m": [1, 2.5, None, "é"]},
        error=ErrorReport(code="X", message="y"),
        evidence=("a is b",),
    )
    journal.end_call(ended)
    journal.begin_call(
        two.model_copy(update={"position": SourcePosition(line=2, column=4), "attempt": 2}), durable=False
    )
    journal.save_run(run)
    database.close()

    again = Database(tmp_path / "home.db")
    again.open()
    found = SqliteJournal(again).run(run.run_id)
    again.close()
    assert found is not None
    assert found.model_copy(update={"calls": ()}) == run
    assert [record.call.api for record in found.calls] == ["light_on", "light_off"]
    assert found.calls[0].call == one
    assert found.calls[0].outcome == ended
    assert found.calls[1].outcome is None


def test_runs_are_listed_newest_first_in_pages(journal: SqliteJournal) -> None:
    made = [episode(RunStatus.SUCCEEDED if number % 2 else RunStatus.RUNNING) for number in range(7)]
    for run in made:
        journal.save_run(run)
    ids = [run.run_id for run in reversed(made)]
    assert [run.run_id for run in journal.runs()] == ids
    assert [run.run_id for run in journal.runs(limit=3)] == ids[:3]
    assert [run.run_id for run in journal.runs(limit=3, before=ids[2])] == ids[3:6]
    assert [run.run_id for run in journal.runs(active_only=True)] == ids[0::2]
    assert [run.run_id for run in journal.runs(active_only=True, before=ids[2], limit=1)] == [ids[4]]
    assert journal.runs(limit=0) == ()
    assert journal.runs(limit=-1) == ()


def test_unknown_runs_are_none(journal: SqliteJournal) -> None:
    assert journal.run("01ARZ3NDEKTSV4RRFFQ69G5FAV") is None
    assert journal.run_of_request("nobody") is None
    assert journal.run_of_request("") is None


def test_a_request_starts_one_run(journal: SqliteJournal) -> None:
    first = episode(request_id="r1")
    journal.save_run(first)
    journal.save_run(first.model_copy(update={"status": RunStatus.SUCCEEDED}))
    with pytest.raises(ValueError, match=f"already started run {first.run_id}"):
        journal.save_run(episode(request_id="r1"))
    found = journal.run_of_request("r1")
    assert found is not None
    assert (found.run_id, found.status) == (first.run_id, RunStatus.SUCCEEDED)
    journal.save_run(episode())
    journal.save_run(episode())
    assert len(journal.runs()) == 3


def test_what_was_running_is_found_at_start(journal: SqliteJournal) -> None:
    done, first, second = episode(RunStatus.SUCCEEDED), episode(RunStatus.RUNNING), episode(RunStatus.PLANNING)
    for run in (done, first, second):
        journal.save_run(run)
    pending = call(first)
    journal.begin_call(pending, durable=False)
    found = journal.unfinished()
    assert [run.run_id for run in found] == [first.run_id, second.run_id]
    assert [(record.call, record.outcome) for record in found[0].calls] == [(pending, None)]
    journal.save_run(first.model_copy(update={"status": RunStatus.FAILED}))
    assert [run.run_id for run in journal.unfinished()] == [second.run_id]


def test_calls_belong_to_saved_runs_and_begin_once(journal: SqliteJournal) -> None:
    run = episode()
    made = call(run)
    for durable in (True, False):
        with pytest.raises(ValueError, match="its run was not saved"):
            journal.begin_call(made, durable=durable)
    journal.save_run(run)
    journal.begin_call(made, durable=True)
    with pytest.raises(ValueError, match="has begun before"):
        journal.begin_call(made, durable=True)
    with pytest.raises(ValueError, match="never began"):
        journal.end_call(Outcome(call_id="other", status=Status.FAILED))
    journal.end_call(Outcome(call_id=made.call_id, status=Status.IN_DOUBT))
    journal.end_call(Outcome(call_id=made.call_id, status=Status.SUCCEEDED))
    found = journal.run(run.run_id)
    assert found is not None
    assert found.calls[0].outcome is not None
    assert found.calls[0].outcome.status is Status.SUCCEEDED


def test_the_latch_holds_over_a_restart(journal: SqliteJournal, database: Database, tmp_path: Path) -> None:
    journal.set_latch("bumper")
    journal.set_latch("a person said stop")
    database.close()
    again = Database(tmp_path / "home.db")
    again.open()
    assert SqliteJournal(again).latch() == "a person said stop"
    SqliteJournal(again).set_latch(None)
    assert SqliteJournal(again).latch() is None
    again.close()


def test_a_run_of_another_version_is_named(journal: SqliteJournal, database: Database) -> None:
    run = episode()
    journal.save_run(run)
    database.execute("UPDATE runs SET episode = ?", ('{"status":"dreaming"}',))
    with pytest.raises(ConfigError, match=f"run {run.run_id} cannot be read"):
        journal.run(run.run_id)


def test_durable_commits_are_synchronous_and_only_they(database: Database) -> None:
    with database.transaction(durable=True):
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute("PRAGMA synchronous").fetchone() == (1,)
    with pytest.raises(KeyError), database.transaction(durable=True):
        raise KeyError
    assert database.execute("PRAGMA synchronous").fetchone() == (1,)
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
