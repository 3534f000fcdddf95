"""What survives kill -9 before the tables have it: a file beside the store that is only added to."""

from __future__ import annotations

import json
import logging
import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.store.whole_append import append_whole

_log = logging.getLogger(__name__)

_FULL_BYTES = 1024 * 1024
"""A file that the tables have all of is begun anew when it is longer."""

_LONG_BYTES = 64 * 1024 * 1024
"""A file that is longer is not put off any more."""

Entry = tuple[str, Sequence[Any]]
"""A statement and its values."""


class Repeated(str):
    """A text that is written again and again: the file holds it once, and then a number that stands for it.

    It is the last of a statement's values.
    """

    __slots__ = ()


class RedoLog:
    """Appends rows of entries; lives in the loop's thread.

    A row is a line: its checksum, and as JSON its number, the texts it is the first to use, and its entries. The first
    line names the life of the store that the file belongs to: beside another, as when somebody brought back a copy, it
    says nothing. A row that was not written whole ends what is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._size = 0
        self._life = ""
        self._numbers: dict[str, int] = {}
        self.last = 0
        """Number of the latest row, from 1 in each life."""

    def begin(self, life: str) -> None:
        """Begin anew, empty.

        :raises OSError: it cannot be made.
        """
        if self._descriptor < 0:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        self._life, self.last = life, 0
        self._empty()

    def close(self, *, done: bool) -> None:
        """Close the file. May be called after a failed or no ``begin``.

        :param done: the tables have it all; it is removed.
        """
        if self._descriptor >= 0:
            if done:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1

    def append(self, entries: Iterable[Entry]) -> None:
        """Write a row; it survives kill -9 when this returns.

        :raises ConfigError: it cannot be written; the file is as it was.
        """
        numbers, known = self._numbers, len(self._numbers)
        row: list[tuple[int, Sequence[Any]]] = []
        for statement, values in entries:
            number = numbers.setdefault(statement, len(numbers))
            if values and type(values[-1]) is Repeated:
                values = (*values[:-1], (numbers.setdefault(values[-1], len(numbers)),))
            row.append((number, values))
        new = [*numbers][known:] if len(numbers) > known else []
        try:
            self._write(_line([self.last + 1, new, row]))
        except OSError as error:
            for text in new:
                del self._numbers[text]
            raise ConfigError(
                f"store file '{self._path}' cannot be written: {error.strerror or error};"
                " free space on the disk and make it writable"
            ) from error
        self.last += 1

    @property
    def is_long(self) -> bool:
        """Whether it is time that the tables get it all."""
        return self._size > _LONG_BYTES

    def applied(self) -> None:
        """The tables have it all; the file need not grow for ever."""
        if self._size > _FULL_BYTES:
            try:
                self._empty()
            except OSError as error:
                _log.warning("store file '%s' cannot be emptied: %s; it grows", self._path, error.strerror or error)

    def _empty(self) -> None:
        os.ftruncate(self._descriptor, 0)
        self._numbers, self._size = {}, 0
        self._write(_line(self._life))

    def _write(self, line: bytes) -> None:
        self._size = append_whole(self._descriptor, line, self._size)


def redo_file(store: Path) -> Path:
    """Name the file that belongs to a store."""
    return store.with_name(store.name + ".redo")


@dataclass(frozen=True, slots=True)
class Redo:
    """What a file holds."""

    path: Path
    life: str = ""
    rows: Sequence[tuple[int, Sequence[Entry]]] = ()
    """Number and entries, in the order they were written."""

    def after(self, life: str, applied: int) -> Iterator[Entry]:
        """Give what a store of this life, which has the rows up to ``applied``, has yet to run."""
        if self.life != life:
            return
        for number, entries in self.rows:
            if number > applied + 1:  # loss of power took commits that the file was emptied after
                _log.warning("store file '%s': rows before %d are missing; the rest is left out", self.path, number)
                return
            if number > applied:
                applied = number
                yield from entries


def read_redo(path: Path) -> Redo:
    """Read a file; one that is missing or not ours holds nothing.

    :raises ConfigError: it is there and cannot be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Redo(path)
    except OSError as error:
        raise ConfigError(f"store file '{path}' cannot be read: {error.strerror}; make it readable") from error
    lines = _whole_lines(content)
    texts: list[str] = []
    rows: list[tuple[int, Sequence[Entry]]] = []
    life = next(lines, "")
    for number, new, row in lines:
        texts += new
        rows.append((number, [(texts[statement], _spelt(values, texts)) for statement, values in row]))
    return Redo(path, life, rows)


def _line(content: Any) -> bytes:
    text = to_json(content)
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _whole_lines(content: bytes) -> Iterator[Any]:
    for line in content.split(b"\n")[:-1]:
        text = line[9:]
        if line[:9] != b"%08x " % zlib.crc32(text):
            return
        yield json.loads(text)


def _spelt(values: Sequence[Any], texts: Sequence[str]) -> list[Any]:
    """Put repeated texts in the place of their numbers; no statement has a list among its values."""
    return [texts[value[0]] if isinstance(value, list) else value for value in values]
