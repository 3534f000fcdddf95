"""Stop: everybody is told, whatever one of them does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from taskmatrix_ros.app import safety as safety_module
from taskmatrix_ros.app.safety import Safety
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal
from taskmatrix_ros.store.stop_marker import StopMarker


class Stoppable:
    def __init__(self, stop: Callable[[], None]) -> None:
        self.stop = stop


class Other(Stoppable):
    pass


class SlowMarker(StopMarker):
    """On a disk that takes nothing until it is let."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.let = threading.Event()

    def write(self, reason: str) -> None:
        self.let.wait(60)
        super().write(reason)


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody pass for one that hangs because a machine is slow."""
    assert (safety_module.TOLD_WITHIN_S, safety_module.KEPT_WITHIN_S) == (0.1, 0.5)
    monkeypatch.setattr(safety_module, "TOLD_WITHIN_S", 60.0)
    monkeypatch.setattr(safety_module, "KEPT_WITHIN_S", 60.0)


@pytest.fixture
def latch(tmp_path: Path) -> StopLatch:
    database = Database(None)
    database.open()
    latch = StopLatch(SqliteJournal(database), StopMarker(tmp_path / "stop"))
    latch.restore()
    return latch


def test_all_are_told_even_two_of_one_class(latch: StopLatch) -> None:
    told: list[int] = []
    bindings = [Stoppable(lambda number=number: told.append(number)) for number in range(3)]
    report = Safety(latch, [*bindings, Other(lambda: told.append(3))]).stop("test")  # type: ignore[list-item]
    assert sorted(told) == [0, 1, 2, 3]
    assert report.told == ("Stoppable 1", "Stoppable 2", "Stoppable 3", "Other")
    assert report.not_told == ()


def test_one_that_hangs_or_fails_is_reported_and_holds_up_nobody(
    latch: StopLatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety_module, "TOLD_WITHIN_S", 1.5)
    release, told, announced = threading.Event(), [], []

    def fail() -> None:
        raise OSError("gone")

    def stop() -> None:
        told.append("stopped")

    hanging = Stoppable(lambda: release.wait() and None)
    try:
        safety = Safety(latch, [hanging, Other(stop), type("Broken", (Stoppable,), {})(fail)])  # type: ignore[list-item]
        latch.listen(lambda _reason: announced.append((latch.holds, tuple(told))))
        report = safety.stop("test")
    finally:
        release.set()
    assert (told, announced, report.told) == (["stopped"], [(True, ())], ("Other",))
    assert "did not answer within 1500 ms" in " ".join(report.not_told)
    assert "gone" in " ".join(report.not_told)
    assert report.latency_s >= 1.5, "the one that hangs was given its time"


def test_a_slow_disk_is_reported_after_all_were_told(
    latch: StopLatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safety_module, "KEPT_WITHIN_S", 0.05)
    latch._marker = marker = SlowMarker(tmp_path / "slow")
    told: list[bool] = []
    try:
        report = Safety(latch, [Other(lambda: told.append(latch.holds))]).stop("test")  # type: ignore[list-item]
    finally:
        marker.let.set()
    assert (told, report.told) == ([True], ("Other",))
    assert report.not_told == ("stop latch: not on the disk within 50 ms; it holds in this process",)
    assert latch.is_kept(60.0)
