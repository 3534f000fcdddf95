"""One rule as it lives: its parsed condition, what foretells it, its runs and those that wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta

from taskmatrix_ros.core.rule import Firing, Rule, RunMode
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import Moments, moments_of
from taskmatrix_ros.store.rule_store import RuleCounts


@dataclass(slots=True)
class LiveRule:
    """A rule, what it counts, and its firings that have not ended, oldest first."""

    rule: Rule
    counts: RuleCounts
    moments: tuple[Moments | None, ...]
    condition: Expression | None
    running: dict[str, Firing] = field(default_factory=dict)
    waiting: deque[Firing] = field(default_factory=deque)

    @staticmethod
    def of(rule: Rule, counts: RuleCounts, place: HomePlace) -> LiveRule:
        """Make one. :raises ConfigError: a trigger or the condition is wrong."""
        moments = tuple(moments_of(trigger, place) for trigger in rule.triggers)
        return LiveRule(rule, counts, moments, Expression.parse(rule.condition) if rule.condition else None)

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
