"""The engine: state, events and the home's time go in, firings come out. It has no loop of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.rule import (
    PART,
    BeforeTrigger,
    CalendarTrigger,
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
from taskmatrix_ros.rules.combinations import Combinations
from taskmatrix_ros.rules.condition import ages_read, parse_condition
from taskmatrix_ros.rules.conflicts import rank
from taskmatrix_ros.rules.firing_desk import FiringDesk
from taskmatrix_ros.rules.foretold import Foretelling, Foretold
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.lateness import MOST_UNSEEN, lateness, pass_unseen
from taskmatrix_ros.rules.live_rule import LiveRule
from taskmatrix_ros.rules.loop_guard import LoopGuard
from taskmatrix_ros.rules.moments import Moments
from taskmatrix_ros.rules.rule_work import RuleWork
from taskmatrix_ros.rules.settling import Settling
from taskmatrix_ros.rules.state_index import Watch
from taskmatrix_ros.rules.state_watch import StateWatch
from taskmatrix_ros.store.rule_store import Deadline, RuleCounts, RuleStore

_EXPIRY = -1
"""The place of a rule's expiry among its triggers' deadlines."""


class RuleEngine:
    """Owned by one thread. Feed it with ``state_changed``, ``event`` and, at ``next_at`` at the latest, ``tick``.

    Everything it decides is written before ``work`` hears of it, so after kill -9 it goes on where it was: a firing's
    id is the same again, and names the same run.
    """

    def __init__(self, store: RuleStore, state: Mapping[str, Any], work: RuleWork, place: HomePlace) -> None:
        """:param state: what may be believed now; conditions read it."""
        self._store, self._state, self._place, self._work = store, state, place, work
        self._agenda = Agenda(store)
        self._guard = LoopGuard()
        self._watch = StateWatch(store, state)
        self._settling = Settling(self._agenda, state)
        self._desk = FiringDesk(store, state, work, place, self._watch.changed_at)
        self._foretold = Foretold(self._agenda, self._desk, place)
        self._combinations = Combinations(self._agenda)
        self._rules: dict[str, LiveRule] = {}
        self._foretelling: dict[str, dict[Watch, Foretelling]] = {}
        self._events: dict[str, dict[Watch, EventTrigger]] = {}

    # --- life ---------------------------------------------------------------------------------------------------------

    def open(self, now: datetime) -> None:
        """Take up the rules and what they waited for; firings that had not ended are begun again by the same id."""
        self._settling.begin(now)
        self._watch.restore()
        self._agenda.restore()
        firings = self._store.firings()
        with self._store.transaction():
            for rule, counts in self._store.rules():
                live = self._rules[rule.id] = LiveRule.of(rule, counts, self._place, self._work)
                if rule.enabled:
                    self._connect(live, now)
            for firing in firings:
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
        for key in sorted({*self._watch.keys, *self._foretelling}):
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
        known = (self._agenda.get(rule_id, part) for part in self._find(rule_id).parts)
        return min((found.due for found in known if found and found.due), default=None)

    # --- rules come and go --------------------------------------------------------------------------------------------

    def add(self, rules: Iterable[Rule], now: datetime) -> None:
        """Save new rules, all or none.

        :raises RequestError: one has an id that is taken.
        :raises ConfigError: a trigger or a condition is wrong.
        """
        rules = tuple(rules)
        self.check_new(rules)
        for rule in rules:
            if rule.condition:
                parse_condition(rule.condition)
        fresh = [LiveRule.of(rule, RuleCounts(), self._place, self._work) for rule in rules]
        with self._store.transaction(durable=True):
            for live in fresh:
                self._store.save(live.rule)
                self._rules[live.rule.id] = live
                if live.rule.enabled:
                    self._connect(live, now)
        self._desk.send()

    def check_new(self, rules: Sequence[Rule]) -> None:
        """Make sure that no id is taken. :raises RequestError: one is, or stands twice."""
        seen: set[str] = set()
        for rule in rules:
            if rule.id in self._rules or rule.id in seen:
                where = "is there already" if rule.id in self._rules else "stands twice"
                raise RequestError(f"rule '{rule.id}' {where}; update it, or choose another id", code="RULE_EXISTS")
            seen.add(rule.id)

    def rules_that_set(self, keys: Iterable[str]) -> Iterator[tuple[Rule, Mapping[str, Any]]]:
        """Give the rules whose code sets one of these keys of state, and what they set."""
        wanted = frozenset(keys)
        for live in tuple(self._rules.values()):
            if not wanted.isdisjoint(sets := live.sets):
                yield live.rule, sets

    def update(self, rule: Rule, now: datetime) -> None:
        """Put a rule in the place of the one of its id; triggers that stay the same go on waiting.

        :raises RequestError: there is none of that id.
        :raises ConfigError: a trigger or the condition is wrong.
        """
        old = self._find(rule.id)
        if rule.condition:
            parse_condition(rule.condition)
        live = LiveRule.of(rule, old.counts, self._place, self._work)
        live.running, live.waiting, live.asked = old.running, old.waiting, old.asked
        with self._store.transaction(durable=True):
            self._disconnect(old)
            for part, trigger in old.parts.items():
                if live.parts.get(part) != trigger or not rule.enabled:
                    self._agenda.clear(rule.id, part)
                    self._agenda.clear(rule.id, part % PART)
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
            self._clear(live)
            self._store.delete(rule_id)
        del self._rules[rule_id]

    # --- what happens -------------------------------------------------------------------------------------------------

    def state_changed(self, key: str, value: Any, now: datetime) -> None:
        """Take in a value of state; None: it is null, so nothing is known of it."""
        self._settling.heard(key, now)
        self._watch.age(key, value, now)
        foretelling = self._foretelling.get(key)
        if value is None:
            self._watch.lose(key)
            if foretelling:
                with self._store.transaction(soon=True):
                    for rule_id, part in foretelling:
                        self._foretold.call_off(self._rules[rule_id], part, key, now)
            return
        if foretelling is None and not self._watch.watches(key):
            return
        old, fired, concerned = self._watch.change(key, value)
        holding = self._watch.holding(key)
        if not (fired or concerned or holding or foretelling):
            return
        with self._store.transaction(soon=True):
            if concerned:
                self._store.remember(key, value)
            if holding:
                self._check_holding(key, holding, old, value, now)
            if fired:
                depth = self._guard.depth_of(key, now)
                said = f"{key} went from {_show(old)} to {_show(value)}"
                for watch in self._ranked(fired):
                    self._state_fired(watch, key, said, now, depth)
            for (rule_id, part), trigger in tuple((foretelling or {}).items()):
                self._foretold.take_in(self._rules[rule_id], part, trigger, value, now)
        self._desk.send()

    def _ranked(self, fired: list[Watch]) -> list[Watch]:
        """Put those that fire at one moment in the order in which they have their way."""
        if len(fired) < 2:
            return fired
        return sorted(fired, key=lambda watch: (*rank(self._rules[watch[0]].rule), watch[1]))

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
            fired = [
                watch
                for watch, trigger in watches.items()
                if all(name in data and is_same(data[name], value) for name, value in trigger.data.items())
            ]
            for watch in self._ranked(fired):
                self._consider(watch, now, f"event {kind}", now, depth)
        self._desk.send()

    def tick(self, now: datetime) -> None:
        """Act on everything that is due; of what is due at one moment, in the order of the rules' priorities."""
        while due := self._agenda.take_due(now):
            if len(due) > 1:
                due.sort(key=lambda deadline: (deadline.due or now, self._rank_of(deadline)))
            for deadline in due:
                if self._agenda.get(deadline.rule_id, deadline.trigger) is not deadline:
                    continue  # one before it has changed it
                with self._store.transaction(soon=True):
                    self._due(deadline, now)
                self._desk.send()

    def _rank_of(self, deadline: Deadline) -> tuple[int, str]:
        live = self._rules.get(deadline.rule_id)
        return rank(live.rule) if live is not None else (0, deadline.rule_id)

    def answered(self, firing_id: str, now: datetime, *, yes: bool, said: str) -> None:
        """Hear a person's word on a firing that was late: begin it, or count it as missed."""
        live = self._rules.get(rule_of_firing(firing_id))
        firing = live.asked.pop(firing_id, None) if live is not None else None
        if live is None or firing is None:
            return
        with self._store.transaction():
            self._desk.answered(live, firing, now, yes=yes, said=said)
        self._desk.send()

    def writes(self, firing: Firing, keys: Iterable[str]) -> None:
        """Hear which keys of state a firing's run is about to change."""
        self._guard.writes(firing, keys)

    def ended(self, firing_id: str, summary: str, now: datetime) -> None:
        """Hear that a firing's run has ended."""
        self.all_ended(((firing_id, summary),), now)

    def all_ended(self, endings: Iterable[tuple[str, str]], now: datetime) -> None:
        """Hear of several runs that have ended: the ids of their firings, each with how it ended."""
        with self._store.transaction(soon=True):
            for firing_id, summary in endings:
                self._guard.ended(firing_id, now)
                self._store.end_firing(firing_id)
                if (live := self._running(firing_id)) is not None:
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
        for key in ages_read(rule.condition or ""):
            self._watch.ask_age(key, now)
        for part, trigger in live.parts.items():
            watch = (rule.id, part)
            if isinstance(trigger, StateTrigger):
                holding = bool(trigger.for_s) and self._agenda.get(*watch) is not None
                self._watch.connect(watch, trigger, holding=holding)
            elif isinstance(trigger, EventTrigger):
                self._events.setdefault(trigger.event, {})[watch] = trigger
            elif isinstance(trigger, BeforeTrigger | CalendarTrigger):
                self._foretelling.setdefault(trigger.key, {})[watch] = trigger
                if (value := self._state.get(trigger.key)) is not None:
                    self._foretold.take_in(live, part, trigger, value, now)
            elif (moments := live.moments.get(part)) is not None:
                known = self._agenda.get(*watch)
                # One that is yet to come is foretold anew: the home's zone may be another now.
                if known is None or (known.due is not None and known.due > now):
                    self._schedule(watch, moments(now))

    def _disconnect(self, live: LiveRule) -> None:
        for part, trigger in live.parts.items():
            watch = (live.rule.id, part)
            if isinstance(trigger, StateTrigger):
                self._watch.disconnect(watch, trigger)
            elif isinstance(trigger, EventTrigger):
                self._events.get(trigger.event, {}).pop(watch, None)
            elif isinstance(trigger, BeforeTrigger | CalendarTrigger):
                _drop(self._foretelling, trigger.key, watch)

    def _clear(self, live: LiveRule) -> None:
        """Have nothing of a rule wait."""
        for part in {_EXPIRY, *live.parts, *(part % PART for part in live.parts)}:
            self._agenda.clear(live.rule.id, part)

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
        trigger = self._watch.trigger(key, watch)
        if not trigger.for_s:
            if self._settling.waits(self._rules[watch[0]], watch, now):
                self._agenda.set(Deadline(*watch, now, {"why": said, "depth": depth}))
            else:
                self._consider(watch, now, said, now, depth)
            return
        due = now + timedelta(seconds=trigger.for_s)
        self._agenda.set(Deadline(*watch, due, {"why": f"{said}, for {trigger.for_s:g} s", "depth": depth}))
        self._watch.hold(watch, trigger)

    def _check_holding(
        self, key: str, holding: Iterable[tuple[Watch, StateTrigger]], old: Any, value: Any, now: datetime
    ) -> None:
        for watch, trigger in holding:
            anything = trigger.to is None and trigger.above is None and trigger.below is None
            if not trigger.holds(value) or (anything and not is_same(old, value)):
                self._watch.let_go(watch, trigger)
                self._agenda.clear(*watch)
                said = f"{key} is {_show(value)} before it was so for {trigger.for_s:g} s"
                self._desk.tell(self._rules[watch[0]], Verdict.DROPPED, said, now, watch[1])
            elif (deadline := self._agenda.get(*watch)) and deadline.due is not None and deadline.due <= now:
                self._agenda.postpone(deadline, now)  # it was due while nobody knew whether it held

    # --- deadlines ----------------------------------------------------------------------------------------------------

    def _due(self, deadline: Deadline, now: datetime) -> None:
        live, due = self._rules.get(deadline.rule_id), deadline.due
        if live is None or due is None:
            return
        watch = (deadline.rule_id, deadline.trigger)
        if deadline.trigger == _EXPIRY:
            self._switch_off(live, f"expired at {self._place.local(due).isoformat()}", now)
            return
        part = deadline.trigger
        trigger = live.parts[part]
        if isinstance(trigger, StateTrigger) and trigger.for_s and not self._watch.has_heard(trigger.key):
            return  # nobody knows whether it still holds: the next word of it decides
        if self._settling.waits(live, watch, now):
            self._agenda.postpone(deadline, self._settling.until or now)
            return
        why, depth = str(deadline.data.get("why", "")), int(deadline.data.get("depth", 0))
        if (moments := live.moments.get(part)) is not None:
            due = self._pass_unseen(live, part, moments, due, now)
            why = f"it is {self._place.local(due).isoformat()}"
        elif isinstance(trigger, BeforeTrigger | CalendarTrigger):
            self._foretold.passed(live, part, deadline, self._state.get(trigger.key), now)
        else:
            self._agenda.clear(*watch)
            if isinstance(trigger, StateTrigger):
                self._watch.let_go(watch, trigger)
        what, said = lateness(live, due, now)
        ask = what is Missed.ASK or "ask" in deadline.data
        if what is not Missed.SKIP:
            self._consider(watch, due, f"{why}{said}", now, depth, ask=ask)
        else:
            self._desk.tell(live, Verdict.MISSED, f"{why}{said}", now, part)
            self._desk.announce(live.rule, "rule_missed", f"{why}{said}")

    def _pass_unseen(self, live: LiveRule, trigger: int, moments: Moments, due: datetime, now: datetime) -> datetime:
        """Count the moments that passed unseen but for the latest, and schedule the next. :returns: the latest."""
        latest, unseen, following = pass_unseen(moments, due, now)
        self._schedule((live.rule.id, trigger), following)
        if unseen:
            more = " and more" if unseen == MOST_UNSEEN else ""
            shown = self._place.local(latest).isoformat()
            said = f"{unseen}{more} moments before {shown} passed unseen; only the latest counts"
            self._desk.tell(live, Verdict.MISSED, said, now, trigger, count=unseen)
        return latest

    # --- firing -------------------------------------------------------------------------------------------------------

    def _consider(self, watch: Watch, at: datetime, why: str, now: datetime, depth: int, *, ask: bool = False) -> None:
        live, part = self._rules[watch[0]], watch[1]
        if part >= PART:
            whole = self._combinations.happened(live, part, at, why)
            if whole is None:
                return
            part, why = whole
        over = self._desk.consider(live, part, at, why, now, depth, ask=ask)
        if over is not None:
            self._switch_off(live, over, now)

    def _switch_off(self, live: LiveRule, why: str, now: datetime) -> None:
        self._disconnect(live)
        self._clear(live)
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
