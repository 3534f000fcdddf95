"""Decides what becomes of a trigger that fired: a run, a place in the queue, a question, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from taskmatrix_ros.core.rule import Firing, FiringState, Rule, RunMode, Told, Verdict, firing_id_of, is_same
from taskmatrix_ros.rules.condition_state import ConditionState
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.loop_guard import MAX_DEPTH
from taskmatrix_ros.rules.rule_work import RuleWork
from taskmatrix_ros.store.rule_store import RuleStore


class FiringDesk:
    """Writes every verdict; ``send`` tells the work of it, once what was decided is written."""

    def __init__(
        self,
        store: RuleStore,
        state: Mapping[str, Any],
        work: RuleWork,
        place: HomePlace,
        changed_at: Mapping[str, datetime],
    ) -> None:
        self._store, self._state, self._work, self._place = store, state, work, place
        self._changed_at = changed_at
        self._outbox: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._moment: datetime | None = None
        self._claims: dict[str, tuple[Any, str]] = {}
        """Key of state -> what a rule that fired at this moment sets it to, and which."""

    def consider(
        self, live: LiveRule, trigger: int, at: datetime, why: str, now: datetime, depth: int, *, ask: bool = False
    ) -> str | None:
        """Fire, queue, ask, or say why not.

        :param at: the moment the trigger was for.
        :param depth: how many firings led to this one.
        :param ask: a person decides, since the moment has passed.
        :returns: why the rule is to be switched off; None if it goes on.
        """
        objection = self._cooling(live, now)
        if objection is None and live.condition is not None:
            world = ConditionState(self._state, now, self._place, self._changed_at)
            holds, evidence = live.condition.holds(world, {}, now=now)
            if not holds:
                self.tell(live, Verdict.BLOCKED, f"{why}; but {evidence}", now, trigger)
                return None
            why = f"{why}; {evidence}"
        if objection is None and depth > MAX_DEPTH:
            said = f"{depth} firings led to each other, the last by {why}; a rule of them starts what starts it"
            self.tell(live, Verdict.DROPPED, said, now, trigger)
            return f"stopped: {said}"
        sets = live.sets
        objection = objection or live.no_room() or self._overruled(live, sets, now) or self._storm(live, now)
        if objection is not None:
            self.tell(live, Verdict.DROPPED, f"{why}; but {objection}", now, trigger)
            return None
        for key, value in sets.items():
            self._claims[key] = (value, live.rule.id)
        self._fire(live, trigger, at, why, now, depth, ask=ask)
        return "done: it was to fire once" if live.rule.once else None

    def resume(self, live: LiveRule, firing: Firing) -> None:
        """Take up a firing: one that runs is begun, also again by the same id, one that was asked about asked again."""
        if firing.state is FiringState.RUNNING:
            live.running[firing.firing_id] = firing
            self.later(self._work.begin, live.rule, firing)
        elif firing.state is FiringState.ASKED:
            live.asked[firing.firing_id] = firing
            self.later(self._work.ask, live.rule, firing)
        else:
            live.waiting.append(firing)

    def answered(self, live: LiveRule, firing: Firing, now: datetime, *, yes: bool, said: str) -> None:
        """Hear what a person said of a firing that was late."""
        if not yes:
            self._store.end_firing(firing.firing_id)
            self.tell(live, Verdict.MISSED, f"{firing.why}; {said}", now, firing.trigger, firing.firing_id)
            return
        state = FiringState.QUEUED if live.must_wait else FiringState.RUNNING
        firing = firing.model_copy(update={"state": state})
        self._store.save_firing(firing)
        self.tell(live, Verdict.NOTED, f"{firing.why}; {said}", now, firing.trigger, firing.firing_id)
        self.resume(live, firing)

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
        told = Told(live.rule.id, now, verdict, why, trigger, firing_id)
        live.counts = self._store.tell(told, live.counts, count=count)

    def announce(self, rule: Rule, kind: str, why: str) -> None:
        """Have a person told."""
        self.later(self._work.told, rule, kind, why)

    def later(self, do: Callable[..., None], *values: Any) -> None:
        """Do it with ``send``."""
        self._outbox.append((do, values))

    def send(self) -> None:
        """Do what was decided; to be called when it is written."""
        while self._outbox:
            do, values = self._outbox.pop(0)
            do(*values)

    def _cooling(self, live: LiveRule, now: datetime) -> str | None:
        last = live.counts.last_fired_at
        if not live.rule.cooldown_s or last is None or now >= last + live.cooldown:
            return None
        return f"it cools down for another {(last + live.cooldown - now).total_seconds():.0f} s"

    def _storm(self, live: LiveRule, now: datetime) -> str | None:
        before = live.storm
        objection = live.too_many(now)
        if objection is not None and not before:
            self.announce(live.rule, "rule_storm", objection)
        return objection

    def _overruled(self, live: LiveRule, sets: Mapping[str, Any], now: datetime) -> str | None:
        """Say which rule, of those that fired at this very moment, has set otherwise what this one would set."""
        if now != self._moment:
            self._moment = now
            self._claims.clear()
        for key, value in sets.items():
            claimed = self._claims.get(key)
            if claimed is not None and claimed[1] != live.rule.id and not is_same(claimed[0], value):
                return f"rule {claimed[1]} goes first and sets {key} to {claimed[0]!r}, not to {value!r}"
        return None

    def _fire(
        self, live: LiveRule, trigger: int, at: datetime, why: str, now: datetime, depth: int, *, ask: bool
    ) -> None:
        rule = live.rule
        sequence = live.counts.fired
        state = FiringState.QUEUED if live.must_wait else FiringState.RUNNING
        firing = _FIRING.but(
            firing_id=firing_id_of(rule.id, trigger, at, sequence),
            rule_id=rule.id,
            sequence=sequence,
            trigger=trigger,
            at=at,
            why=why,
            state=FiringState.ASKED if ask else state,
            depth=depth,
        )
        if rule.mode is RunMode.RESTART and live.must_wait and not ask:
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


_FIRING = Firing(firing_id="", rule_id="", sequence=0, trigger=0, at=datetime.min.replace(tzinfo=UTC), why="")
"""What the others are copied from, at less cost than the constructor."""
