"""kill -9 at any moment loses no call that was begun."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal

WRITER = Path(__file__).with_name("journal_writer.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.mark.parametrize("seed", range(6))
def test_every_call_that_began_is_there_after_kill_9(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "home.db"
    lines_before_kill = random.Random(seed).randrange(1, 400)
    began: list[str] = []
    ended: set[str] = set()
    runs: list[str] = []
    for _life in range(2):  # the second life opens what the first left behind
        with subprocess.Popen(
            [sys.executable, WRITER, path], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as writer:
            assert writer.stdout is not None
            for number, line in enumerate(writer.stdout, start=1):
                if number == lines_before_kill:
                    writer.kill()
                if not line.endswith("\n"):
                    break  # cut by the kill: its commit had returned, but that it did is not known
                kind, identifier = line.split()
                {"run": runs.append, "began": began.append, "ended": ended.add}[kind](identifier)
            writer.wait()

    database = Database(path)
    database.open()  # checks every page
    journal = SqliteJournal(database)
    found = {run.run_id: run for run in journal.unfinished()}
    records = {record.call.call_id: record for run in found.values() for record in run.calls}
    database.close()
    assert set(runs) <= set(found)
    assert set(began) <= set(records)
    assert all(records[identifier].outcome is not None for identifier in ended)
    assert len(records) <= len(began) + 2, "at most one call of each life was committed but not told"
    assert len(began) >= lines_before_kill // 2 - 1
