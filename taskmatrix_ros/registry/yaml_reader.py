"""YAML with a place for every key: the part of YAML 1.2 that JSON can say."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from taskmatrix_ros.core.diagnostic import Diagnostic

MAX_DEPTH = 64
"""Nested mappings and lists; manifests need about ten."""

Path = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_RADIX = re.compile(r"0x[0-9a-fA-F]{1,16}|0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(slots=True)
class YamlDocument:
    """The value of a file, the place of each of its parts, and what was wrong with its YAML."""

    file: str
    value: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """Give the place of a part, or of the nearest part that holds it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def report(self, place: Place, message: str, hint: str) -> None:
        """Note what is wrong at a place."""
        self.problems.append(
            Diagnostic(code="yaml", message=message, hint=hint, file=self.file, line=place.line, column=place.column)
        )


def read_yaml(text: str, file: str) -> YamlDocument:
    """Read one YAML document; everything wrong with it is in ``problems``, and what could be read is in ``value``.

    Plain words are read as YAML 1.2 does: only ``true`` and ``false`` are booleans, ``on`` and ``12:30`` are texts.
    Keys are always texts. Anchors, aliases, tags and a second document are refused: a manifest says what it means where
    it means it, and nothing in it can grow.

    :param file: the name for messages.
    """
    builder = _Builder(YamlDocument(file))
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        context = f" {error.context}" if error.context else ""
        builder.document.report(place, f"no YAML: {error.problem}{context}", "mend the indentation, quotes or brackets")
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        builder.document.report(_unprintable(text), f"no YAML: {first}", "keep to printable characters")
    except _Unreadable as unreadable:
        builder.document.report(unreadable.place, unreadable.problem, unreadable.hint)
    return builder.document


def _unprintable(text: str) -> Place:
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    before = text[: found.start() if found else 0]
    return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))


def part_of(value: Any, part: str | int) -> Any:
    """Give the part of a mapping or list; None where there is none."""
    if isinstance(value, dict):
        return value.get(part)
    return value[part] if isinstance(value, list) and isinstance(part, int) and part < len(value) else None


class _Unreadable(Exception):
    """What follows would make no sense."""

    def __init__(self, place: Place, problem: str, hint: str) -> None:
        super().__init__(problem)
        self.place, self.problem, self.hint = place, problem, hint


@dataclass(slots=True)
class _Open:
    """A mapping or list being read."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    """The key whose value comes next."""
    skip: bool = False
    """Whether that value is thrown away: its key was wrong."""


class _Builder:
    """Puts events together without recursion, so that depth costs nothing but its own count."""

    def __init__(self, document: YamlDocument) -> None:
        self.document = document
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        assert mark is not None  # only events that a program makes up have none
        place = Place(mark.line + 1, mark.column + 1)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self.document.report(place, "a second YAML document", "put it into a file of its own")
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor is not None:
                kind = "alias *" if isinstance(event, yaml.AliasEvent) else "anchor &"
                self.document.report(place, f"{kind}{event.anchor} is not allowed", "write the value out")
            if isinstance(event, yaml.AliasEvent):
                self._add(None, place)
            else:
                self._take_node(event, place)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._open.pop()

    def _take_node(self, event: yaml.NodeEvent, place: Place) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            self.document.report(place, f"tag {tag} is not allowed", "leave it out; a text in quotes is a text")
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            if self._awaits_key():
                self._take_key(event.value, place)
            else:
                self._add(_resolve(event.value) if plain and tag is None else event.value, place)
            return
        if self._awaits_key():
            raise _Unreadable(
                place, "a key that is a mapping or a list", "a key is a word; braces in a text need quotes"
            )
        if len(self._open) >= MAX_DEPTH:
            raise _Unreadable(place, f"nested deeper than {MAX_DEPTH}", "flatten it")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(value, self._add(value, place)))

    def _awaits_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _take_key(self, key: str, place: Place) -> None:
        top = self._open[-1]
        top.key, top.skip = key, False
        if key in top.value:
            first = self.document.place((*top.path, key))
            self.document.report(
                place, f"key {key!r} stands twice, first in line {first.line}", "leave one of them out"
            )
            top.skip = True
        else:
            self.document.places[(*top.path, key)] = place

    def _add(self, value: Any, place: Place) -> Path:
        """Put a value where it belongs. :returns: its path."""
        if not self._open:
            if self._documents == 1:
                self.document.value = value
                self.document.places[()] = place
            return ()
        top = self._open[-1]
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            self.document.places.setdefault(path, place)
            top.value.append(value)
            return path
        key, top.key = top.key or "", None
        if not top.skip:
            top.value[key] = value
        return (*top.path, key)


def _resolve(text: str) -> Any:
    """Give what a plain word means by the YAML 1.2 core schema, without infinities."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _RADIX.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
