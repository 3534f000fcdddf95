"""Audit entries of calls that come in together: written with one write, and no call goes out without its own."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger import Ledger
from test_gate import Door

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import CallRefused
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.together import Together
from taskmatrix_ros.executor.audit import audit_log
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.store.whole_append import append_whole

ASKED = Instruction(text="x")


class Disk:
    """What the log writes to, which may have no room left."""

    def __init__(self) -> None:
        self.is_full = False

    def append(self, descriptor: int, content: bytes, size: int) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return append_whole(descriptor, content, size)

    @contextmanager
    def full(self) -> Iterator[None]:
        self.is_full = True
        yield
        self.is_full = False


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(audit_log, "append_whole", disk.append)
    return disk


def as_killed(ledger: Ledger, folder: Path) -> Ledger:
    """Copy all that a killed node would leave."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ledger.state.parent, folder)
    return Ledger(folder)


def kinds(ledger: Ledger) -> list[str]:
    return [entry["kind"] for entry in ledger.entries()]


def hold(log: AuditLog, *calls: str) -> None:
    for call_id in calls:
        log.record("call_allowed", {"call_id": call_id}, waiting_call=call_id)


def test_of_what_comes_together_nothing_is_sent_where_the_entries_cannot_be_written(ledger: Ledger, disk: Disk) -> None:
    async def scenario() -> None:
        together = Together()
        log = ledger.open(together=together)
        door = Door(audit=log)
        entry = door.shelf.get("light_on")
        assert entry is not None
        calls = [Call(run_id="run", api="light_on", arguments={"light": "hall"}, deadline_s=1.0) for _ in range(3)]

        def check(call: Call) -> str:
            try:
                door.gate.check_again(call, entry, ASKED)
            except CallRefused as refused:
                return refused.error_code
            return "sent"

        with disk.full(), together.gathering():
            for call in calls:
                door.gate.admit(call, entry, ASKED)
            assert kinds(ledger) == []
            assert [check(call) for call in calls] == ["AUDIT"] * 3
        assert ledger.verify().fault is None
        with together.gathering():
            for call in calls:
                door.gate.admit(call, entry, ASKED)
            assert kinds(ledger) == []
            assert [check(call) for call in calls] == ["sent"] * 3
        assert kinds(ledger) == ["call_allowed"] * 3
        ledger.close()
        assert (ledger.verify().fault, ledger.verify().entries) == (None, 3)

    asyncio.run(scenario())


def test_a_call_whose_entry_was_lost_stays_back_whatever_is_lost_after_it(ledger: Ledger, disk: Disk) -> None:
    async def scenario() -> None:
        together = Together()
        log = ledger.open(together=together)
        with disk.full(), together.gathering():
            hold(log, "a", "b")
            for call_id in ("a", "c", "b"):  # what the first leads to comes in between
                if call_id == "c":
                    hold(log, "c")
                with pytest.raises(OSError, match="No space"):
                    log.make_sure(call_id)

    asyncio.run(scenario())


def test_a_fault_while_they_are_written_is_told_to_each_of_them(ledger: Ledger) -> None:
    async def scenario() -> None:
        together = Together()
        log = ledger.open(together=together, file_bytes=1)
        log.record("call_refused", {})

        def fault(_head: object) -> None:
            raise RuntimeError("a fault of the program")

        write, log._head.write = log._head.write, fault  # type: ignore[method-assign]
        with together.gathering():
            hold(log, "a", "b")
            for call_id in "ab":
                with pytest.raises(OSError, match="a fault of the program"):
                    log.make_sure(call_id)
        log._head.write = write  # type: ignore[method-assign]
        ledger.close()
        assert (ledger.verify().fault, kinds(ledger)) == (None, ["call_refused"])

    asyncio.run(scenario())


def test_other_entries_come_after_those_that_were_held(ledger: Ledger) -> None:
    async def scenario() -> None:
        together = Together()
        log = ledger.open(together=together)
        with together.gathering():
            hold(log, "a", "b")
            assert ledger.entries() == []
            log.record("stop_latched", {}, durable=True)
            assert kinds(ledger) == ["call_allowed", "call_allowed", "stop_latched"]
            assert ledger.verify().last.seq == 3
            hold(log, "c")
            log.record("call_refused", {})
            hold(log, "d")
            ledger.close()
        assert kinds(ledger)[2:] == ["stop_latched", "call_allowed", "call_refused", "call_allowed"]
        assert (ledger.verify().fault, ledger.verify().last.seq) == (None, 6)

    asyncio.run(scenario())


class Arrivals:
    """A log to which things happen, one after the other, and what became of the calls."""

    def __init__(self, ledger: Ledger, disk: Disk, file_bytes: int) -> None:
        self.ledger, self.disk, self.together = ledger, disk, Together()
        self.log = ledger.open(together=self.together, file_bytes=file_bytes, head_s=1000.0)
        self.waiting: list[str] = []
        self.sent: list[str] = []
        self.refused: list[str] = []
        self.count = 0
        self.gathering = self.together.gathering()
        self.gathering.__enter__()

    def written(self) -> list[str]:
        return [entry["call_id"] for entry in self.ledger.entries() if entry["kind"] == "call_allowed"]

    def hold(self) -> None:
        self.count += 1
        hold(self.log, str(self.count))
        self.waiting.append(str(self.count))

    def sure(self) -> None:
        if not self.waiting:
            return
        call_id = self.waiting.pop(0)
        try:
            self.log.make_sure(call_id)
        except OSError:
            self.refused.append(call_id)
        else:
            self.sent.append(call_id)
            assert call_id in self.written()

    def other(self) -> None:
        with suppress(OSError):
            self.log.record("call_refused", {})

    def durable(self) -> None:
        with suppress(OSError):
            self.log.record("stop_latched", {}, durable=True)

    def end(self) -> None:
        self.gathering.__exit__(None, None, None)
        self.gathering = self.together.gathering()
        self.gathering.__enter__()

    def tell(self) -> None:
        self.log._tell_journal_late()

    def full(self) -> None:
        self.disk.is_full = True

    def room(self) -> None:
        self.disk.is_full = False


OPERATIONS = ("hold", "hold", "hold", "sure", "sure", "other", "durable", "end", "tell", "full", "room")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=20), st.sampled_from([600, 10_000]))
def test_whatever_happens_the_chain_is_whole_and_who_goes_out_is_in_it(
    tmp_path_factory: pytest.TempPathFactory, disk: Disk, operations: list[str], file_bytes: int
) -> None:
    """Also after a kill at any moment: the head never leads. What was refused is not in the log."""
    folder = tmp_path_factory.mktemp("held")

    async def scenario() -> None:
        ledger = Ledger(folder / "node")
        arrivals = Arrivals(ledger, disk, file_bytes)
        try:
            for operation in operations:
                getattr(arrivals, operation)()
                killed = as_killed(ledger, folder / "killed")
                assert killed.verify().fault is None
            while arrivals.waiting:
                arrivals.sure()
            assert arrivals.written() == arrivals.sent
        finally:
            disk.is_full = False
            arrivals.gathering.__exit__(None, None, None)
            ledger.close()
        assert arrivals.written() == arrivals.sent
        assert (ledger.verify().fault, ledger.events) == (None, [])
        killed.open()
        killed.close()
        assert killed.events == [], "a start after a kill finds no fault"

    asyncio.run(scenario())
