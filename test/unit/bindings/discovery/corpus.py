"""Announcements in the manner of different makers, with what each must become: the files of ``corpus_data``.

Every maker is written once, by its documentation or its devices' messages. Where it names a ``<Room>`` it stands for
several devices, that differ in name and address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).with_name("corpus_data")
ROOMS = ("Kitchen", "Living Room", "Bedroom", "Hall", "Office", "Bathroom")


@dataclass(frozen=True)
class Command:
    """A call and what must go out for it, in order; payloads that are JSON are compared as such."""

    api: str
    arguments: dict[str, Any]
    sent: list[tuple[str, Any]]


@dataclass(frozen=True)
class Told:
    """A message of the device and what must be known after it."""

    topic: str
    payload: str
    key: str
    value: Any


@dataclass(frozen=True)
class Case:
    label: str
    topic: str
    config: dict[str, Any]
    commands: list[Command]
    told: list[Told]


def _of_rooms(text: str) -> Iterator[str]:
    if "<Room>" not in text:
        yield text
        return
    for number, room in enumerate(ROOMS, start=1):
        slug = room.lower().replace(" ", "_")
        yield text.replace("<Room>", room).replace("<room>", slug).replace("<n>", f"{number:02d}")


def _case(entry: dict[str, Any]) -> Case:
    commands = [
        Command(one["api"], one["arguments"], [(topic, payload) for topic, payload in one["sent"]])
        for one in entry.get("commands", ())
    ]
    told = [Told(**one) for one in entry.get("told", ())]
    return Case(entry["label"], entry["topic"], entry["config"], commands, told)


CASES = [
    _case(entry)
    for file in sorted(DATA.glob("*.yaml"))
    for text in _of_rooms(file.read_text(encoding="utf-8"))
    for entry in yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
]
