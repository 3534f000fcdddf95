"""One rule as it lives: its parsed condition, what foretells it, its runs and those that wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.rule import Firing, Missed, Rule, RunMode, parts_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.rules.condition import parse_condition
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import Moments, moments_of
from taskmatrix_ros.rules.rule_work import RuleWork
from taskmatrix_ros.store.rule_store import RuleCounts

_MINUTE_S = 60.0


@dataclass(slots=True)
class LiveRule:
    """A rule, what it counts, and its firings that have not ended, oldest first."""

    rule: Rule
    counts: RuleCounts
    parts: Mapping[int, Any]
    """Its basic triggers by number."""
    moments: Mapping[int, Moments]
    """What foretells those of time."""
    work: RuleWork
    running: dict[str, Firing] = field(default_factory=dict)
    waiting: deque[Firing] = field(default_factory=deque)
    asked: dict[str, Firing] = field(default_factory=dict)
    """What a person is asked about."""
    storm: bool = False
    """Whether firings are dropped because there are so many."""
    _minute: int = 0
    _in_minute: int = 0
    _in_minute_before: int = 0

    @staticmethod
    def of(rule: Rule, counts: RuleCounts, place: HomePlace, work: RuleWork) -> LiveRule:
        """Make one. :raises ConfigError: a trigger or the condition is wrong."""
        parts = parts_of(rule)
        known = ((part, moments_of(trigger, place)) for part, trigger in parts.items())
        moments = {part: found for part, found in known if found is not None}
        return LiveRule(rule, counts, parts, moments, work)

    @property
    def condition(self) -> Expression | None:
        """Its condition, compiled when it is first asked: it was checked when the rule was saved."""
        return parse_condition(self.rule.condition) if self.rule.condition else None

    @property
    def sets(self) -> Mapping[str, Any]:
        """What its code sets for certain: key of state -> value."""
        return self.work.sets(self.rule)

    @property
    def missed(self) -> Missed:
        """What happens to a moment that was missed."""
        return self.rule.missed or self.work.missed_by_default(self.rule)

    @property
    def active(self) -> int:
        """Firings that have not ended."""
        return len(self.running) + len(self.waiting)

    def no_room(self) -> str | None:
        """Say why another firing is not begun and cannot wait either."""
        rule, runs = self.rule, len(self.running)
        if rule.mode is RunMode.SINGLE and self.active:
            return "the run before it goes on; mode single allows no second"
        if rule.mode is RunMode.PARALLEL and runs >= rule.bound:
            return f"{runs} runs go on; mode parallel allows {rule.bound}"
        if rule.mode is RunMode.QUEUED and len(self.waiting) >= rule.bound:
            return f"{len(self.waiting)} firings wait; mode queued allows {rule.bound}"
        return None

    @property
    def must_wait(self) -> bool:
        """Whether another firing waits for those that run."""
        return self.rule.mode is not RunMode.PARALLEL and bool(self.running)

    @property
    def cooldown(self) -> timedelta:
        """How long after a firing there is no other."""
        return timedelta(seconds=self.rule.cooldown_s)

    def too_many(self, now: datetime) -> str | None:
        """Count a firing of this moment, and say why it is one too many.

        The last minute's are estimated from those of this and of the one before: two numbers, whatever the rate.
        """
        now_s = now.timestamp()
        minute = int(now_s // _MINUTE_S)
        if minute != self._minute:
            self._in_minute_before = self._in_minute if minute == self._minute + 1 else 0
            self._minute, self._in_minute = minute, 0
        most = self.rule.most_per_minute
        self.storm = self._in_minute + self._in_minute_before >= most and (
            self._in_minute + (1.0 - now_s % _MINUTE_S / _MINUTE_S) * self._in_minute_before >= most
        )
        if self.storm:
            return f"it fired {most} times within a minute; most_per_minute allows no more"
        self._in_minute += 1
        return None
