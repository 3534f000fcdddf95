"""Rules tried in virtual time over a history of state: the engine itself, with nothing behind it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from taskmatrix_ros.core.garbage import much_that_stays
from taskmatrix_ros.core.rule import Firing, Missed, Rule, Trace
from taskmatrix_ros.rules.engine import RuleEngine
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.memory_store import MemoryStore
from taskmatrix_ros.store.rule_store import RuleCounts


@dataclass(frozen=True, slots=True)
class StateChange:
    """A value of state at a moment, aware UTC; None: nothing is known of the key from then on."""

    at: datetime
    key: str
    value: Any


@dataclass(frozen=True, slots=True)
class Happening:
    """An event at a moment."""

    at: datetime
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Simulation:
    """Runs rules from one moment to another. Every run takes ``run_s`` seconds and changes nothing."""

    def __init__(
        self,
        rules: Iterable[Rule],
        place: HomePlace,
        *,
        run_s: float = 0.0,
        sets: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """:param sets: by rule, what its code sets for certain; of two that differ only one has its way."""
        self._rules, self._place, self._run = tuple(rules), place, timedelta(seconds=run_s)
        self._sets = dict(sets or {})

    def run(
        self,
        from_at: datetime,
        to_at: datetime,
        history: Iterable[StateChange | Happening],
        state: Mapping[str, Any] | None = None,
    ) -> tuple[tuple[Trace, ...], Mapping[str, RuleCounts]]:
        """Play the history, which is in order of time.

        :param state: what is known at ``from_at``.
        :returns: every trace, oldest first, and what was counted by rule.
        :raises ConfigError: a rule is wrong.
        """
        with much_that_stays():
            return self._play(MemoryStore(), from_at, to_at, history, dict(state or {}))

    def _play(
        self,
        store: MemoryStore,
        from_at: datetime,
        to_at: datetime,
        history: Iterable[StateChange | Happening],
        state: dict[str, Any],
    ) -> tuple[tuple[Trace, ...], Mapping[str, RuleCounts]]:
        work = _NoWork(self._run, self._sets)
        engine = RuleEngine(store, state, work, self._place)
        engine.open(from_at - timedelta(days=1))  # long settled: what is not in the history is not known
        engine.add(self._rules, from_at)
        work.now = from_at
        for entry in history:
            if entry.at > to_at:
                break
            at = max(entry.at, from_at)
            self._pass(engine, work, at)
            if isinstance(entry, Happening):
                engine.event(entry.kind, entry.data, at)
            else:
                if entry.value is None:
                    state.pop(entry.key, None)
                else:
                    state[entry.key] = entry.value
                engine.state_changed(entry.key, entry.value, at)
        self._pass(engine, work, to_at)
        return tuple(store.told), {rule.id: counts for rule, counts in engine.rules()}

    def _pass(self, engine: RuleEngine, work: _NoWork, until: datetime) -> None:
        """Let time pass, stopping wherever something is due or a run ends."""
        while True:
            due = min((at for at in (engine.next_at, work.next_at) if at is not None), default=None)
            if due is None or due > until:
                break
            work.now = max(due, work.now)
            if work.next_at is not None and work.next_at <= work.now:
                engine.ended(work.take(), "would have ended", work.now)
            engine.tick(work.now)
        work.now = until


class _NoWork:
    """Runs that do nothing and end after a while."""

    def __init__(self, run: timedelta, sets: Mapping[str, Mapping[str, Any]]) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self._run, self._sets = run, sets
        self._ends: list[tuple[datetime, int, str]] = []
        self._count = itertools.count()

    @property
    def next_at(self) -> datetime | None:
        return self._ends[0][0] if self._ends else None

    def take(self) -> str:
        return heapq.heappop(self._ends)[2]

    def begin(self, _rule: Rule, firing: Firing) -> None:
        heapq.heappush(self._ends, (max(self.now, firing.at) + self._run, next(self._count), firing.firing_id))

    def cancel(self, firing: Firing, _reason: str) -> None:
        self._ends = [end for end in self._ends if end[2] != firing.firing_id]
        heapq.heapify(self._ends)
        heapq.heappush(self._ends, (self.now, next(self._count), firing.firing_id))

    def ask(self, _rule: Rule, _firing: Firing) -> None:
        pass

    def sets(self, rule: Rule) -> Mapping[str, Any]:
        return self._sets.get(rule.id, {})

    def missed_by_default(self, _rule: Rule) -> Missed:
        return Missed.RUN

    def told(self, _rule: Rule, _kind: str, _why: str) -> None:
        pass
