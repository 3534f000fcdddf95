"""Reads an audit log and says where its chain breaks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.executor.audit.audit_chain import BROKEN, START, Chain, Link
from taskmatrix_ros.store.audit_head import Head


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the log is not what was written; ``line`` counts from 1, 0 where a whole file or the tail is meant."""

    file: str
    line: int
    problem: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.problem}"


@dataclass(slots=True)
class AuditReport:
    """What reading a log brought. ``last``: the last entry that fits; ``torn``: bytes of a write that was cut short."""

    entries: int = 0
    last: Link = START
    fault: Fault | None = None
    torn: int = 0


def check_audit(files: Sequence[Path], chain: Chain, head: Head | None, *, whole: bool = True) -> AuditReport:
    """Follow the chain through ``files`` up to its first fault.

    :param files: oldest first. Read them after ``head``: the log may run ahead of its head, never behind.
    :param whole: whether they are the log from its first entry; else the first entry's word on what was before counts.
    :raises OSError: a file cannot be read.
    """
    report = AuditReport()
    if head is not None and not chain.sealed(head):
        report.fault = Fault("the journal", 0, "its count of entries was changed, or written with another key")
        return report
    follow = _Follower(report, chain, head, whole)
    for file in files:
        if not follow.file(file, last=file is files[-1]):
            return report
    _check_end(report, head, str(files[-1]) if files else "the audit log")
    return report


@dataclass(slots=True)
class _Follower:
    report: AuditReport
    chain: Chain
    head: Head | None
    whole: bool

    def file(self, file: Path, *, last: bool) -> bool:
        """Follow the chain through one file. :returns: whether it is sound."""
        lines = file.read_bytes().splitlines(keepends=True)
        for number, line in enumerate(lines, start=1):
            link = self.chain.read(line)
            if not line.endswith(b"\n") and last and number == len(lines) and not self._counted():
                self.report.torn = len(line)
                return True
            problem = link if isinstance(link, str) else self._problem(link)
            if problem or isinstance(link, str):
                self.report.fault = Fault(str(file), number, problem or "")
                return False
            self.report.last = link
            self.report.entries += 1
        return True

    def _counted(self) -> bool:
        """Whether the journal knows of entries after the last one that was read."""
        return self.head is not None and self.head.count > self.report.last.seq

    def _problem(self, link: Link) -> str | None:
        before = self.report.last
        if before is START and not self.whole:
            if self.head is not None and link.seq > self.head.count + 1:
                return (
                    f"the log goes on with entry {link.seq}, and the journal knows {self.head.count}: it was put back"
                )
            if self.head is not None and link.seq == self.head.count + 1 and link.prev != self.head.mac:
                return f"entry {link.seq} does not follow the one that the journal knows as its last"
        elif link.seq != before.seq + 1:
            if link.seq > before.seq:
                return f"entry {link.seq} follows entry {before.seq}: those between them are gone, or it was moved"
            return f"entry {link.seq} stands after entry {before.seq}: it was moved or copied"
        elif link.prev != before.mac:
            return f"entry {link.seq} does not follow the entry before it: that one was replaced"
        if self.head is not None and link.seq == self.head.count and link.mac != self.head.mac:
            return f"entry {link.seq} is not the one that the journal knows by that number"
        if link.kind == BROKEN and self.whole:
            return "an earlier start found the chain broken here; the entry says how"
        return None


def _check_end(report: AuditReport, head: Head | None, place: str) -> None:
    last = report.last.seq
    if head is None and last:
        report.fault = Fault(place, 0, f"the journal knows of no entry, and {last} are here: its count was removed")
    elif head is not None and last < head.count:
        missing = f"{head.count - last} of {head.count} entries are gone from the end"
        report.fault = Fault(place, 0, f"the log ends with entry {last}: {missing}")
