"""The form of an audit entry, and what holds one to the next."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import PydanticSerializationError, to_json

from taskmatrix_ros.store.audit_head import Head

FIRST_FILE = "audit.jsonl"
GENESIS = "0" * 64
"""What the first entry names as the MAC before it."""

BROKEN = "chain_broken"
"""The kind of the entry that a log goes on with after its chain was found broken."""

_MAC = re.compile(rb',"mac":"([0-9a-f]{64})"\}\n?')
_TAIL = len(b',"mac":""}') + 64
_NUMBERED = re.compile(r"audit-(\d{6,})\.jsonl")


class Link(NamedTuple):
    """One entry as the chain sees it; ``seq`` counts from 1."""

    seq: int
    prev: str
    mac: str
    kind: str = ""


START = Link(0, "", GENESIS)


class Chain:
    """Writes and reads entries with one key.

    A line is a JSON object whose last field, ``mac``, is HMAC-SHA256 over the line's own bytes before it; the MAC of
    the entry before is among those, as ``prev``. The bytes themselves are signed, so no line can be read in two ways.
    """

    def __init__(self, key: bytes) -> None:
        self._empty = hmac.new(key, digestmod="sha256")

    def line(self, link: Link, at: str, kind: str, fields: Mapping[str, Any]) -> tuple[bytes, Link]:
        """Write the entry after ``link``. :returns: its line, and the link to go on from."""
        seq = link.seq + 1
        body = _encode({"seq": seq, "at": at, "kind": kind, **fields, "prev": link.mac})[:-1]
        mac = self._mac(body)
        return b'%b,"mac":"%b"}\n' % (body, mac.encode()), Link(seq, link.mac, mac, kind)

    def read(self, line: bytes) -> Link | str:
        """Give an entry's link, or say what is wrong with the line."""
        found = _MAC.fullmatch(line, max(0, len(line) - _TAIL - line.endswith(b"\n")))
        if found is None:
            return "this is no entry: it does not end in a MAC"
        body = line[: found.start()]
        mac = found[1].decode()
        if not hmac.compare_digest(self._mac(body), mac):
            return "the entry was changed, or written with another key"
        entry = json.loads(body + b"}")
        return Link(entry["seq"], entry["prev"], mac, entry["kind"])

    def head(self, link: Link) -> Head:
        """Give the head for a log that ends in ``link``."""
        return Head(link.seq, link.mac, self._seal(link.seq, link.mac))

    def sealed(self, head: Head) -> bool:
        """Whether a head was written with this key."""
        return hmac.compare_digest(self._seal(head.count, head.mac), head.seal)

    def _seal(self, count: int, mac: str) -> str:
        return self._mac(f"head {count} {mac}".encode())

    def _mac(self, content: bytes) -> str:
        signed = self._empty.copy()  # a third of the time of making one anew
        signed.update(content)
        return signed.hexdigest()


def audit_files(folder: Path) -> tuple[Path, ...]:
    """Give the files of a log, oldest first: ``audit.jsonl``, ``audit-000002.jsonl`` and so on.

    A file never gets another name, so a reader can follow the log while it is written.
    """
    if not folder.is_dir():
        return ()
    return tuple(sorted((file for file in folder.iterdir() if file_number(file)), key=file_number))


def file_number(file: Path) -> int:
    """Give the place of a file in its log, from 1; 0 for another file."""
    if file.name == FIRST_FILE:
        return 1
    found = _NUMBERED.fullmatch(file.name)
    return int(found[1]) if found else 0


def file_after(folder: Path, last: Path | None) -> Path:
    """Give the file to go on in after ``last``."""
    return folder / FIRST_FILE if last is None else folder / f"audit-{file_number(last) + 1:06d}.jsonl"


def _encode(entry: dict[str, Any]) -> bytes:
    try:
        return to_json(entry)
    except PydanticSerializationError:  # a lone surrogate; it becomes its JSON escape
        text = json.dumps(entry, separators=(",", ":"), ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace")
