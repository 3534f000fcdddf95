"""The audit log: whatever is done to it is found, and a crash is none of that."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from home_documents import document
from test_gate import Door

from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import CallRefused, ConfigError, RunStopped
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.executor.audit.audit_chain import BROKEN, Chain, Link, audit_files
from taskmatrix_ros.executor.audit.audit_check import AuditReport, check_audit
from taskmatrix_ros.executor.audit.audit_key import read_key, read_or_make_key
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.store.audit_head import AuditHead, Head, read_audit_head
from taskmatrix_ros.store.database import Database


class Ledger:
    """A log with its key and journal, opened and closed like a node does."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.key_file = folder / "config" / "audit.key"
        self.folder = self.state / "audit"
        self.store = self.state / "taskmatrix.sqlite"
        self.events: list[Event] = []
        self.database: Database
        self.log: AuditLog

    def open(self, **settings: Any) -> AuditLog:
        bus = EventBus()
        bus.listen(self.events.append)
        self.database = Database(self.store)
        self.database.open()
        self.log = AuditLog(self.folder, self.key_file, AuditHead(self.database), events=bus, **settings)
        self.log.open()
        return self.log

    def close(self) -> None:
        self.log.close()
        self.database.close()

    def write(self, count: int, **settings: Any) -> None:
        log = self.open(**settings)
        for number in range(count):
            log.record("call_allowed", {"api": "light_on", "number": number, "text": "grün \ud800 \n"})
        self.close()

    def verify(self) -> AuditReport:
        return check_audit(audit_files(self.folder), self.chain, read_audit_head(self.store))

    @property
    def chain(self) -> Chain:
        return Chain(read_key(self.key_file))

    @property
    def file(self) -> Path:
        return self.folder / "audit.jsonl"

    def lines(self) -> list[bytes]:
        return self.file.read_bytes().splitlines(keepends=True)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for file in audit_files(self.folder) for line in file.read_bytes().splitlines()]

    def set_head(self, head: Head | None) -> None:
        database = Database(self.store)
        database.open()
        database.execute("DELETE FROM audit_head")
        if head is not None:
            AuditHead(database).write(head)
        database.close()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path)
    yield ledger
    if hasattr(ledger, "log"):
        ledger.close()


def test_what_was_written_verifies_over_files_and_restarts(ledger: Ledger) -> None:
    ledger.write(10)
    ledger.write(0)
    ledger.write(40, file_bytes=2000)
    report = ledger.verify()
    assert (report.fault, report.entries, report.last.seq) == (None, 50, 50)
    assert len(audit_files(ledger.folder)) > 3
    assert all(file.stat().st_size <= 2000 or file == ledger.file for file in audit_files(ledger.folder))
    assert [entry["seq"] for entry in ledger.entries()] == list(range(1, 51))
    assert ledger.events == []


def test_an_empty_log_is_sound(ledger: Ledger) -> None:
    ledger.write(0)
    report = ledger.verify()
    assert (report.fault, report.entries) == (None, 0)


def edit(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"number":3', b'"number":7') for line in lines]


def edit_with_a_second_key(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"number":3', b'"number":3,"api":"door_unlock"') for line in lines]


def space(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"number":3', b'"number": 3') for line in lines]


def swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def forge(lines: list[bytes]) -> list[bytes]:
    """Write the rest of the chain anew, with a key of one's own."""
    other, last, new = Chain(b"x" * 32), _link(lines[2]), []
    for _ in lines[3:]:
        line, last = other.line(last, {"kind": "call_refused"})
        new.append(line)
    return lines[:3] + new


def _link(line: bytes) -> Link:
    entry = json.loads(line)
    return Link(entry["seq"], entry["prev"], entry["mac"], entry["kind"])


@pytest.mark.parametrize(
    ("tamper", "line", "said"),
    [
        (edit, 4, "was changed"),
        (edit_with_a_second_key, 4, "was changed"),
        (space, 4, "was changed"),
        (lambda lines: lines[:3] + lines[4:], 4, "entry 5 follows entry 3"),
        (lambda lines: lines[1:], 1, "entry 2 follows entry 0"),
        (swap, 4, "entry 5 follows entry 3"),
        (lambda lines: [*lines[:4], lines[1], *lines[4:]], 5, "it was moved or copied"),
        (lambda lines: lines[:-1], 0, "1 of 8 entries are gone from the end"),
        (lambda lines: lines[:3], 0, "5 of 8 entries are gone from the end"),
        (lambda lines: [], 0, "8 of 8 entries are gone from the end"),
        (lambda lines: [*lines[:-1], lines[-1][:-40]], 8, "does not end in a MAC"),
        (lambda lines: [*lines[:2], b"hello\n", *lines[2:]], 3, "no entry"),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3, "no entry"),
        (forge, 4, "another key"),
    ],
)
def test_what_is_done_to_a_log_is_found(
    ledger: Ledger, tamper: Callable[[list[bytes]], list[bytes]], line: int, said: str
) -> None:
    ledger.write(8)
    ledger.file.write_bytes(b"".join(tamper(ledger.lines())))
    fault = ledger.verify().fault
    assert fault is not None
    assert (fault.line, said in fault.problem) == (line, True), str(fault)
    assert "\n" not in str(fault)


def test_a_file_that_is_gone_is_found(ledger: Ledger) -> None:
    ledger.write(40, file_bytes=2000)
    files = audit_files(ledger.folder)
    kept = {file: file.read_bytes() for file in files}
    for gone in files:
        gone.unlink()
        assert ledger.verify().fault is not None, gone
        gone.write_bytes(kept[gone])
    assert ledger.verify().fault is None
    files[1].write_bytes(kept[files[2]])
    files[2].write_bytes(kept[files[1]])
    assert ledger.verify().fault is not None


def test_a_log_from_elsewhere_is_found(ledger: Ledger, tmp_path: Path) -> None:
    """Same key, same length, another chain."""
    ledger.write(5)
    other = Ledger(tmp_path / "other")
    other.key_file = ledger.key_file
    other.write(5)
    ledger.file.write_bytes(other.file.read_bytes())
    fault = ledger.verify().fault
    assert fault is not None
    assert "not the one that the journal knows" in fault.problem


def test_a_head_that_is_edited_or_gone_is_found(ledger: Ledger) -> None:
    ledger.write(8)
    lines = ledger.lines()
    ledger.file.write_bytes(b"".join(lines[:5]))
    fifth = _link(lines[4])
    ledger.set_head(Head(5, fifth.mac, Chain(b"x" * 32).head(fifth).seal))  # a cut tail and a count to match
    fault = ledger.verify().fault
    assert fault is not None
    assert "count of entries was changed" in fault.problem
    ledger.set_head(None)
    fault = ledger.verify().fault
    assert fault is not None
    assert "its count was removed" in fault.problem


def test_a_node_goes_on_loudly_after_a_break_and_verify_still_tells(ledger: Ledger) -> None:
    ledger.write(8)
    ledger.file.write_bytes(b"".join(edit(ledger.lines())))
    ledger.write(2)
    assert [event.kind for event in ledger.events] == ["audit_chain_broken"]
    second = audit_files(ledger.folder)[1]
    first, *rest = [json.loads(line) for line in second.read_bytes().splitlines()]
    assert (first["kind"], first["seq"], "was changed" in first["reason"]) == (BROKEN, 9, True)
    assert [entry["seq"] for entry in rest] == [10, 11]
    assert ledger.file.read_bytes().count(b'"number":7') == 2  # kept as it was found
    fault = ledger.verify().fault
    assert fault is not None
    assert (fault.file, fault.line) == (str(ledger.file), 4)
    ledger.write(1)  # the new file is sound: no second alarm
    assert len(ledger.events) == 1


@pytest.mark.parametrize("left", [0, 5])
def test_a_cut_tail_is_found_on_the_next_start_and_for_ever_after(ledger: Ledger, left: int) -> None:
    ledger.write(8)
    ledger.file.write_bytes(b"".join(ledger.lines()[:left]))
    ledger.write(3)
    assert [event.kind for event in ledger.events] == ["audit_chain_broken"]
    fault = ledger.verify().fault
    assert fault is not None
    assert f"entry 9 follows entry {left}" in fault.problem


def test_a_log_that_is_gone_altogether_is_found_on_the_next_start(ledger: Ledger) -> None:
    ledger.write(8)
    ledger.file.unlink()
    ledger.write(1)
    assert [event.kind for event in ledger.events] == ["audit_chain_broken"]
    assert ledger.verify().fault is not None


def test_an_edited_head_is_told_on_the_next_start(ledger: Ledger) -> None:
    ledger.write(8)
    ledger.set_head(Head(3, "0" * 64, "0" * 64))
    ledger.write(1)
    assert "count of entries was changed" in ledger.events[0].data["problem"]
    assert [entry["seq"] for entry in ledger.entries()] == list(range(1, 11))
    fault = ledger.verify().fault
    assert fault is not None
    assert "an earlier start found the chain broken" in fault.problem


def test_a_log_that_is_cut_or_removed_while_the_node_runs_is_told(ledger: Ledger) -> None:
    async def scenario() -> None:
        log = ledger.open(head_s=0.01)
        for tamper in (lambda file: os.truncate(file, 10), Path.unlink):
            log.record("call_allowed", {})
            tamper(audit_files(ledger.folder)[-1])
            seen = len(ledger.events)
            async with asyncio.timeout(5):
                while len(ledger.events) == seen:
                    await asyncio.sleep(0.005)
                    log.record("call_allowed", {})
        assert {event.kind for event in ledger.events} == {"audit_chain_broken"}

    asyncio.run(scenario())


# --- crashes ----------------------------------------------------------------------------------------------------------


def test_an_entry_the_journal_does_not_know_yet_is_no_fault(ledger: Ledger) -> None:
    """Killed between the two writes: the log is ahead."""
    ledger.write(8)
    ahead = Chain(read_key(ledger.key_file))
    link = _link(ledger.lines()[-1])
    with ledger.file.open("ab") as file:
        for _ in range(3):
            line, link = ahead.line(link, {"at": "", "kind": "call_allowed"})
            file.write(line)
    report = ledger.verify()
    assert (report.fault, report.entries) == (None, 11)
    ledger.write(1)
    assert ledger.events == []
    assert (ledger.verify().fault, len(ledger.entries())) == (None, 12)


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_write_that_a_crash_cut_short_is_no_fault(ledger: Ledger, cut: int) -> None:
    ledger.write(8)
    line, _ = ledger.chain.line(_link(ledger.lines()[-1]), {"at": "", "kind": "call_allowed", "pad": "x" * 300})
    with ledger.file.open("ab") as file:
        file.write(line[:-cut])
    report = ledger.verify()
    assert (report.fault, report.entries, report.torn) == (None, 8, len(line) - cut)
    ledger.write(1)
    assert [entry["kind"] for entry in ledger.entries()[8:]] == ["write_cut", "call_allowed"]
    assert ledger.verify().fault is None
    assert ledger.events == []


WRITER = """
import asyncio, sys
from pathlib import Path
from taskmatrix_ros.executor.audit.audit_log import AuditLog
from taskmatrix_ros.store.audit_head import AuditHead
from taskmatrix_ros.store.database import Database

async def main(state, key):
    database = Database(state / "taskmatrix.sqlite")
    database.open()
    log = AuditLog(state / "audit", key, AuditHead(database), head_s=0.002, file_bytes=20_000)
    log.open()
    print("ready", flush=True)
    number = 0
    while True:
        for _ in range(20):
            number += 1
            log.record("call_allowed", {"number": number})
        await asyncio.sleep(0)

asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def test_kill_9_at_any_moment_is_no_fault(ledger: Ledger) -> None:
    for round_number in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(ledger.state), str(ledger.key_file)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        try:
            assert writer.stdout.readline() == b"ready\n"
            grown = ledger.folder / f"audit-{2 + 2 * round_number:06d}.jsonl"
            while not grown.exists() and writer.poll() is None:
                ledger.verify() if round_number == 0 else None  # a reader beside the writer
            if round_number == 0:
                assert ledger.verify().fault is None
        finally:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stdout.close()
        report = ledger.verify()
        assert report.fault is None, str(report.fault)
        assert report.entries > 50 * (round_number + 1)


# --- the key ----------------------------------------------------------------------------------------------------------


def test_the_key_is_made_once_for_its_owner_alone(ledger: Ledger) -> None:
    ledger.write(1)
    key = ledger.key_file.read_bytes()
    assert (len(key), ledger.key_file.stat().st_mode & 0o777) == (32, 0o600)
    assert [file.name for file in ledger.key_file.parent.iterdir()] == ["audit.key"]
    ledger.write(1)
    assert ledger.key_file.read_bytes() == key
    assert ledger.file.stat().st_mode & 0o777 == 0o600


def test_a_key_of_another_size_or_open_to_others_is_refused(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.key_file.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        ledger.verify()
    ledger.key_file.chmod(0o600)
    ledger.key_file.write_bytes(b"short")
    with pytest.raises(ConfigError, match="32 bytes are wanted"):
        ledger.verify()


def test_a_key_in_the_state_folder_is_refused(ledger: Ledger) -> None:
    with pytest.raises(ConfigError, match="lies in the state folder"):
        read_or_make_key(ledger.state / "keys" / "audit.key", away_from=ledger.state)


def test_another_key_verifies_nothing(ledger: Ledger) -> None:
    ledger.write(3)
    ledger.key_file.unlink()
    read_or_make_key(ledger.key_file, away_from=ledger.state)
    assert ledger.verify().fault is not None


# --- what the Gate writes ---------------------------------------------------------------------------------------------


class Paper:
    """Keeps entries; ``full`` makes it fail as a full disk does."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.durable: list[bool] = []
        self.full = False

    def record(self, kind: str, fields: Any, *, durable: bool = False) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.entries.append({"kind": kind, **json.loads(json.dumps(dict(fields)))})
        self.durable.append(durable)


def test_every_decision_is_written_with_who_and_why() -> None:
    paper = Paper()
    pin = document("safe_open", parameters={"pin": {"type": "string", "sensitive": True}})
    door = Door(pin, audit=paper, policy=Policy.model_validate({"approve": ["bell_ring"]}))
    asked = Instruction(text="x", channel=Channel.MQTT, speaker="ann")
    door.admit("light_on", asked, light="hall")
    door.admit("safe_open", pin="1234")
    door.refusal("light_on", asked, light="attic")
    assert "1234" not in door.refusal("safe_open", pin=["1234"]).message
    door.refusal("bell_ring")
    door.latch.latch("smoke")
    with pytest.raises(RunStopped):
        door.admit("light_on", light="hall")
    first = paper.entries[0]
    assert (first["kind"], first["api"], first["decision"], first["channel"], first["speaker"]) == (
        "call_allowed", "light_on", "allowed", "mqtt", "ann",
    )  # fmt: skip
    assert (first["name"], first["arguments"]) == (
        "mqtt://default/home/light_on/set",
        {"light": "hall", "brightness_pct": None},
    )
    assert first["run_id"] == "run"
    assert len(first["call_id"]) == 26
    assert [entry["arguments"] for entry in paper.entries if entry["api"] == "safe_open"] == [{"pin": "***"}] * 2
    assert [(entry["kind"], entry["decision"]) for entry in paper.entries[2:]] == [
        ("call_refused", "ARGUMENT"),
        ("call_refused", "ARGUMENT"),
        ("call_held", "APPROVAL"),
        ("call_refused", "STOPPED"),
    ]
    assert "'attic' is none of" in paper.entries[2]["reason"]
    assert "1234" not in json.dumps(paper.entries)


def test_a_hazardous_call_is_on_the_disk_with_its_approval_before_it_goes_out() -> None:
    paper = Paper()
    door = Door(audit=paper)
    asked = ApprovalRequest(
        run_id="run",
        call_id="call",
        api="door_unlock",
        arguments={},
        effect=Effect.HAZARDOUS,
        reason="",
        channel=Channel.ROS,
        expires_at=utc_now().replace(year=utc_now().year + 1),
    )
    said = ApprovalAnswer(approval_id=asked.approval_id, approved=True, channel=Channel.CLI)
    entry = door.shelf.get("door_unlock")
    assert entry is not None
    call = Call(run_id="run", api="door_unlock", arguments={}, deadline_s=1.0)
    door.gate.admit(call, entry, Instruction(text="x"), Approval(request=asked, answer=said))
    assert (paper.durable, paper.entries[0]["approval_id"]) == ([True], asked.approval_id)


def test_nothing_acts_on_the_world_unwritten() -> None:
    paper = Paper()
    door = Door(document("ring", rate_limit={"calls": 1, "per_s": 10}), audit=paper)
    paper.full = True
    refused = door.refusal("light_on", light="hall")
    assert (refused.error_code, "no space left" in refused.message) == ("AUDIT", True)
    assert door.refusal("ring").error_code == "AUDIT"
    assert door.refusal("light_on", light="attic").error_code == "ARGUMENT"
    door.admit("thermometer_read")
    door.admit("say", text="the disk is full")
    paper.full = False
    door.admit("ring")  # what was refused took no place in the rate
    assert [entry["api"] for entry in paper.entries] == ["ring"]


def test_a_full_disk_leaves_the_log_as_it_was(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ledger.open()
    log.record("call_allowed", {})
    write = os.write

    def short(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(OSError, match="could be written"):
            log.record("call_allowed", {})
    log.record("call_allowed", {})
    ledger.close()
    assert (ledger.verify().fault, len(ledger.entries())) == (None, 2)


def test_while_the_journal_cannot_be_told_nothing_more_is_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        log = ledger.open(head_s=0.001)

        def fail(_head: Head) -> None:
            raise ConfigError("store is full; free space on the disk")

        with monkeypatch.context() as patch:
            patch.setattr(log._head, "write", fail)
            log.record("call_allowed", {})
            while not log._behind:
                await asyncio.sleep(0.001)
            with pytest.raises(ConfigError, match="free space"):
                log.record("call_allowed", {})
        log.record("call_allowed", {})

    asyncio.run(scenario())
    ledger.close()
    assert (ledger.verify().fault, len(ledger.entries())) == (None, 2)


def test_a_stop_while_the_entry_is_written_keeps_the_call_back() -> None:
    class Slow(Paper):
        def record(self, kind: str, fields: Any, *, durable: bool = False) -> None:
            super().record(kind, fields, durable=durable)
            door.latch.latch("smoke")

    paper = Slow()
    door = Door(audit=paper)
    with pytest.raises(RunStopped):
        door.admit("light_on", light="hall")
    assert [entry["kind"] for entry in paper.entries] == ["call_allowed", "call_refused"]


def test_a_log_that_is_not_open_refuses() -> None:
    log = AuditLog(Path("/nonexistent"), Path("/nonexistent"), AuditHead(Database(None)))
    door = Door(audit=log)
    with pytest.raises(CallRefused):
        door.admit("light_on", light="hall")
