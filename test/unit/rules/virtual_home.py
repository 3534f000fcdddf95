"""An engine on a clock that the test moves, over a store that outlives it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.rules.rule_reader import parse_rules
from taskmatrix_ros.core.rule import Firing, Missed, Rule, Trace, Verdict
from taskmatrix_ros.rules.engine import RuleEngine
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.rule_store import RuleStore

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


class VirtualHome:
    """Implements ``RuleWork``: runs begin when the engine says so and end when the test says so."""

    def __init__(self, path: Path | None = None, *, now: datetime = START, place: HomePlace | None = None) -> None:
        self.now = now
        self.place = place or HomePlace()
        self.state: dict[str, Any] = {}
        self.path = path
        self.began: list[Firing] = []
        self.cancelled: list[str] = []
        self.asked: list[Firing] = []
        self.effects: dict[str, Mapping[str, Any]] = {}
        """Rule -> what its code sets."""
        self.hazardous: set[str] = set()
        self.said: list[tuple[str, str, str]] = []
        self.boot()

    def boot(self) -> None:
        """Start as after kill -9: only the file is left."""
        self.database = Database(self.path)
        self.database.open()
        self.store = RuleStore(self.database)
        self.engine = RuleEngine(self.store, self.state, self, self.place)
        self.began.clear()
        self.asked.clear()
        # Long settled where it begins anew: what is not in the history is not known.
        self.engine.open(self.now - timedelta(days=1) if self.path is None else self.now)

    def die(self, away_s: float = 0.0) -> None:
        """Kill and come back."""
        self.database.close()
        self.state.clear()
        self.now += timedelta(seconds=away_s)
        self.boot()
        self.engine.tick(self.now)

    def add(self, text: str, **changes: Any) -> Rule:
        (rule,) = parse_rules(text, "test", HomePlace())
        rule = Rule.model_validate(rule.model_dump() | changes)
        self.engine.add([rule], self.now)
        return rule

    def set(self, key: str, value: Any) -> None:
        if value is None:
            self.state.pop(key, None)
        else:
            self.state[key] = value
        self.engine.state_changed(key, value, self.now)
        self.engine.tick(self.now)

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping wherever the engine waits for a moment."""
        end = self.now + timedelta(seconds=seconds)
        while (due := self.engine.next_at) is not None and due <= end:
            self.now = max(due, self.now)
            self.engine.tick(self.now)
        self.now = end
        self.engine.tick(end)

    def finish(self, index: int = -1) -> None:
        self.engine.ended(self.began[index].firing_id, "done", self.now)

    def traces(self, rule_id: str) -> list[Trace]:
        return list(self.store.traces(rule_id, 50))

    def verdicts(self, rule_id: str) -> list[Verdict]:
        """Oldest first."""
        return [trace.verdict for trace in reversed(self.traces(rule_id))]

    def begin(self, rule: Rule, firing: Firing) -> None:
        assert firing.rule_id == rule.id
        self.began.append(firing)

    def cancel(self, firing: Firing, reason: str) -> None:
        self.cancelled.append(firing.firing_id)

    def ask(self, rule: Rule, firing: Firing) -> None:
        self.asked.append(firing)

    def sets(self, rule: Rule) -> Mapping[str, Any]:
        return self.effects.get(rule.id, {})

    def missed_by_default(self, rule: Rule) -> Missed:
        return Missed.ASK if rule.id in self.hazardous else Missed.RUN

    def told(self, rule: Rule, kind: str, why: str) -> None:
        self.said.append((rule.id, kind, why))
