"""What people want and no API does is counted, bounded, and read beside a running node."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.learning.missing_desk import MissingDesk
from taskmatrix_ros.store import missing_apis
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.missing_apis import MissingApiStore, read_missing_apis

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_wishes_are_counted_once_for_each_run(tmp_path: Path) -> None:
    database, events = Database(tmp_path / "store.sqlite"), EventBus()
    database.open()
    store = MissingApiStore(database)
    undo = MissingDesk(store, events).follow()

    def ask(run_id: str, *steps: str, minutes: int = 0) -> None:
        at = NOON + timedelta(minutes=minutes)
        events.publish(Event(kind="api_missing", run_id=run_id, data={"steps": list(steps)}, at=at))

    ask("run1", "Mow  the lawn", "feed the cat")
    ask("run1", "mow the lawn")
    ask("run2", "mow the lawn", minutes=5)
    events.publish(Event(kind="run_started", run_id="run3"))
    reports = read_missing_apis(tmp_path / "store.sqlite")
    assert [(report.wanted, report.times, report.run_id) for report in reports] == [
        ("mow the lawn", 2, "run2"),
        ("feed the cat", 1, "run1"),
    ]
    assert (reports[0].first_at, reports[0].last_at) == (NOON, NOON + timedelta(minutes=5))
    assert reports == store.reports()
    undo()
    ask("run4", "sing")
    assert len(store.reports()) == 2
    database.close()


def test_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(missing_apis, "KEPT", 3)
    database = Database(None)
    database.open()
    store = MissingApiStore(database)
    for number in range(5):
        store.add(f"wish {number}", "run", NOON + timedelta(minutes=number))
    assert {report.wanted for report in store.reports()} == {"wish 2", "wish 3", "wish 4"}
    database.close()


def test_a_store_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read_missing_apis(tmp_path / "none.sqlite")
