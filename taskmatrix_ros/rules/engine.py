"""The engine: state, events and the home's time go in, firings come out. It has no loop of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.rule import (
    BeforeTrigger,
    EventTrigger,
    Firing,
    FiringState,
    Missed,
    Rule,
    StateTrigger,
    Verdict,
    is_same,
    rule_of_firing,
)
from taskmatrix_ros.rules.agenda import Agenda
from taskmatrix_ros.rules.condition_state import CLOCK_KEYS
from taskmatrix_ros.rules.firing_desk import FiringDesk
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.lateness import MOST_UNSEEN, lateness, pass_unseen
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.loop_guard import LoopGuard
from taskmatrix_ros.rules.moments import Moments, parse_moment
from taskmatrix_ros.rules.rule_work import RuleWork
from taskmatrix_ros.rules.state_index import StateIndex, Watch
from taskmatrix_ros.store.rule_store import Deadline, RuleCounts, RuleStore

SETTLE_S = 10.0
"""Seconds after a start that a condition waits for the first word of what it reads, before it counts as missing."""

_EXPIRY = -1
"""The place of a rule's expiry among its triggers' deadlines."""


class RuleEngine:
    """Owned by one thread. Feed it with ``state_changed``, ``event`` and, at ``next_at`` at the latest, ``tick``.

    Everything it decides is written before ``work`` hears of it, so after kill -9 it goes on where it was: a firing's
    id is the same again, and names the same run.
    """

    def __init__(self, store: RuleStore, state: Mapping[str, Any], work: RuleWork, place: HomePlace) -> None:
        """:param state: what may be believed now; conditions read it."""
        self._store, self._state, self._place = store, state, place
        self._agenda = Agenda(store)
        self._guard = LoopGuard()
        self._rules: dict[str, LiveRule] = {}
        self._index: dict[str, StateIndex] = {}
        self._before: dict[str, dict[Watch, BeforeTrigger]] = {}
        self._events: dict[str, dict[Watch, EventTrigger]] = {}
        self._holding: dict[str, dict[Watch, StateTrigger]] = {}
        """Key -> triggers whose ``for_s`` runs."""
        self._last: dict[str, Any] = {}
        self._heard: set[str] = set()
        """Keys of which something was heard in this life, and nothing to the contrary since."""
        self._unsettled: dict[str, set[Watch]] = {}
        self._settled_at: datetime | None = None
        self._desk = FiringDesk(store, state, work, place)

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(self, now: datetime) -> None:
        """Take up the rules and what they waited for; firings that had not ended are begun again by the same id."""
        self._settled_at = now + timedelta(seconds=SETTLE_S)
        self._last = self._store.remembered()
        self._agenda.restore()
        with self._store.transaction(soon=True):
            for rule, counts in self._store.rules():
                live = self._rules[rule.id] = LiveRule.of(rule, counts, self._place)
                if rule.enabled:
                    self._connect(live, now)
            for firing in self._store.firings():
                known = self._rules.get(firing.rule_id)
                if known is None:
                    self._store.end_firing(firing.firing_id)
                else:
                    began = firing.state is FiringState.RUNNING
                    self._desk.resume(known, firing.model_copy(update={"resumed": began}))
            for live in self._rules.values():
                self._desk.begin_next(live)
        self._desk.send()
        # What came in before the engine was there is compared with what the last life knew.
        for key in sorted({*self._index, *self._before}):
            if (value := self._state.get(key)) is not None:
                self.state_changed(key, value, now)

    @property
    def next_at(self) -> datetime | None:
        """When ``tick`` is to be called next; None if nothing is waited for."""
        return self._agenda.next_at

    def rules(self) -> Sequence[tuple[Rule, RuleCounts]]:
        """Give every rule with what was counted, by id."""
        return tuple((live.rule, live.counts) for _, live in sorted(self._rules.items()))

    def find(self, rule_id: str) -> tuple[Rule, RuleCounts]:
        """Give a rule. :raises RequestError: there is none of that id."""
        live = self._find(rule_id)
        return live.rule, live.counts

    def due_of(self, rule_id: str) -> datetime | None:
        """Give the next moment that a rule waits for, if it knows one."""
        triggers = range(len(self._find(rule_id).rule.triggers))
        known = (self._agenda.get(rule_id, trigger) for trigger in triggers)
        return min((found.due for found in known if found and found.due), default=None)

    # --- rules come and go --------------------------------------------------------------------------------------------

    def add(self, rules: Iterable[Rule], now: datetime) -> None:
        """Save new rules, all or none.

        :raises RequestError: one has an id that is taken.
        :raises ConfigError: a trigger or a condition is wrong.
        """
        fresh = [LiveRule.of(rule, RuleCounts(), self._place) for rule in rules]
        for live in fresh:
            if live.rule.id in self._rules:
                raise RequestError(
                    f"rule '{live.rule.id}' is there already; update it, or choose another id", code="RULE_EXISTS"
                )
        with self._store.transaction(durable=True):
            for live in fresh:
                self._store.save(live.rule)
                self._rules[live.rule.id] = live
                if live.rule.enabled:
                    self._connect(live, now)
        self._desk.send()

    def update(self, rule: Rule, now: datetime) -> None:
        """Put a rule in the place of the one of its id; triggers that stay the same go on waiting.

        :raises RequestError: there is none of that id.
        :raises ConfigError: a trigger or the condition is wrong.
        """
        old = self._find(rule.id)
        live = LiveRule.of(rule, old.counts, self._place)
        live.running, live.waiting = old.running, old.waiting
        with self._store.transaction(durable=True):
            self._disconnect(old)
            for index, trigger in enumerate(old.rule.triggers):
                if rule.triggers[index : index + 1] != (trigger,) or not rule.enabled:
                    self._agenda.clear(rule.id, index)
            self._agenda.clear(rule.id, _EXPIRY)
            self._store.save(rule)
            self._rules[rule.id] = live
            if rule.enabled:
                self._connect(live, now)
        self._desk.send()

    def enable(self, rule_id: str, now: datetime, *, enabled: bool) -> None:
        """Switch a rule on or off. :raises RequestError: there is none of that id."""
        rule = self._find(rule_id).rule
        if rule.enabled != enabled:
            self.update(rule.model_copy(update={"enabled": enabled}), now)

    def delete(self, rule_id: str) -> None:
        """Forget a rule and what it waits for; runs it began go on. :raises RequestError: there is none of that id."""
        live = self._find(rule_id)
        with self._store.transaction(durable=True):
            self._disconnect(live)
            self._agenda.clear_rule(rule_id, len(live.rule.triggers))
            self._store.delete(rule_id)
        del self._rules[rule_id]

    # --- what happens -------------------------------------------------------------------------------------------------

    def state_changed(self, key: str, value: Any, now: datetime) -> None:
        """Take in a value of state; None: it is null, so nothing is known of it."""
        index, before = self._index.get(key), self._before.get(key)
        if (waiting := self._unsettled.pop(key, None)) is not None:
            self._look_again(waiting, now)
        if index is None and before is None:
            return
        if value is None:
            self._heard.discard(key)
            if before:
                self._unforetell(key, before, now)
            return
        self._heard.add(key)
        old = self._last.get(key)
        fired, concerned = index.change(old, value) if index else ([], False)
        holding = self._holding.get(key)
        if not (fired or concerned or holding or before):
            self._last[key] = value
            return
        depth = self._guard.depth_of(key, now)
        said = f"{key} went from {_show(old)} to {_show(value)}"
        with self._store.transaction(soon=True):
            if concerned:
                self._store.remember(key, value)
            self._last[key] = value
            if holding:
                self._check_holding(key, old, value, now)
            for watch in fired:
                self._state_fired(watch, key, said, now, depth)
            for watch, trigger in tuple((before or {}).items()):
                self._foretold(watch, trigger, value, now)
        self._desk.send()

    def hears(self, kind: str) -> bool:
        """Whether a rule waits for events of that kind."""
        return bool(self._events.get(kind))

    def event(self, kind: str, data: Mapping[str, Any], now: datetime, *, cause: str = "") -> None:
        """Take in an event. :param cause: the firing whose run it came from."""
        watches = self._events.get(kind)
        if not watches:
            return
        source = self._running(cause)
        depth = source.running[cause].depth + 1 if source else 0
        with self._store.transaction(soon=True):
            for watch, trigger in sorted(watches.items()):
                if all(name in data and is_same(data[name], value) for name, value in trigger.data.items()):
                    self._consider(watch, now, f"event {kind}", now, depth)
        self._desk.send()

    def tick(self, now: datetime) -> None:
        """Act on everything that is due."""
        while (deadline := self._agenda.take(now)) is not None:
            with self._store.transaction(soon=True):
                self._due(deadline, now)
            self._desk.send()

    def writes(self, firing: Firing, keys: Iterable[str]) -> None:
        """Hear which keys of state a firing's run is about to change."""
        self._guard.writes(firing, keys)

    def ended(self, firing_id: str, summary: str, now: datetime) -> None:
        """Hear that a firing's run has ended."""
        self._guard.ended(firing_id, now)
        live = self._running(firing_id)
        with self._store.transaction(soon=True):
            self._store.end_firing(firing_id)
            if live is not None:
                firing = live.running.pop(firing_id)
                self._desk.tell(live, Verdict.ENDED, summary, now, firing.trigger, firing_id)
                self._desk.begin_next(live)
        self._desk.send()

    def _running(self, firing_id: str) -> LiveRule | None:
        live = self._rules.get(rule_of_firing(firing_id))
        return live if live is not None and firing_id in live.running else None

    # --- connecting ---------------------------------------------------------------------------------------------------

    def _connect(self, live: LiveRule, now: datetime) -> None:
        rule = live.rule
        if rule.expires_at is not None:
            self._agenda.set(Deadline(rule.id, _EXPIRY, self._place.utc(rule.expires_at)))
        for index, trigger in enumerate(rule.triggers):
            watch = (rule.id, index)
            if isinstance(trigger, StateTrigger):
                self._index.setdefault(trigger.key, StateIndex()).add(watch, trigger)
                self._baseline(trigger.key)
                if self._agenda.get(*watch) is not None and trigger.for_s:
                    self._holding.setdefault(trigger.key, {})[watch] = trigger
            elif isinstance(trigger, EventTrigger):
                self._events.setdefault(trigger.event, {})[watch] = trigger
            elif isinstance(trigger, BeforeTrigger):
                self._before.setdefault(trigger.key, {})[watch] = trigger
                if (value := self._state.get(trigger.key)) is not None:
                    self._foretold(watch, trigger, value, now)
            elif (moments := live.moments[index]) is not None:
                known = self._agenda.get(*watch)
                # One that is yet to come is foretold anew: the home's zone may be another now.
                if known is None or (known.due is not None and known.due > now):
                    self._schedule(watch, moments(now))

    def _baseline(self, key: str) -> None:
        """Begin with what is known, so that what was so before the rule came does not start it."""
        if key not in self._last and (value := self._state.get(key)) is not None:
            self._last[key] = value
            self._heard.add(key)
            self._store.remember(key, value)

    def _disconnect(self, live: LiveRule) -> None:
        for index, trigger in enumerate(live.rule.triggers):
            watch = (live.rule.id, index)
            if isinstance(trigger, StateTrigger):
                if (known := self._index.get(trigger.key)) is not None:
                    known.remove(watch)
                    if not len(known):
                        del self._index[trigger.key]
                self._stop_holding(trigger.key, watch)
            elif isinstance(trigger, EventTrigger):
                self._events.get(trigger.event, {}).pop(watch, None)
            elif isinstance(trigger, BeforeTrigger):
                _drop(self._before, trigger.key, watch)

    def _find(self, rule_id: str) -> LiveRule:
        live = self._rules.get(rule_id)
        if live is None:
            raise RequestError(f"rule '{rule_id}' is unknown; list_rules gives the ids", code="UNKNOWN_RULE")
        return live

    # --- triggers -----------------------------------------------------------------------------------------------------

    def _schedule(self, watch: Watch, due: datetime | None) -> None:
        if due is None:
            self._agenda.clear(*watch)
        else:
            self._agenda.set(Deadline(*watch, due))

    def _state_fired(self, watch: Watch, key: str, said: str, now: datetime, depth: int) -> None:
        trigger = self._index[key].trigger(watch)
        if not trigger.for_s:
            if self._waits_for_word(self._rules[watch[0]], watch, now):
                self._agenda.set(Deadline(*watch, now, {"why": said, "depth": depth}))
            else:
                self._consider(watch, now, said, now, depth)
            return
        due = now + timedelta(seconds=trigger.for_s)
        self._agenda.set(Deadline(*watch, due, {"why": f"{said}, for {trigger.for_s:g} s", "depth": depth}))
        self._holding.setdefault(key, {})[watch] = trigger

    def _check_holding(self, key: str, old: Any, value: Any, now: datetime) -> None:
        for watch, trigger in tuple(self._holding.get(key, {}).items()):
            anything = trigger.to is None and trigger.above is None and trigger.below is None
            if not trigger.holds(value) or (anything and not is_same(old, value)):
                self._stop_holding(key, watch)
                self._agenda.clear(*watch)
                said = f"{key} is {_show(value)} before it was so for {trigger.for_s:g} s"
                self._desk.tell(self._rules[watch[0]], Verdict.DROPPED, said, now, watch[1])
            elif (deadline := self._agenda.get(*watch)) and deadline.due is not None and deadline.due <= now:
                self._agenda.postpone(deadline, now)  # it was due while nobody knew whether it held

    def _stop_holding(self, key: str, watch: Watch) -> None:
        _drop(self._holding, key, watch)

    def _foretold(self, watch: Watch, trigger: BeforeTrigger, value: Any, now: datetime) -> None:
        live = self._rules[watch[0]]
        try:
            moment = parse_moment(value, self._place)
        except ValueError as error:
            self._desk.tell(live, Verdict.NOTED, f"{trigger.key}: {error}", now, watch[1])
            return
        known = self._agenda.get(*watch)
        if known is not None and known.data.get("moment") == moment.isoformat():
            return
        data = {
            "moment": moment.isoformat(),
            "why": f"{trigger.offset_s:g} s before {trigger.key}, {moment.isoformat()}",
        }
        due = moment - timedelta(seconds=trigger.offset_s)
        done = Deadline(*watch, None, data)
        if moment <= now:
            if known is not None and known.due is not None:
                said = f"{trigger.key} is {moment.isoformat()} now, which has passed; nothing is left to be done before"
                self._desk.tell(live, Verdict.MISSED, said, now, watch[1])
            self._agenda.set(done)
        elif due >= now:
            if known is not None:
                self._desk.tell(live, Verdict.NOTED, f"moved with {trigger.key} to {due.isoformat()}", now, watch[1])
            self._agenda.set(Deadline(*watch, due, data))
        elif trigger.too_late is Missed.RUN:
            left = (moment - now).total_seconds()
            data["why"] = f"{trigger.key} is {left:.0f} s away, less than {trigger.offset_s:g} s: at once"
            self._agenda.set(Deadline(*watch, now, data))
        else:
            left = (moment - now).total_seconds()
            said = f"{trigger.key} is {left:.0f} s away, less than {trigger.offset_s:g} s; too_late is skip"
            self._desk.tell(live, Verdict.MISSED, said, now, watch[1])
            self._agenda.set(done)

    def _unforetell(self, key: str, before: Mapping[Watch, BeforeTrigger], now: datetime) -> None:
        with self._store.transaction(soon=True):
            for watch in before:
                known = self._agenda.get(*watch)
                if known is not None and known.due is not None:
                    self._agenda.clear(*watch)
                    self._desk.tell(
                        self._rules[watch[0]], Verdict.NOTED, f"{key} is null: no longer foretold", now, watch[1]
                    )

    # --- deadlines ----------------------------------------------------------------------------------------------------

    def _due(self, deadline: Deadline, now: datetime) -> None:
        live, due = self._rules.get(deadline.rule_id), deadline.due
        if live is None or due is None:
            return
        watch = (deadline.rule_id, deadline.trigger)
        if deadline.trigger == _EXPIRY:
            self._switch_off(live, f"expired at {due.isoformat()}", now)
            return
        trigger = live.rule.triggers[deadline.trigger]
        if isinstance(trigger, StateTrigger) and trigger.for_s and trigger.key not in self._heard:
            return  # nobody knows whether it still holds: the next word of it decides
        if self._waits_for_word(live, watch, now):
            self._agenda.postpone(deadline, self._settled_at or now)
            return
        why, depth = str(deadline.data.get("why", "")), int(deadline.data.get("depth", 0))
        moments = live.moments[deadline.trigger]
        if moments is not None:
            due = self._pass_unseen(live, deadline.trigger, moments, due, now)
            why = f"it is {self._place.local(due).isoformat()}"
        elif isinstance(trigger, BeforeTrigger):
            self._agenda.set(Deadline(*watch, None, {"moment": deadline.data["moment"]}))
        else:
            self._agenda.clear(*watch)
            if isinstance(trigger, StateTrigger):
                self._stop_holding(trigger.key, watch)
        runs, said = lateness(live.rule, due, now)
        if runs:
            self._consider(watch, due, f"{why}{said}", now, depth)
        else:
            self._desk.tell(live, Verdict.MISSED, f"{why}{said}", now, deadline.trigger)
            self._desk.announce(live.rule, "rule_missed", f"{why}{said}")

    def _pass_unseen(self, live: LiveRule, trigger: int, moments: Moments, due: datetime, now: datetime) -> datetime:
        """Count the moments that passed unseen but for the latest, and schedule the next. :returns: the latest."""
        latest, unseen, following = pass_unseen(moments, due, now)
        self._schedule((live.rule.id, trigger), following)
        if unseen:
            more = " and more" if unseen == MOST_UNSEEN else ""
            said = f"{unseen}{more} moments before {latest.isoformat()} passed unseen; only the latest counts"
            self._desk.tell(live, Verdict.MISSED, said, now, trigger, count=unseen)
        return latest

    def _waits_for_word(self, live: LiveRule, watch: Watch, now: datetime) -> bool:
        """Whether the condition reads what was not heard yet, so soon after the start that it may come."""
        if live.condition is None or self._settled_at is None or now >= self._settled_at:
            return False
        missing = [key for key in live.condition.state_keys if key not in CLOCK_KEYS and key not in self._state]
        for key in missing:
            self._unsettled.setdefault(key, set()).add(watch)
        return bool(missing)

    def _look_again(self, watches: Iterable[Watch], now: datetime) -> None:
        for watch in sorted(watches):
            if (deadline := self._agenda.get(*watch)) is not None and deadline.due is not None and deadline.due <= now:
                self._agenda.postpone(deadline, now)

    # --- firing -------------------------------------------------------------------------------------------------------

    def _consider(self, watch: Watch, at: datetime, why: str, now: datetime, depth: int) -> None:
        live = self._rules[watch[0]]
        over = self._desk.consider(live, watch[1], at, why, now, depth)
        if over is not None:
            self._switch_off(live, over, now)

    def _switch_off(self, live: LiveRule, why: str, now: datetime) -> None:
        self._disconnect(live)
        self._agenda.clear_rule(live.rule.id, len(live.rule.triggers))
        live.rule = live.rule.model_copy(update={"enabled": False})
        self._store.save(live.rule)
        self._desk.tell(live, Verdict.NOTED, why, now, -1)
        self._desk.announce(live.rule, "rule_stopped", why)


def _drop(watches: dict[str, dict[Watch, Any]], key: str, watch: Watch) -> None:
    """Forget one watch of a key, and the key with its last."""
    if (known := watches.get(key)) is not None:
        known.pop(watch, None)
        if not known:
            del watches[key]


def _show(value: Any) -> str:
    return "unknown" if value is None else str(value)[:80]
