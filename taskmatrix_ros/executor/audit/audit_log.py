"""The audit log: what was let through, what was not, and who said yes. It is only ever added to."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.together import Together
from taskmatrix_ros.executor.audit.audit_chain import BROKEN, START, Chain, Link, audit_files, file_after
from taskmatrix_ros.executor.audit.audit_check import check_audit
from taskmatrix_ros.executor.audit.audit_key import read_or_make_key
from taskmatrix_ros.store.audit_head import AuditHead
from taskmatrix_ros.store.whole_append import append_whole

_log = logging.getLogger(__name__)

FILE_BYTES = 4 * 1024 * 1024
"""A file is about this long before the log goes on in the next: short enough to be checked on every start."""

_MOST_LOST = 10_000
"""Calls that are remembered as lost; those that do not go out for another reason never ask."""

HEAD_S = 0.05
"""Seconds until the journal knows of a new entry. One commit then serves all of that time."""


class AuditLog:
    """Appends entries; lives in the loop's thread.

    An entry is written before its head: after kill -9 the log may be ahead by entries that fit the chain, which is no
    fault. To be behind is one: the tail was cut.
    """

    def __init__(
        self,
        folder: Path,
        key_file: Path,
        head: AuditHead,
        *,
        events: EventBus | None = None,
        together: Together | None = None,
        file_bytes: int = FILE_BYTES,
        head_s: float = HEAD_S,
    ) -> None:
        """:param folder: of the log, below the profile's state folder; made where it is missing.

        :param key_file: made where it is missing, outside the state folder.
        :param head: in an open database.
        :param together: while more is coming, entries that may wait are written with those of it.
        """
        self._folder = folder
        self._key_file = key_file
        self._head = head
        self._events = events
        self._file_bytes = file_bytes
        self._head_s = head_s
        self._chain: Chain
        self._last = START
        self._file: Path | None = None
        self._descriptor = -1
        self._size = 0
        self._told = START
        self._timer: asyncio.TimerHandle | None = None
        self._behind = False
        self._together = together or Together()
        self._held: list[tuple[bytes, str]] = []
        """Entries that are to be written together, each with the call it lets pass."""
        self._held_after = START
        self._lost: dict[str, OSError] = {}
        """Calls whose entries could not be written, with why."""

    def open(self) -> None:
        """Check the latest file against the journal and go on from its end.

        A chain that is broken is told loudly and kept as it is; the log goes on in a new file that begins by saying so.

        :raises ConfigError: the key or the log cannot be read or made.
        """
        self._chain = Chain(read_or_make_key(self._key_file, away_from=self._folder.parent))
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._open()
        except OSError as error:
            self._close_file()
            raise ConfigError(
                f"audit log '{self._folder}' cannot be opened: {error.strerror}; make it readable and writable"
            ) from error

    def close(self) -> None:
        """Bring the journal up to date and close the file. May be called after a failed or no ``open``."""
        try:
            if self._descriptor >= 0:
                self._tell_journal()
        except (ConfigError, OSError) as error:
            _log.error("the journal does not know of the audit log's last entries: %s", error)
        finally:
            self._close_file()

    def record(
        self, kind: str, fields: Mapping[str, Any], *, durable: bool = False, waiting_call: str | None = None
    ) -> None:
        """Append an entry; it is in the file when this returns.

        :param kind: what happened, in the past tense.
        :param fields: plain data; what else there is to know.
        :param durable: the disk has it, too.
        :param waiting_call: id of the call that it lets pass, if ``make_sure`` is asked before that goes out: while
            more is coming, the entry is then written with those of it.
        :raises OSError: it could not be written; the log is as it was.
        :raises ConfigError: the journal cannot be told of it.
        """
        if self._behind:
            self._tell_journal()  # raises while it still cannot be told: an entry it does not know could be cut off
        waits = waiting_call is not None and (bool(self._held) or self._together.at_end(self._write_held))
        if self._held and not waits:
            self._write_held()
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        line, link = self._chain.line(self._last, at, kind, fields)
        if waiting_call is not None and waits:
            if not self._held:
                self._held_after = self._last
            self._held.append((line, waiting_call))
            self._last = link
            return
        self._append(line, link)
        if durable:
            os.fdatasync(self._descriptor)
            self._tell_journal()
        elif self._timer is None:
            self._tell_journal_soon()

    def make_sure(self, call_id: str) -> None:
        """Make sure that the entry that lets a call pass is in the file.

        :raises OSError: it could not be written.
        """
        if self._held:
            self._write_held()
        if self._lost and (error := self._lost.pop(call_id, None)) is not None:
            raise error

    # the file

    def _open(self) -> None:
        files = audit_files(self._folder)
        head = self._head.read()
        # Only the latest file is checked on a start; `taskmatrix audit verify` checks them all.
        # One that a crash left before its first entry says nothing: the one before it has the latest.
        latest = files[-2:] if files and b"\n" not in files[-1].read_bytes() else files[-1:]
        report = check_audit(latest, self._chain, head, whole=len(files) == len(latest))
        self._last = report.last
        if head is None and report.fault is None:
            self._head.begin(self._chain.head(START))
        elif head is not None:
            self._told = Link(head.count, "", head.mac)
        if report.fault is not None:
            if head is not None and not self._chain.sealed(head):
                self._told = START  # nobody knows who wrote that count
                self._last = check_audit(latest, self._chain, None, whole=False).last
            self._last = max(self._last, self._told, key=lambda link: link.seq)
            self._begin_after_break(files[-1] if files else None, str(report.fault))
            return
        if not files:
            self._open_file(file_after(self._folder, None))
            return
        if not report.entries and head is not None:
            self._last = self._told
        self._open_file(files[-1])
        if report.torn:
            os.ftruncate(self._descriptor, self._size - report.torn)
            self._size -= report.torn
            self.record("write_cut", {"reason": f"{report.torn} bytes of a last write that a crash cut short"})

    def _open_file(self, file: Path) -> None:
        self._close_file()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(file, flags, 0o600)
        self._size = os.fstat(self._descriptor).st_size
        self._file = file

    def _close_file(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _next_file(self) -> None:
        """Go on in a new file, once the journal knows of everything before it."""
        self._tell_journal()
        self._open_file(file_after(self._folder, self._file))

    def _append(self, lines: bytes, last: Link) -> None:
        if self._size and self._size + len(lines) > self._file_bytes:
            self._next_file()
        self._size = append_whole(self._descriptor, lines, self._size)
        self._last = last

    def _write_held(self) -> None:
        """Write what waited; where that fails, none of it is there and each call is told when it asks."""
        held, self._held = self._held, []
        if not held:
            return
        last, self._last = self._last, self._held_after
        try:
            self._append(b"".join(line for line, _ in held), last)
        except Exception as error:  # noqa: BLE001 - whatever it was, no call may go out unwritten
            said = error if isinstance(error, OSError) else OSError(str(error))
            self._lost |= dict.fromkeys((call_id for _, call_id in held), said)
            for call_id in tuple(self._lost)[:-_MOST_LOST]:
                del self._lost[call_id]
            return
        if self._timer is None:
            self._tell_journal_soon()

    def _begin_after_break(self, file: Path | None, problem: str) -> None:
        _log.error("the audit log's chain is broken: %s; it goes on in a new file", problem)
        if self._events is not None:
            self._events.publish(Event(kind="audit_chain_broken", data={"problem": problem}))
        self._open_file(file_after(self._folder, file))
        self.record(BROKEN, {"reason": problem}, durable=True)

    # the journal

    def _tell_journal_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._tell_journal()
            return
        self._timer = loop.call_later(self._head_s, self._tell_journal_late)

    def _tell_journal_late(self) -> None:
        self._timer = None
        try:
            self._tell_journal()
            self._check_file()
        except (ConfigError, OSError) as error:
            self._behind = True
            _log.error("the journal does not know of the audit log's last entries: %s", error)

    def _tell_journal(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held:
            self._write_held()
        if self._told != self._last:
            self._head.write(self._chain.head(self._last))
            self._told = self._last
        self._behind = False

    def _check_file(self) -> None:
        """Notice a log that is removed or cut while it is written."""
        status = os.fstat(self._descriptor)
        if status.st_nlink and status.st_size == self._size:
            return
        what = "was removed" if not status.st_nlink else f"has {status.st_size} bytes, {self._size} were written"
        self._begin_after_break(self._file, f"{self._file} {what} while the node ran")
