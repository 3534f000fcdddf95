"""An audit log with its key and journal, for the tests of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.executor.audit.audit_chain import Chain, Link, audit_files
from taskmatrix_ros.executor.audit.audit_check import AuditReport, check_audit
from taskmatrix_ros.executor.audit.audit_key import read_key
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
        head = read_audit_head(self.store)  # before the files: they may run ahead of it, never behind
        return check_audit(audit_files(self.folder), self.chain, head)

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


def link_of(line: bytes) -> Link:
    entry = json.loads(line)
    return Link(entry["seq"], entry["prev"], entry["mac"], entry["kind"])
