"""What a change in words makes of a rule: another time, other days, one condition more."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
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
    Weekday,
    parse_time,
)
from taskmatrix_ros.planner.grammar.reading import AMBIGUOUS, INCOMPLETE, TIMED
from taskmatrix_ros.planner.timed.atoms import Read
from taskmatrix_ros.planner.timed.rule_search import faces
from taskmatrix_ros.planner.timed.said_phrases import days_without
from taskmatrix_ros.planner.timed.time_phrase import (
    Ahead,
    AtClock,
    AtSun,
    Clock,
    Delay,
    EveryDays,
    Holiday,
    InPart,
    NotOn,
    OnDay,
    Phrase,
)
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner
from taskmatrix_ros.planner.timed.time_schedule import Scheduler

_OF_DAYS = (EveryDays, NotOn, Holiday, OnDay)

ReadCondition = Callable[[Sequence[str]], Read | None]
"""Reads what follows ``if``; None where it is nothing of the kind."""

_LATER = re.compile(r"(?P<span>.+?) (?P<side>later|earlier|sooner)")
_NUMBER = re.compile(r"(?P<number>-?\d+(?:\.\d+)?)(?P<unit>(?: (?:degrees|degree|celsius|percent|%))*)")
_COMPARED = re.compile(r"(state\[\"[^\"]+\"\] [<>]=? )(-?\d+(?:\.\d+)?)(?![\d\":])")
_OF_DATE = re.compile(r'(?: && )?state\["home\.date"\] == "[^"]*"')
_OF_WEEKDAYS = re.compile(r'(?: && )?state\["home\.weekday"\] in \[[^\]]*\]')
_CLAUSE = re.compile(
    r"(?:but )?(?P<how>only if|only when|only while|if|when|unless|except if|except when|not if|not when) (?P<what>.+)"
)
_ONLY = re.compile(r"(?:but )?only (?P<what>.+)")
_NOT = re.compile(r"(?:but )?(?:not|never|except) (?P<what>.+)")
_TOO = re.compile(r"(?:also (?P<first>.+)|(?P<last>.+) (?:too|as well|also))")
_STAYS = re.compile(
    r"(?:it|that) (?:stays|is|remains|has been|lasts)(?: (?:so|like that|that way|above|below|open|on|off|there))?"
    r" (?:for )?(?:at least |more than )?(?P<span>.+)"
)


def speaks_of_change(what: str, condition: ReadCondition | None = None) -> bool:
    """Whether words are what a rule may be changed to: a time, days, a condition, a figure, and nothing else."""
    if speaks_of_time(what) or _restriction(what):
        return True
    clause = _CLAUSE.fullmatch(what)
    if clause is None or condition is None:
        return False
    if (stays := _STAYS.fullmatch(clause["what"])) and _span(stays["span"]) is not None:
        return True
    try:
        return condition(clause["what"].split()) is not None
    except PlanningError:
        return False


def speaks_of_time(what: str) -> bool:
    """Whether words are a time, a span or a figure, and nothing else."""
    words = what.split()
    if TimePhrases(words).whole() or TimePhrases(["at", *words]).whole() or _NUMBER.fullmatch(what):
        return True
    match = _LATER.fullmatch(what)
    return _span(match["span"] if match else what) is not None


class RuleEdit:
    """Changes one rule. Pure.

    :param now: aware, in the home's zone.
    :param condition: reads conditions; without it none can be added.
    """

    def __init__(self, rule: Rule, now: datetime, condition: ReadCondition | None = None) -> None:
        self._rule = rule
        self._now = now
        self._condition = condition

    def changed(self, what: str, text: str) -> Rule:
        """Give the rule as it shall be.

        :param what: what was said of it, in lower case: ``8``, ``half an hour later``, ``only on weekends``.
        :param text: all that was said, which the rule keeps with its words.
        :raises PlanningError: that says nothing that this rule could be changed to.
        """
        readers = (self._later, self._conditional, self._restricted, self._figure, self._timed)
        changes = next((found for read in readers if (found := read(what)) is not None), None)
        if changes is None:
            raise PlanningError(
                f"offline planner: {what!r} says nothing that {self._rule.words!r} could be changed to; say a time",
                code=TIMED,
            )
        return self.with_fields({**changes, "enabled": True}, text)

    def with_fields(self, changes: dict[str, Any], text: str) -> Rule:
        """Give the rule with other fields. :raises PlanningError: they make none."""
        said = f"{self._rule.text}; {text}" if self._rule.text else text
        try:
            return Rule.model_validate({**self._rule.model_dump(by_alias=True), **changes, "text": said[-2000:]})
        except ValidationError as error:
            first: Any = error.errors()[0]
            raise PlanningError(f"offline planner: that makes no rule: {first['msg']}", code=TIMED) from error

    # --- when ---------------------------------------------------------------------------------------------------------

    def _later(self, what: str) -> dict[str, Any] | None:
        match = _LATER.fullmatch(what)
        span_s = _span(match["span"]) if match else None
        if match is None or span_s is None:
            return None
        shift_s = span_s if match["side"] == "later" else -span_s
        return _with_triggers([_shifted(trigger, shift_s) for trigger in self._rule.triggers])

    def _timed(self, what: str) -> dict[str, Any] | None:
        words = what.split()
        phrases = TimePhrases(words).whole() or TimePhrases(["at", *words]).whole()
        span_s = _span(what)
        if not phrases and span_s is not None:
            return self._spanned(span_s)
        if not phrases:
            return None
        (first, *more) = phrases
        if not more and isinstance(first, Ahead) and not first.key:
            return self._spanned(first.offset_s)
        if not more and isinstance(first, AtClock) and len(first.clocks) == 1:
            if len(self._rule.triggers) > 1:
                raise PlanningError("offline planner: that rule has several times; say all of them", code=AMBIGUOUS)
            return _with_triggers([self._at(self._rule.triggers[0], first.clocks[0])])
        return self._again(phrases)

    def _again(self, phrases: Sequence[Phrase]) -> dict[str, Any]:
        """Put new phrases in the place of the old trigger; its time of day stays where only days are said."""
        said = list(phrases)
        old = self._rule.triggers[0]
        if not any(isinstance(one, AtClock | AtSun | Delay | Ahead | InPart) for one in said):
            if clocks := self._clocks():
                said.append(AtClock(clocks))
            elif isinstance(old, SunTrigger):
                said.append(AtSun(old.event, old.offset_s))
            elif isinstance(old, StateTrigger | BeforeTrigger):
                return self._restricted_to(said)
        if isinstance(old, TimeTrigger) and not any(isinstance(one, EveryDays | OnDay | Delay | Ahead) for one in said):
            said.append(EveryDays(old.weekdays))
        days = (EveryDays, OnDay, Delay, Ahead)
        if isinstance(old, CronTrigger | IntervalTrigger) and not any(isinstance(one, days) for one in said):
            raise PlanningError("offline planner: on which days then? say it with the time", code=INCOMPLETE)
        schedule = Scheduler(self._now).schedule(said)
        if not schedule.triggers:
            raise PlanningError("offline planner: that says no moment; say a time, as in at 8", code=TIMED)
        own = any(isinstance(one, AtSun) for one in phrases) and not any(isinstance(one, OnDay) for one in said)
        names_days = any(isinstance(one, EveryDays | OnDay) for one in said)
        kept = self._condition_without_days() if names_days else self._rule.condition
        return {
            "triggers": [_plain(trigger) for trigger in schedule.triggers],
            "condition": " && ".join(filter(None, (kept or "", *schedule.conditions))) or None,
            "once": self._rule.once if own else schedule.once,
        }

    def _clocks(self) -> tuple[Clock, ...]:
        """Give the times of day at which it is done now; none where it waits for something else."""
        found = [
            parse_time(trigger.at)
            if isinstance(trigger, TimeTrigger)
            else self._local(trigger.at).time().replace(microsecond=0)
            for trigger in self._rule.triggers
            if isinstance(trigger, TimeTrigger | DateTrigger)
        ]
        return tuple(Clock(at) for at in found) if len(found) == len(self._rule.triggers) else ()

    def _spanned(self, span_s: float) -> dict[str, Any]:
        """``change that to 20 minutes``: the offset, the interval, how long, or from now."""
        (first, *more) = self._rule.triggers
        changed: Trigger
        if isinstance(first, BeforeTrigger):
            changed = first.model_copy(update={"offset_s": span_s})
        elif isinstance(first, IntervalTrigger):
            changed = first.model_copy(update={"every_s": span_s})
        elif isinstance(first, StateTrigger) and first.for_s:
            changed = first.model_copy(update={"for_s": span_s})
        elif isinstance(first, SunTrigger) and first.offset_s:
            changed = first.model_copy(update={"offset_s": span_s if first.offset_s > 0 else -span_s})
        elif isinstance(first, DateTrigger):
            changed = DateTrigger(kind="date", at=Scheduler(self._now).after(span_s))
        else:
            raise PlanningError(
                "offline planner: that rule has no span that could be changed; say a time, as in at 8", code=TIMED
            )
        return _with_triggers([changed, *more])

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
        if isinstance(trigger, SunTrigger):
            at = _like(clock, time(6) if trigger.event == "sunrise" else time(18))
            if not self._rule.once:
                return TimeTrigger(kind="time", at=at.strftime("%H:%M"))
            return DateTrigger(kind="date", at=Scheduler(self._now).next(Clock(at)))
        raise PlanningError(
            "offline planner: that rule waits for something to happen, not for a time; make another", code=TIMED
        )

    def _local(self, moment: datetime) -> datetime:
        zone = self._now.tzinfo or ZoneInfo("UTC")
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)

    # --- on which days, on which condition ----------------------------------------------------------------------------

    def _restricted(self, what: str) -> dict[str, Any] | None:
        """``only on weekends``, ``not on fridays``, ``on saturdays too``, ``only between 8 and 20``."""
        found = _restriction(what)
        if found is None:
            return None
        how, phrases = found
        if not all(isinstance(one, _OF_DAYS) for one in phrases) and self._has_its_time:
            raise PlanningError("offline planner: that is done at one time of day; say another", code=TIMED)
        days = tuple(day for phrase in phrases if isinstance(phrase, EveryDays | NotOn) for day in phrase.weekdays)
        if how == "only":
            return self._restricted_to(phrases)
        if how == "not" and not days:
            return self._and([f"!({one})" for one in self._around(phrases)])
        if how == "not":
            return self._on_days(lambda old: days_without(old, days))
        if not days or not all(isinstance(trigger, TimeTrigger) for trigger in self._rule.triggers):
            raise PlanningError(f"offline planner: {what!r} cannot be added to that rule; make another", code=TIMED)
        return self._on_days(lambda old: tuple(day for day in Weekday if day in (*old, *days)) if old else ())

    @property
    def _has_its_time(self) -> bool:
        return all(isinstance(trigger, TimeTrigger | DateTrigger | CronTrigger) for trigger in self._rule.triggers)

    def _restricted_to(self, phrases: Sequence[Phrase]) -> dict[str, Any]:
        days = next((phrase.weekdays for phrase in phrases if isinstance(phrase, EveryDays)), None)
        rest = [phrase for phrase in phrases if not isinstance(phrase, EveryDays)]
        changes = self._on_days(lambda _old: days) if days is not None else {}
        if any(isinstance(phrase, OnDay) for phrase in rest):
            changes["once"] = True
        return {**changes, **(self._and(self._around(rest), changes) if rest else {})}

    def _on_days(self, choose: Callable[[tuple[Weekday, ...]], tuple[Weekday, ...]]) -> dict[str, Any]:
        """Choose other days, of those it is done on; none are all."""
        triggers = self._rule.triggers
        if any(isinstance(trigger, DateTrigger) for trigger in triggers):
            raise PlanningError("offline planner: that is done once, at one moment; say when instead", code=TIMED)
        if all(isinstance(trigger, TimeTrigger) and trigger.every_days == 1 for trigger in triggers):
            chosen = [
                trigger.model_copy(update={"weekdays": _unless_all(choose(trigger.weekdays))})
                for trigger in triggers
                if isinstance(trigger, TimeTrigger)
            ]
            return _with_triggers(chosen)
        days = _unless_all(choose(_days_in(self._rule.condition or "")))
        around = self._around([EveryDays(days)]) if days else ()
        return self._and(around, {"condition": self._condition_without_days()})

    def _conditional(self, what: str) -> dict[str, Any] | None:
        """``only if I'm home``, ``unless it rains``, ``only if it stays so for 10 minutes``."""
        match = _CLAUSE.fullmatch(what)
        if match is None:
            return None
        stays = _STAYS.fullmatch(match["what"])
        span_s = _span(stays["span"]) if stays else None
        if span_s is not None and any(isinstance(trigger, StateTrigger) for trigger in self._rule.triggers):
            return _with_triggers(
                [
                    trigger.model_copy(update={"for_s": span_s}) if isinstance(trigger, StateTrigger) else trigger
                    for trigger in self._rule.triggers
                ]
            )
        read = self._condition(match["what"].split()) if self._condition is not None else None
        tests = [atom.test for atom in read.atoms] if read is not None else []
        if read is None or not all(tests):
            return None
        if read.phrases:
            tests += self._around(read.phrases)
        if read.either and len(tests) > 1:
            tests = [f"({' || '.join(tests)})"]
        if match["how"].startswith(("unless", "except", "not")):
            tests = [f"!({' && '.join(tests)})"]
        return self._and(tests)

    def _around(self, phrases: Sequence[Phrase]) -> tuple[str, ...]:
        return Scheduler(self._now).schedule(phrases, among=True).conditions

    def _and(self, tests: Sequence[str], changes: dict[str, Any] | None = None) -> dict[str, Any]:
        old = (changes or {}).get("condition", self._rule.condition)
        return {**(changes or {}), "condition": " && ".join(filter(None, (old or "", *tests))) or None}

    def _condition_without_days(self) -> str:
        without = _OF_DATE.sub("", _OF_WEEKDAYS.sub("", self._rule.condition or ""))
        return without.removeprefix(" && ")

    # --- how much -----------------------------------------------------------------------------------------------------

    def _figure(self, what: str) -> dict[str, Any] | None:
        """``24 degrees``: the threshold it waits for, else the figure in what it does; ``24`` alone may be a time."""
        match = _NUMBER.fullmatch(what)
        if match is None:
            return None
        value = float(match["number"])
        bounded = [trigger for trigger in self._rule.triggers if _is_bounded(trigger)]
        compared = _COMPARED.findall(self._rule.condition or "")
        has_time = any(not isinstance(trigger, StateTrigger) for trigger in self._rule.triggers)
        if not match["unit"] and has_time:
            return None
        if len(bounded) + len(compared) > 1:
            return None
        if compared:
            return {"condition": _COMPARED.sub(lambda found: f"{found[1]}{value:g}", self._rule.condition or "")}
        if bounded:
            return _with_triggers([_bounded_at(trigger, value) for trigger in self._rule.triggers])
        code = _with_figure(self._rule.action.code or "", value, "_pct" if "percent" in what or "%" in what else "_c")
        return None if code is None else {"action": {"code": code}}


def _restriction(what: str) -> tuple[str, tuple[Phrase, ...]] | None:
    """Give ``only``, ``not`` or ``too`` with the days or hours said."""
    for how, pattern in (("only", _ONLY), ("not", _NOT), ("too", _TOO)):
        match = pattern.fullmatch(what)
        words = next(filter(None, match.groups())).split() if match else []
        phrases = TimePhrases(words).whole() or (TimePhrases(["on", *words]).whole() if words else ())
        if phrases and not any(isinstance(one, AtClock | AtSun | Delay | Ahead) for one in phrases):
            return how, phrases
        if phrases and how == "too":
            return None
    return None


def _span(said: str) -> float | None:
    words = said.split()
    found = TimeScanner(words).duration(0)
    return found[0] if found is not None and found[1] == len(words) else None


def _with_triggers(triggers: Sequence[Trigger]) -> dict[str, Any]:
    return {"triggers": [_plain(trigger) for trigger in triggers]}


def _unless_all(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    return () if len(days) == len(Weekday) else days


def _days_in(condition: str) -> tuple[Weekday, ...]:
    match = _OF_WEEKDAYS.search(condition)
    return tuple(day for day in Weekday if f'"{day.value}"' in match[0]) if match else ()


def _is_bounded(trigger: Trigger) -> bool:
    return isinstance(trigger, StateTrigger) and (trigger.above is None) != (trigger.below is None)


def _bounded_at(trigger: Trigger, value: float) -> Trigger:
    if not isinstance(trigger, StateTrigger) or not _is_bounded(trigger):
        return trigger
    return trigger.model_copy(update={"above" if trigger.above is not None else "below": value})


def _with_figure(code: str, value: float, unit: str) -> str | None:
    """Put a figure in the place of the one of its unit that code holds; None where it holds none, or several."""
    tree = ast.parse(code)
    found = [
        word
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if (word.arg or "").endswith(unit) and isinstance(word.value, ast.Constant)
    ]
    if len(found) != 1:
        return None
    place = found[0].value
    lines = code.encode().splitlines(keepends=True)
    line = lines[place.lineno - 1]
    lines[place.lineno - 1] = line[: place.col_offset] + f"{value:g}".encode() + line[place.end_col_offset :]
    return b"".join(lines).decode()


def _like(clock: Clock, old: time) -> time:
    """Of 8, the one in the half of the day in which it was before."""
    return next((side for side in faces(clock) if (side.hour >= 12) == (old.hour >= 12)), clock.at)


def _sides(clock: Clock, old: datetime) -> list[datetime]:
    return sorted(datetime.combine(old.date(), side, old.tzinfo) for side in faces(clock))


def _shifted(trigger: Trigger, shift_s: float) -> Trigger:
    """Move a trigger in time. :raises PlanningError: it is none of time."""
    if isinstance(trigger, DateTrigger):
        return trigger.model_copy(update={"at": trigger.at + timedelta(seconds=shift_s)})
    if isinstance(trigger, TimeTrigger):
        at = parse_time(trigger.at)
        days, seconds = divmod(at.hour * 3600 + at.minute * 60 + at.second + round(shift_s), 86400)
        moved = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        changes: dict[str, Any] = {"at": moved.strftime("%H:%M:%S" if moved.second else "%H:%M")}
        if days:  # past midnight it is another day
            week = tuple(Weekday)
            changes["weekdays"] = tuple(
                day for at, day in enumerate(week) if week[(at - days) % len(week)] in trigger.weekdays
            )
            changes["since"] = trigger.since and trigger.since + timedelta(days=days)
        return trigger.model_copy(update=changes)
    if isinstance(trigger, BeforeTrigger):
        if shift_s > trigger.offset_s:
            raise PlanningError("offline planner: that would be after what it comes before; say a time", code=TIMED)
        return trigger.model_copy(update={"offset_s": trigger.offset_s - shift_s})
    if isinstance(trigger, SunTrigger):
        return trigger.model_copy(update={"offset_s": trigger.offset_s + shift_s})
    raise PlanningError("offline planner: that rule has no time that could be moved; make another", code=TIMED)


def _plain(trigger: Trigger) -> dict[str, Any]:
    return trigger.model_dump(by_alias=True) | {"kind": trigger.kind}
