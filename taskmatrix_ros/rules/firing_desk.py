"""Decides what becomes of a trigger that fired: a run, a place in the queue, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from taskmatrix_ros.core.rule import Firing, FiringState, Rule, RunMode, Trace, Verdict, firing_id_of
from taskmatrix_ros.rules.condition_state import ConditionState
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.loop_guard import MAX_DEPTH
from taskmatrix_ros.rules.rule_work import RuleWork
from taskmatrix_ros.store.rule_store import RuleStore


class FiringDesk:
    """Writes every verdict; ``send`` tells the work of it, once what was decided is committed."""

    def __init__(self, store: RuleStore, state: Mapping[str, Any], work: RuleWork, place: HomePlace) -> None:
        self._store, self._state, self._work, self._place = store, state, work, place
        self._outbox: list[Callable[[], None]] = []

    def consider(self, live: LiveRule, trigger: int, at: datetime, why: str, now: datetime, depth: int) -> str | None:
        """Fire, queue, or say why not.

        :param at: the moment the trigger was for.
        :param depth: how many firings led to this one.
        :returns: why the rule is to be switched off; None if it goes on.
        """
        objection = self._cooling(live, now)
        if objection is None and live.condition is not None:
            holds, evidence = live.condition.holds(ConditionState(self._state, now, self._place), {}, now=now)
            if not holds:
                self.tell(live, Verdict.BLOCKED, f"{why}; but {evidence}", now, trigger)
                return None
            why = f"{why}; {evidence}"
        if objection is None and depth > MAX_DEPTH:
            said = f"{depth} firings led to each other, the last by {why}; a rule of them starts what starts it"
            self.tell(live, Verdict.DROPPED, said, now, trigger)
            return f"stopped: {said}"
        if (objection := objection or live.no_room()) is not None:
            self.tell(live, Verdict.DROPPED, f"{why}; but {objection}", now, trigger)
            return None
        self._fire(live, trigger, at, why, now, depth)
        return "done: it was to fire once" if live.rule.once else None

    def resume(self, live: LiveRule, firing: Firing) -> None:
        """Take up a firing of an earlier life: one that ran is begun again by the same id."""
        if firing.state is FiringState.RUNNING:
            live.running[firing.firing_id] = firing
            self.later(self._work.begin, live.rule, firing)
        else:
            live.waiting.append(firing)

    def begin_next(self, live: LiveRule) -> None:
        """Begin what waited for the runs that have ended."""
        while live.waiting and not live.must_wait:
            firing = live.waiting.popleft().model_copy(update={"state": FiringState.RUNNING})
            self._store.save_firing(firing)
            live.running[firing.firing_id] = firing
            self.later(self._work.begin, live.rule, firing)

    def tell(
        self,
        live: LiveRule,
        verdict: Verdict,
        why: str,
        now: datetime,
        trigger: int,
        firing_id: str = "",
        *,
        count: int = 1,
    ) -> None:
        """Write a line of a rule's story, and count it."""
        trace = Trace(rule_id=live.rule.id, at=now, verdict=verdict, why=why, trigger=trigger, firing_id=firing_id)
        live.counts = self._store.tell(trace, live.counts, count=count)

    def announce(self, rule: Rule, kind: str, why: str) -> None:
        """Have a person told."""
        self.later(self._work.told, rule, kind, why)

    def later(self, do: Callable[..., None], *values: Any) -> None:
        """Do it with ``send``."""
        self._outbox.append(lambda: do(*values))

    def send(self) -> None:
        """Do what was decided; to be called when it is committed."""
        while self._outbox:
            self._outbox.pop(0)()

    def _cooling(self, live: LiveRule, now: datetime) -> str | None:
        last = live.counts.last_fired_at
        if last is None or now >= last + live.cooldown:
            return None
        return f"it cools down for another {(last + live.cooldown - now).total_seconds():.0f} s"

    def _fire(self, live: LiveRule, trigger: int, at: datetime, why: str, now: datetime, depth: int) -> None:
        rule = live.rule
        sequence = live.counts.fired
        firing = Firing(
            firing_id=firing_id_of(rule.id, trigger, at, sequence),
            rule_id=rule.id,
            sequence=sequence,
            trigger=trigger,
            at=at,
            why=why,
            state=FiringState.QUEUED if live.must_wait else FiringState.RUNNING,
            depth=depth,
        )
        if rule.mode is RunMode.RESTART and live.must_wait:
            self._make_way(live, now)
        self._store.save_firing(firing)
        self.tell(live, Verdict.FIRED, why, now, trigger, firing.firing_id)
        self.resume(live, firing)
        self.announce(rule, "rule_fired", why)

    def _make_way(self, live: LiveRule, now: datetime) -> None:
        while live.waiting:
            replaced = live.waiting.popleft()
            self._store.end_firing(replaced.firing_id)
            said = "replaced by a later firing before it began"
            self.tell(live, Verdict.DROPPED, said, now, replaced.trigger, replaced.firing_id)
        for running in live.running.values():
            self.later(self._work.cancel, running, f"rule '{live.rule.id}' fired again; its mode is restart")
