"""A crash, a full disk or a journal that cannot be written leave the audit log sound."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest
from ledger import Ledger, link_of

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.executor.audit.audit_chain import Chain
from taskmatrix_ros.executor.audit.audit_key import read_key
from taskmatrix_ros.store.audit_head import Head


def test_an_entry_the_journal_does_not_know_yet_is_no_fault(ledger: Ledger) -> None:
    """Killed between the two writes: the log is ahead."""
    ledger.write(8)
    ahead = Chain(read_key(ledger.key_file))
    link = link_of(ledger.lines()[-1])
    with ledger.file.open("ab") as file:
        for _ in range(3):
            line, link = ahead.line(link, "", "call_allowed", {})
            file.write(line)
    report = ledger.verify()
    assert (report.fault, report.entries) == (None, 11)
    ledger.write(1)
    assert ledger.events == []
    assert (ledger.verify().fault, len(ledger.entries())) == (None, 12)


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_a_write_that_a_crash_cut_short_is_no_fault(ledger: Ledger, cut: int) -> None:
    ledger.write(8)
    line, _ = ledger.chain.line(link_of(ledger.lines()[-1]), "", "call_allowed", {"pad": "x" * 300})
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
