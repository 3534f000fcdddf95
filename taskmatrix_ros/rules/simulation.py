"""Rules tried in virtual time over a history of state: the engine itself, with nothing behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from taskmatrix_ros.core.rule import Firing, Rule, Trace
from taskmatrix_ros.rules.engine import RuleEngine
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.rule_store import RuleCounts, RuleStore


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

    def __init__(self, rules: Iterable[Rule], place: HomePlace, *, run_s: float = 0.0) -> None:
        self._rules, self._place, self._run = tuple(rules), place, timedelta(seconds=run_s)

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
        database = Database(None)
        database.open()
        try:
            return self._play(_TellingStore(database), from_at, to_at, history, dict(state or {}))
        finally:
            database.close()

    def _play(
        self,
        store: _TellingStore,
        from_at: datetime,
        to_at: datetime,
        history: Iterable[StateChange | Happening],
        state: dict[str, Any],
    ) -> tuple[tuple[Trace, ...], Mapping[str, RuleCounts]]:
        work = _NoWork(self._run)
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

    def __init__(self, run: timedelta) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self._run = run
        self._ends: dict[str, datetime] = {}

    @property
    def next_at(self) -> datetime | None:
        return min(self._ends.values(), default=None)

    def take(self) -> str:
        firing_id = min(self._ends, key=lambda known: self._ends[known])
        del self._ends[firing_id]
        return firing_id

    def begin(self, _rule: Rule, firing: Firing) -> None:
        self._ends[firing.firing_id] = max(self.now, firing.at) + self._run

    def cancel(self, firing: Firing, _reason: str) -> None:
        self._ends[firing.firing_id] = self.now

    def told(self, _rule: Rule, _kind: str, _why: str) -> None:
        pass


class _TellingStore(RuleStore):
    """Keeps every trace, not only the latest."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.told: list[Trace] = []

    def tell(self, trace: Trace, counts: RuleCounts, *, count: int = 1) -> RuleCounts:
        self.told.append(trace)
        return super().tell(trace, counts, count=count)
