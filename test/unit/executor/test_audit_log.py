"""The audit log: whatever is done to it is found."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger import Ledger, link_of

from taskmatrix_ros.executor.audit.audit_chain import BROKEN, Chain, audit_files
from taskmatrix_ros.store.audit_head import Head


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
    other, last, new = Chain(b"x" * 32), link_of(lines[2]), []
    for _ in lines[3:]:
        line, last = other.line(last, "", "call_refused", {})
        new.append(line)
    return lines[:3] + new


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
    fifth = link_of(lines[4])
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
            async with asyncio.timeout(60):
                while len(ledger.events) == seen:
                    await asyncio.sleep(0.005)
                    log.record("call_allowed", {})
        assert {event.kind for event in ledger.events} == {"audit_chain_broken"}

    asyncio.run(scenario())
