"""The stop latch: from any thread, over a restart, and never lifted by a fault."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from fakes import MemoryJournal

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.store.stop_marker import StopMarker


def restored(journal: MemoryJournal) -> StopLatch:
    latch = StopLatch(journal)
    latch.restore()
    return latch


def test_it_holds_until_the_journal_was_read() -> None:
    latch = StopLatch(MemoryJournal())
    assert latch.holds
    assert latch.reason is not None
    latch.restore()
    assert not latch.holds


def test_it_holds_over_a_restart_until_it_is_rearmed() -> None:
    journal = MemoryJournal()
    restored(journal).latch("smoke")
    again = restored(journal)
    assert (again.holds, again.reason) == (True, "smoke")
    again.rearm("Ann: the toast was burnt")
    assert not again.holds
    assert not restored(journal).holds


def test_a_stop_before_the_journal_was_read_is_kept() -> None:
    journal = MemoryJournal()
    latch = StopLatch(journal)
    latch.latch("early")
    latch.restore()
    assert (latch.reason, journal.reason) == ("early", "early")


def test_the_first_reason_stays_and_listeners_are_told_each_time() -> None:
    latch = restored(MemoryJournal())
    told: list[str] = []

    def broken(_reason: str) -> None:
        raise RuntimeError("broken")

    latch.listen(broken)
    undo = latch.listen(told.append)
    latch.latch("one")
    latch.latch("two")
    undo()
    undo()
    latch.latch("three")
    assert told == ["one", "one"]
    assert latch.reason == "one"


def test_a_journal_that_fails_hinders_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = MemoryJournal()
    latch = restored(journal)

    def fail(_reason: str | None) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(journal, "set_latch", fail)
    latch.latch("smoke")
    assert latch.holds


def test_another_thread_stops_at_once_and_the_loop_writes() -> None:
    journal = MemoryJournal()
    writers: list[int] = []
    write = journal.set_latch

    def noting(reason: str | None) -> None:
        writers.append(threading.get_ident())
        write(reason)

    journal.set_latch = noting  # type: ignore[method-assign]

    async def main() -> tuple[Any, ...]:
        latch = restored(journal)
        thread = threading.Thread(target=latch.latch, args=("button",))
        thread.start()
        thread.join()
        held_before_the_loop_ran = latch.holds
        await asyncio.sleep(0)
        return held_before_the_loop_ran, journal.reason

    assert asyncio.run(main()) == (True, "button")
    assert writers == [threading.get_ident()]


def test_a_stop_after_the_loop_has_ended_still_holds() -> None:
    async def main() -> StopLatch:
        return restored(MemoryJournal())

    latch = asyncio.run(main())
    thread = threading.Thread(target=latch.latch, args=("late",))
    thread.start()
    thread.join()
    assert latch.holds


def test_stop_and_rearm_in_turn_end_as_the_last_said() -> None:
    journal = MemoryJournal()

    async def main() -> StopLatch:
        latch = restored(journal)
        threads = [threading.Thread(target=latch.latch, args=(str(n),)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        latch.rearm("test")
        await asyncio.sleep(0)
        return latch

    latch = asyncio.run(main())
    assert (latch.holds, journal.reason) == (False, None)


def stop_from_another_thread_while_the_loop_is_blocked(journal: MemoryJournal, path: Path) -> bool:
    """What the loop then writes goes to a journal that nobody reads again, as after kill -9."""

    async def main() -> bool:
        latch = StopLatch(journal, StopMarker(path))
        latch.restore()
        thread = threading.Thread(target=latch.latch, args=("button",))
        thread.start()
        thread.join()
        kept = latch.is_kept(60.0)
        assert journal.reason is None, "the loop must not have run"
        return kept

    return asyncio.run(main())


def test_a_stop_while_the_loop_is_blocked_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "state" / "stop"
    assert stop_from_another_thread_while_the_loop_is_blocked(MemoryJournal(), path)
    journal = MemoryJournal()  # as it was on the disk: nothing of the stop
    again = StopLatch(journal, StopMarker(path))
    again.restore()
    assert (again.holds, again.reason, journal.reason) == (True, "button", "button")
    again.rearm("Ann")
    assert not again.is_kept(60.0)
    third = StopLatch(MemoryJournal(), StopMarker(path))
    third.restore()
    assert not third.holds


def test_rearming_forgets_both_places(tmp_path: Path) -> None:
    journal, marker = MemoryJournal(), StopMarker(tmp_path / "stop")
    latch = StopLatch(journal, marker)
    latch.restore()
    for _ in range(20):
        latch.latch("button")
        latch.rearm("Ann")
    latch.is_kept(60.0)
    assert (latch.holds, journal.reason, marker.read()) == (False, None, None)


def test_a_disk_that_takes_nothing_hinders_no_stop_and_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told: list[str] = []
    latch = StopLatch(MemoryJournal(), StopMarker(tmp_path / "stop"))
    latch.restore()
    latch._marker = StopMarker(tmp_path / "file" / "stop")
    latch.listen(told.append)
    latch.latch("button")
    assert (latch.holds, told, latch.is_kept(60.0)) == (True, ["button"], False)


def test_a_marker_that_cannot_be_read_keeps_the_latch(tmp_path: Path) -> None:
    (tmp_path / "stop").mkdir()
    latch = StopLatch(MemoryJournal(), StopMarker(tmp_path / "stop"))
    with pytest.raises(ConfigError, match="cannot be read"):
        latch.restore()
    assert latch.holds


def test_an_empty_marker_is_a_stop(tmp_path: Path) -> None:
    (tmp_path / "stop").touch()
    latch = StopLatch(MemoryJournal(), StopMarker(tmp_path / "stop"))
    latch.restore()
    assert latch.holds
