"""A journal that ends its process with SIGKILL right before or right after one of its commits."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.system import System
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.store.journal import SqliteJournal


class Side(StrEnum):
    """On which side of a commit the process dies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One commit of a run: ``number`` from 1; ``what``: the status or the API."""

    number: int
    method: str
    what: str


@dataclass(frozen=True, kw_only=True)
class KillPoint:
    """Where to die."""

    number: int
    side: Side

    @classmethod
    def parse(cls, text: str) -> KillPoint:
        """Read ``before:17``."""
        side, _, number = text.partition(":")
        return cls(number=int(number), side=Side(side))

    def __str__(self) -> str:
        return f"{self.side.value}:{self.number}"


class MortalJournal(SqliteJournal):
    """The journal as it is, which counts the commits of runs and calls, tells them, and dies at one of them."""

    def __init__(self, database: Any, *, point: KillPoint | None, told: Path | None) -> None:
        """:param told: a file that gets each commit as a line of JSON, before it is made."""
        super().__init__(database)
        self._point = point
        self._told = told
        self._count = 0
        self._apis: dict[str, str] = {}

    def save_run(self, episode: Episode, *, soon: bool = False) -> None:  # noqa: ARG002 - each is a commit to die at
        """Write the run."""
        with self._commit("save_run", episode.status.value):
            super().save_run(episode)

    def begin_call(self, call: Call, *, durable: bool, new: bool = False) -> None:  # noqa: ARG002 - as above
        """Write a call before it goes out."""
        self._apis[call.call_id] = call.api
        with self._commit("begin_call", call.api):
            super().begin_call(call, durable=durable)

    def end_call(self, outcome: Outcome, *, soon: bool = False) -> None:  # noqa: ARG002 - each is a commit to die at
        """Write how it ended."""
        with self._commit("end_call", self._apis.get(outcome.call_id, "")):
            super().end_call(outcome)

    @contextmanager
    def _commit(self, method: str, what: str) -> Iterator[None]:
        self._count += 1
        if self._told is not None:
            with self._told.open("a", encoding="utf-8") as told:
                told.write(json.dumps(asdict(Commit(number=self._count, method=method, what=what))) + "\n")
        self._die(Side.BEFORE)
        yield
        self._die(Side.AFTER)

    def _die(self, side: Side) -> None:
        if self._point == KillPoint(number=self._count, side=side):
            os.kill(os.getpid(), signal.SIGKILL)


class MortalSystem(System):
    """The system as it is, on such a journal."""

    def __init__(self, *arguments: Any, point: KillPoint | None, told: Path | None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.journal = MortalJournal(self._database, point=point, told=told)
