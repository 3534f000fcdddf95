"""Rules, what they wait for, and their stories: what must survive kill -9."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import Firing, Rule, Told, Trace, Verdict
from taskmatrix_ros.store.database import Database

TRACES_KEPT = 50
"""Per rule; the oldest make room."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Deadline:
    """What one trigger of a rule waits for. ``due`` None: nothing, but ``data`` are remembered."""

    rule_id: str
    trigger: int
    due: datetime | None
    data: dict[str, Any] = field(default_factory=dict)


class RuleCounts(NamedTuple):
    """How a rule fared, since it was first saved."""

    fired: int = 0
    blocked: int = 0
    dropped: int = 0
    missed: int = 0
    traces: int = 0
    last_fired_at: datetime | None = None


def counted(told: Told, counts: RuleCounts, count: int = 1) -> RuleCounts:
    """Count a line of a rule's story ``count`` times."""
    fired, blocked, dropped, missed, traces, last_fired_at = counts
    match told.verdict:
        case Verdict.FIRED:
            fired, last_fired_at = fired + count, told.at
        case Verdict.BLOCKED:
            blocked += count
        case Verdict.DROPPED:
            dropped += count
        case Verdict.MISSED:
            missed += count
    return RuleCounts(fired, blocked, dropped, missed, traces + 1, last_fired_at)


class RuleStore:
    """Kept in an open ``Database``; every method has committed when it returns, inside ``transaction`` with its end.

    :raises ConfigError: by any method, when the file can no longer be written or read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._depth = 0
        self._soon = False
        self._soon_transaction = _Soon(self, database.soon())
        self._traces: dict[tuple[str, int], Told] = {}
        self._counts: dict[str, RuleCounts] = {}
        """What is gathered for a moment: of many changes only the latest is written."""
        database.gather(self._write_gathered)

    def transaction(self, *, durable: bool = False, soon: bool = False) -> AbstractContextManager[None]:
        """Commit everything inside at once, or nothing of it; one inside another is part of it.

        :param soon: as ``Database.write_soon`` has it: what it led to is kept, and so keeps it, before it goes out.
        """
        if self._depth:
            return nullcontext()
        if soon and self._database.waits():
            return self._soon_transaction
        return self._at_once(durable=durable)

    @contextmanager
    def _at_once(self, *, durable: bool) -> Iterator[None]:
        self._depth += 1
        try:
            with self._database.transaction(durable=durable):
                yield
                self._write_gathered()
        finally:
            self._depth -= 1

    def begin_soon(self) -> None:
        """Give what is written from now on to ``Database.write_soon``."""
        self._depth, self._soon = 1, True

    def end_soon(self) -> None:
        """Write at once again."""
        self._depth, self._soon = 0, False

    def save(self, rule: Rule) -> None:
        """Write a rule, new or changed; what was counted stays."""
        self._database.execute(
            "INSERT INTO rules (rule_id, rule) VALUES (?, ?) ON CONFLICT (rule_id) DO UPDATE SET rule = excluded.rule",
            (rule.id, rule.model_dump_json(by_alias=True)),
        )

    def delete(self, rule_id: str) -> None:
        """Forget a rule with all it waits for; runs it began are the journal's."""
        with self.transaction():
            self._database.execute("DELETE FROM rules WHERE rule_id = ?", (rule_id,))
            self._database.execute("DELETE FROM rule_firings WHERE rule_id = ?", (rule_id,))

    def rules(self) -> Sequence[tuple[Rule, RuleCounts]]:
        """Give every rule, by id.

        :raises ConfigError: one was written by another version.
        """
        rows = self._database.execute(
            "SELECT rule, fired, blocked, dropped, missed, traces, last_fired_us FROM rules ORDER BY rule_id"
        ).fetchall()
        return tuple(
            (
                self._read(Rule, text),
                RuleCounts(fired, blocked, dropped, missed, traces, None if last is None else _moment(last)),
            )
            for text, fired, blocked, dropped, missed, traces, last in rows
        )

    def set_deadline(self, deadline: Deadline) -> None:
        """Write what a trigger waits for, in place of what it waited for."""
        self._write(
            "INSERT OR REPLACE INTO rule_deadlines (rule_id, trigger, due_us, data) VALUES (?, ?, ?, ?)",
            (
                deadline.rule_id,
                deadline.trigger,
                None if deadline.due is None else _microseconds(deadline.due),
                json.dumps(deadline.data),
            ),
            key=(deadline.rule_id, deadline.trigger),
        )

    def clear_deadline(self, rule_id: str, trigger: int) -> None:
        """Forget what a trigger waited for."""
        self._write(
            "DELETE FROM rule_deadlines WHERE rule_id = ? AND trigger = ?", (rule_id, trigger), key=(rule_id, trigger)
        )

    def deadlines(self) -> Sequence[Deadline]:
        """Give what all triggers wait for."""
        rows = self._database.execute("SELECT rule_id, trigger, due_us, data FROM rule_deadlines").fetchall()
        return tuple(
            Deadline(rule_id, trigger, None if due is None else _moment(due), json.loads(data))
            for rule_id, trigger, due, data in rows
        )

    def save_firing(self, firing: Firing) -> None:
        """Write a firing that runs or waits."""
        self._write(
            "INSERT INTO rule_firings (firing_id, rule_id, sequence, firing) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (firing_id) DO UPDATE SET firing = excluded.firing",
            (firing.firing_id, firing.rule_id, firing.sequence, firing.as_json()),
            key=firing.firing_id,
        )

    def end_firing(self, firing_id: str) -> None:
        """Forget a firing: its run has ended, or never will be."""
        self._write("DELETE FROM rule_firings WHERE firing_id = ?", (firing_id,), key=firing_id)

    def firings(self) -> Sequence[Firing]:
        """Give the firings that have not ended, in the order they came."""
        rows = self._database.execute("SELECT firing FROM rule_firings ORDER BY rule_id, sequence").fetchall()
        return tuple(self._read(Firing, text) for (text,) in rows)

    def tell(self, told: Told, counts: RuleCounts, *, count: int = 1) -> RuleCounts:
        """Add a line to a rule's story and count it ``count`` times. :returns: what is counted now."""
        changed = counted(told, counts, count)
        self._traces[told.rule_id, counts.traces % TRACES_KEPT] = told
        self._counts[told.rule_id] = changed
        if not self._soon:
            with self.transaction():
                self._write_gathered()
        return changed

    def traces(self, rule_id: str, limit: int = 10) -> Sequence[Trace]:
        """Give the latest lines of a rule's story, newest first."""
        found = self._database.execute("SELECT traces FROM rules WHERE rule_id = ?", (rule_id,)).fetchone()
        told = found[0] if found else 0
        rows = self._database.execute("SELECT place, trace FROM rule_traces WHERE rule_id = ?", (rule_id,)).fetchall()
        newest = sorted(rows, key=lambda row: (told - 1 - row[0]) % TRACES_KEPT)
        return tuple(self._read(Trace, text) for _, text in newest[: max(limit, 0)])

    def remember(self, key: str, value: Any) -> None:
        """Write a value of state that triggers compare the next one with."""
        self._write("INSERT OR REPLACE INTO rule_state (key, value) VALUES (?, ?)", (key, _as_json(value)), key=key)

    def remembered(self) -> dict[str, Any]:
        """Give the values that were remembered."""
        return {key: json.loads(value) for key, value in self._database.execute("SELECT key, value FROM rule_state")}

    def _write(self, statement: str, values: Sequence[Any], *, key: object) -> None:
        if self._soon:
            self._database.write_soon(statement, values, key=key)
        else:
            self._database.execute(statement, values)

    def _write_gathered(self) -> None:
        write = self._database.write_soon
        if self._traces:
            for (rule_id, place), told in self._traces.items():
                write(
                    "INSERT OR REPLACE INTO rule_traces (rule_id, place, trace)"
                    " SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM rules WHERE rule_id = ?)",
                    (rule_id, place, told.trace().as_json(), rule_id),
                )
            self._traces = {}
        if self._counts:
            for rule_id, counts in self._counts.items():
                last = counts.last_fired_at
                counted = (counts.fired, counts.blocked, counts.dropped, counts.missed, counts.traces)
                write(
                    "UPDATE rules SET fired = ?, blocked = ?, dropped = ?, missed = ?, traces = ?, last_fired_us = ?"
                    " WHERE rule_id = ?",
                    (*counted, None if last is None else _microseconds(last), rule_id),
                )
            self._counts = {}

    def _read(self, kind: Any, text: str) -> Any:
        try:
            return kind.model_validate_json(text)
        except ValidationError as error:
            raise ConfigError(
                f"store '{self._database.name}': {kind.__name__.lower()} {text[:60]!r} cannot be read; it was written"
                " by another version: use that one, or name another file"
            ) from error


class _Soon:
    """The transaction that is written soon. No generator: it is entered for every change that a rule hears of."""

    __slots__ = ("_staging", "_store")

    def __init__(self, store: RuleStore, staging: AbstractContextManager[None]) -> None:
        self._store, self._staging = store, staging

    def __enter__(self) -> None:
        self._staging.__enter__()
        self._store.begin_soon()

    def __exit__(self, *raised: Any) -> None:
        self._store.end_soon()
        self._staging.__exit__(*raised)


def _as_json(value: Any) -> str:
    """Most values that change often are numbers, which the encoder takes ten times as long for."""
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return repr(value)
    return json.dumps(value)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
