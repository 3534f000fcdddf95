"""``cancel that``, ``change that to 8``, ``what rules are there``: what is said of rules that live already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import (
    BeforeTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    Rule,
    StateTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    parse_time,
)
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, TIMED
from taskmatrix_ros.planner.timed.time_phrase import Ahead, AtClock, AtSun, Clock, Delay, EveryDays, OnDay, Phrase
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner
from taskmatrix_ros.planner.timed.time_schedule import Scheduler

LAST = "last"
"""Stands for the rule that was made last."""

_THAT = (
    r"(?:that|it|this|them|the last (?:one|rule|reminder|alarm)|my last (?:one|rule|reminder|alarm)"
    r"|(?:that|this) (?:rule|reminder|alarm|one|schedule|automation|timer)"
    r"|the (?:rule|reminder|alarm|schedule|automation))"
)
_KIND = r"(?:rule|rules|reminder|reminders|alarm|alarms|schedule|schedules|automation|automations|routine|routines)"
_CANCEL = r"(?:cancel|delete|remove|forget|drop|scrap|call off|get rid of|undo|discard|revoke|clear)"
_CANCEL_THAT = re.compile(
    rf"(?:no )?(?:{_CANCEL} (?:about )?{_THAT}|never ?mind(?: that| it)?|forget (?:about )?(?:it|that))"
)
_NEVER_MIND = re.compile(r"never ?mind(?: that| it)?|forget (?:about )?(?:it|that)")
"""With no rule to be deleted it means that nothing is to be done."""
_CANCEL_ALL = re.compile(rf"{_CANCEL} (?:all|every|all of)(?: of)?(?: the| my)? ?(?:{_KIND}|of them)")
_CANCEL_NAMED = re.compile(
    rf"{_CANCEL} (?:the|my)? ?(?:(?P<before>.+?) {_KIND}|{_KIND} (?:about|for|to|that|with|at|on|of|"
    rf"called|named|which|where) (?P<after>.+))"
)
_CHANGE = r"(?:change|move|set|shift|reschedule|postpone|make|put|push|delay|adjust|update|correct|switch)"
_CHANGE_THAT = re.compile(
    rf"(?:no |actually |rather )*(?:{_CHANGE}) {_THAT}(?: back| forward)? ?(?:to|until|till|for|"
    rf"by)? ?(?P<what>.+?)(?: instead| please| rather)?"
)
_CHANGE_NAMED = re.compile(
    rf"{_CHANGE} (?:the|my) (?:(?P<before>.+?) {_KIND}|{_KIND} (?:about|for|to|that|"
    rf"with) (?P<after>.+?)) (?:to|until|for|by) (?P<what>.+?)(?: instead)?"
)
_RATHER = re.compile(
    r"(?:no|actually|rather|i mean|i meant|make that|better|sorry|"
    r"no sorry)+ (?P<what>.+?)(?: instead| rather)?|(?P<instead>.+) instead"
)
_LIST = re.compile(
    rf"(?:what|which) {_KIND} (?:do i have|are there|are set|are active|have i (?:set|made)|"
    rf"did i set)|(?:list|show|show me|tell me|read|read me)"
    rf" (?:all )?(?:of )?(?:the|my)? ?(?:{_KIND})|what did i (?:schedule|plan)|what is scheduled|what's scheduled"
)
_BY = re.compile(r"^(?:no |actually )*(?:postpone|delay|push|put)\b.* by ")
_LATER = re.compile(r"(?P<span>.+?) (?P<side>later|earlier|sooner)")
_NUMBER = re.compile(r"(?P<number>-?\d+(?:\.\d+)?)(?: (?:degrees|degree|celsius|percent|%))*")
_COMPARED = re.compile(r"(state\[\"[^\"]+\"\] [<>]=? )(-?\d+(?:\.\d+)?)(?![\d\":])")
_DROPPED = frozenset(["the", "a", "an", "my", "at", "to", "me", "for", "that", "of", "on", "in", "and", "is"])


@dataclass(frozen=True, slots=True)
class RuleWish:
    """A call about rules: ``rule_delete``, ``rule_change``, ``rule_list``, with its arguments."""

    api: str
    arguments: dict[str, Any]


class RuleChanges:
    """Reads what is said of rules. Serves one utterance.

    :param rules: those that live, the one made last at the end.
    :param now: aware, in the home's zone.
    """

    def __init__(self, rules: Sequence[Rule], now: datetime) -> None:
        self._rules = tuple(rules)
        self._now = now

    def read(self, words: Sequence[str], text: str) -> RuleWish | None:
        """Read a wish about rules; None where it is none.

        :param text: the words as they were said.
        :raises PlanningError: no such rule, several, or the change does not fit it.
        """
        said = " ".join(words)
        if _LIST.fullmatch(said):
            return RuleWish("rule_list", {})
        if _CANCEL_ALL.fullmatch(said):
            return RuleWish("rule_delete", {"rule": "all"})
        if not self._rules and _NEVER_MIND.fullmatch(said):
            return None
        if _CANCEL_THAT.fullmatch(said):
            return RuleWish("rule_delete", {"rule": self._rules[-1].id if self._rules else LAST})
        if match := _CANCEL_NAMED.fullmatch(said):
            found = self._named(match["before"] or match["after"])
            return RuleWish("rule_delete", {"rule": found.id})
        return self._change(said, text)

    def _change(self, said: str, text: str) -> RuleWish | None:
        match = _CHANGE_THAT.fullmatch(said)
        if match is None and self._rules:
            match = _RATHER.fullmatch(said)
        groups = match.groupdict() if match is not None else {}
        what = groups.get("what") or groups.get("instead") or ""
        if what and _BY.search(said) and TimeScanner(what.split()).duration(0):
            what = f"{what} later"
        if what and _speaks_of_time(what):
            if not self._rules and _NUMBER.fullmatch(what) and not what.lstrip("-").isdecimal():
                return None  # "set it to 30 percent" is about a thing
            if not self._rules:
                return RuleWish("rule_change", {"rule": LAST, "change": what})
            return self._wish(self._rules[-1], what, text)
        if named := _CHANGE_NAMED.fullmatch(said):
            if not _speaks_of_time(named["what"]):
                return None
            rule = self._named(named["before"] or named["after"])
            return self._wish(rule, named["what"], text)
        return None

    def _wish(self, rule: Rule, what: str, text: str) -> RuleWish:
        return RuleWish("rule_change", {"rule": rule.id, "new": self._changed(rule, what, text).to_plain()})

    def _named(self, said: str) -> Rule:
        """Give the rule that words mean, by its own words, its id and its times."""
        words = {word for word in said.split() if word not in _DROPPED}
        clocks = _clocks(said.split())
        ranked = []
        for rule in self._rules:
            own = set(re.findall(r"[a-z0-9:]+", rule.text.lower())) | set(rule.id.split("_"))
            timed = any(_shows(trigger, clock) for trigger in rule.triggers for clock in clocks)
            ranked.append((len(words & own) + 3 * timed, rule))
        best = max((score for score, _ in ranked), default=0)
        found = [rule for score, rule in ranked if score == best and score > 0]
        names = [rule.text or rule.id for rule in (found or self._rules)]
        if not found:
            there = f"; there are: {'; '.join(names[-5:])}" if names else "; there are none"
            raise PlanningError(f"offline planner: no rule is called {said!r}{there}", code="UNKNOWN_RULE")
        if len(found) > 1:
            raise PlanningError(
                f"offline planner: {said!r} can mean {'; or '.join(names[:4])}; say more of it", code=AMBIGUOUS
            )
        return found[0]

    # --- changes ------------------------------------------------------------------------------------------------------

    def _changed(self, rule: Rule, what: str, text: str) -> Rule:
        changes = self._later(rule, what) or self._timed(rule, what) or self._threshold(rule, what)
        if changes is None:
            raise PlanningError(
                f"offline planner: {what!r} says nothing that {rule.text or rule.id!r} could be changed to; say a time",
                code=TIMED,
            )
        said = f"{rule.text}; {text}" if rule.text else text
        try:
            return Rule.model_validate({**rule.model_dump(by_alias=True), **changes, "text": said[-2000:]})
        except ValidationError as error:
            first: Any = error.errors()[0]
            raise PlanningError(f"offline planner: that makes no rule: {first['msg']}", code=TIMED) from error

    def _later(self, rule: Rule, what: str) -> dict[str, Any] | None:
        match = _LATER.fullmatch(what)
        found = TimeScanner(match["span"].split()).duration(0) if match else None
        if match is None or found is None or found[1] != len(match["span"].split()):
            return None
        shift_s = found[0] if match["side"] == "later" else -found[0]
        moved = [_shifted(trigger, shift_s) for trigger in rule.triggers]
        return {"triggers": [_plain(trigger) for trigger in moved]}

    def _timed(self, rule: Rule, what: str) -> dict[str, Any] | None:
        words = what.split()
        phrases = TimePhrases(words).whole() or TimePhrases(["at", *words]).whole()
        span = TimeScanner(words).duration(0)
        if not phrases and span is not None and span[1] == len(words):
            return self._spanned(rule, span[0])
        if not phrases:
            return None
        if len(phrases) == 1 and isinstance(phrases[0], AtClock):
            clocks = phrases[0].clocks
            if (
                len(clocks) == 1
                and len(rule.triggers) == 1
                and not isinstance(rule.triggers[0], SunTrigger | BeforeTrigger)
            ):
                return {"triggers": [_plain(self._at(rule.triggers[0], clocks[0]))]}
        return self._again(rule, phrases)

    def _again(self, rule: Rule, phrases: Sequence[Phrase]) -> dict[str, Any]:
        """Put new phrases in the place of the old trigger; its time of day stays where only days are said."""
        said = list(phrases)
        old = rule.triggers[0]
        if not any(isinstance(one, AtClock | AtSun | Delay | Ahead) for one in said):
            if isinstance(old, TimeTrigger):
                said.append(AtClock((Clock(parse_time(old.at)),)))
            elif isinstance(old, DateTrigger):
                said.append(AtClock((Clock(self._local(old.at).time().replace(microsecond=0)),)))
        if isinstance(old, TimeTrigger) and not any(isinstance(one, EveryDays | OnDay | Delay | Ahead) for one in said):
            said.append(EveryDays(old.weekdays))
        schedule = Scheduler(self._now).schedule(said)
        if not schedule.triggers:
            raise PlanningError("offline planner: that says no moment; say a time, as in at 8", code=TIMED)
        condition = " && ".join(filter(None, (rule.condition or "", *schedule.conditions))) or None
        return {
            "triggers": [_plain(trigger) for trigger in schedule.triggers],
            "condition": condition,
            "once": schedule.once,
        }

    def _spanned(self, rule: Rule, span_s: float) -> dict[str, Any]:
        """``change that to 20 minutes``: the offset, the interval, how long, or from now."""
        (first, *more) = rule.triggers
        changed: Trigger
        if isinstance(first, BeforeTrigger):
            changed = first.model_copy(update={"offset_s": span_s})
        elif isinstance(first, IntervalTrigger):
            changed = first.model_copy(update={"every_s": span_s})
        elif isinstance(first, StateTrigger):
            changed = first.model_copy(update={"for_s": span_s})
        elif isinstance(first, SunTrigger) and first.offset_s:
            changed = first.model_copy(update={"offset_s": span_s if first.offset_s > 0 else -span_s})
        else:
            changed = DateTrigger(kind="date", at=Scheduler(self._now).after(span_s))
        return {"triggers": [_plain(changed), *map(_plain, more)]}

    def _at(self, trigger: Trigger, clock: Clock) -> Trigger:
        if isinstance(trigger, TimeTrigger):
            at = _like(clock, parse_time(trigger.at))
            return trigger.model_copy(update={"at": at.strftime("%H:%M:%S" if at.second else "%H:%M")})
        if isinstance(trigger, CronTrigger):
            fields = trigger.expression.split()
            fields[-5:-3] = [str(clock.at.minute), str(clock.at.hour)]
            return trigger.model_copy(update={"expression": " ".join(fields)})
        if isinstance(trigger, DateTrigger):
            old = self._local(trigger.at)
            moment = datetime.combine(old.date(), _like(clock, old.time()), old.tzinfo)
            if moment <= self._now:
                moment = next((later for later in _sides(clock, old) if later > self._now), moment + timedelta(days=1))
            return DateTrigger(kind="date", at=moment)
        raise PlanningError(
            "offline planner: that rule waits for something to happen, not for a time; make another", code=TIMED
        )

    def _threshold(self, rule: Rule, what: str) -> dict[str, Any] | None:
        match = _NUMBER.fullmatch(what)
        if match is None:
            return None
        value = float(match["number"])
        bounded = [
            t for t in rule.triggers if isinstance(t, StateTrigger) and (t.above is not None or t.below is not None)
        ]
        compared = _COMPARED.findall(rule.condition or "")
        if len(bounded) + len(compared) != 1:
            return None
        if compared:
            return {"condition": _COMPARED.sub(lambda found: f"{found[1]}{value:g}", rule.condition or "")}
        triggers = [_bounded_at(trigger, value) for trigger in rule.triggers]
        return {"triggers": [_plain(trigger) for trigger in triggers]}

    def _local(self, moment: datetime) -> datetime:
        zone = self._now.tzinfo or ZoneInfo("UTC")
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _bounded_at(trigger: Trigger, value: float) -> Trigger:
    if not isinstance(trigger, StateTrigger) or (trigger.above is None and trigger.below is None):
        return trigger
    return trigger.model_copy(update={"above" if trigger.above is not None else "below": value})


def _speaks_of_time(what: str) -> bool:
    words = what.split()
    if TimePhrases(words).whole() or TimePhrases(["at", *words]).whole() or _NUMBER.fullmatch(what):
        return True
    match = _LATER.fullmatch(what)
    span = (match["span"] if match else what).split()
    found = TimeScanner(span).duration(0)
    return found is not None and found[1] == len(span)


def _clocks(words: Sequence[str]) -> list[Clock]:
    scan = TimeScanner(words)
    return [found[0] for at in range(len(words)) if (found := scan.clock(at))]


def _shows(trigger: Trigger, clock: Clock) -> bool:
    """Whether a trigger's time of day is the one said."""
    if isinstance(trigger, TimeTrigger):
        at = parse_time(trigger.at)
    elif isinstance(trigger, DateTrigger):
        at = trigger.at.time()
    else:
        return False
    return (at.hour, at.minute) in {(side.hour, side.minute) for side in _faces(clock)}


def _faces(clock: Clock) -> tuple[time, ...]:
    return (clock.at,) if clock.exact else (clock.at, clock.later().at)


def _like(clock: Clock, old: time) -> time:
    """Of 8, the one in the half of the day in which it was before."""
    return next((side for side in _faces(clock) if (side.hour >= 12) == (old.hour >= 12)), clock.at)


def _sides(clock: Clock, old: datetime) -> list[datetime]:
    return sorted(datetime.combine(old.date(), side, old.tzinfo) for side in _faces(clock))


def _shifted(trigger: Trigger, shift_s: float) -> Trigger:
    """Move a trigger in time. :raises PlanningError: it is none of time."""
    if isinstance(trigger, DateTrigger):
        return trigger.model_copy(update={"at": trigger.at + timedelta(seconds=shift_s)})
    if isinstance(trigger, TimeTrigger):
        at = parse_time(trigger.at)
        seconds = (at.hour * 3600 + at.minute * 60 + at.second + round(shift_s)) % 86400
        moved = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        return trigger.model_copy(update={"at": moved.strftime("%H:%M:%S" if moved.second else "%H:%M")})
    if isinstance(trigger, BeforeTrigger):
        return trigger.model_copy(update={"offset_s": max(0.0, trigger.offset_s - shift_s)})
    if isinstance(trigger, SunTrigger):
        return trigger.model_copy(update={"offset_s": trigger.offset_s + shift_s})
    raise PlanningError("offline planner: that rule has no time that could be moved; make another", code=TIMED)


def _plain(trigger: Trigger) -> dict[str, Any]:
    return trigger.model_dump(by_alias=True) | {"kind": trigger.kind}
