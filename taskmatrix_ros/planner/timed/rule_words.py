"""Tells a rule back in words, so that a person can say yes to what was understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from taskmatrix_ros.core.rule import (
    BeforeTrigger,
    CronTrigger,
    DateTrigger,
    EventTrigger,
    IntervalTrigger,
    Rule,
    StateTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    Weekday,
)
from taskmatrix_ros.planner.timed.time_lexicon import WEEKEND, WORKING
from taskmatrix_ros.planner.timed.time_phrase import DEPARTURE, NEXT_EVENT

_LONG = dict(zip(Weekday, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
_AHEAD_OF = {DEPARTURE: "I leave", NEXT_EVENT: "my next appointment"}


def rule_words(rule: Rule, zone: str = "UTC") -> str:
    """Give a rule in one sentence: when, on which condition, what.

    :param zone: the home's, by its IANA name.
    """
    when = " or ".join(trigger_words(trigger, zone) for trigger in rule.triggers)
    parts = [f"{when[:1].upper()}{when[1:]}"]
    if rule.condition:
        parts.append(f"if {condition_words(rule.condition)}")
    parts.append(action_words(rule))
    told = ", ".join(parts)
    if rule.once and not all(isinstance(trigger, DateTrigger) for trigger in rule.triggers):
        told += ", once"
    if not rule.enabled:
        told += ", but not for now: it is switched off"
    if rule.expires_at is not None:
        told += f", until {moment_words(rule.expires_at, zone)}"
    return f"{told}."


def action_words(rule: Rule) -> str:
    """Give what a rule does."""
    if rule.action.instruction:
        return rule.action.instruction
    lines = [line.strip() for line in (rule.action.code or "").splitlines() if line.strip()]
    return "; ".join(lines)


def trigger_words(trigger: Trigger, zone: str = "UTC") -> str:
    """Give what starts a rule. Times and offsets, read again, give the same trigger."""
    return _WORDS[type(trigger)](trigger, zone)


def moment_words(moment: datetime, zone: str = "UTC") -> str:
    """Give a moment: ``on 24 December 2026 at 18:00``; one without offset is in the home's zone already."""
    local = moment.astimezone(ZoneInfo(zone)) if moment.tzinfo else moment
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"on {local.day} {local:%B %Y} at {clock}"


def span_words(span_s: float) -> str:
    """Give a duration: ``1 hour and 30 minutes``."""
    parts = []
    left = span_s
    for name, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:g} {name}{'' if count == 1 else 's'}")
    if left or not parts:
        parts.append(f"{left:g} second{'' if left == 1 else 's'}")
    return " and ".join(parts)


def days_words(weekdays: Sequence[Weekday], every_days: int = 1) -> str:
    """Give the days of something repeated: ``every weekday``, ``every Monday and Friday``."""
    if every_days == 2:
        return "every other day"
    if every_days > 1:
        return f"every {every_days} days"
    days = tuple(weekdays)
    if not days or len(days) == len(Weekday):
        return "every day"
    if days == WORKING:
        return "every weekday"
    if days == WEEKEND:
        return "on weekends"
    return f"every {_listed([_LONG[day] for day in days])}"


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _time(trigger: TimeTrigger, _zone: str) -> str:
    since = f" from {trigger.since:%-d %B %Y}" if trigger.since and trigger.every_days > 1 else ""
    return f"{days_words(trigger.weekdays, trigger.every_days)} at {trigger.at}{since}"


def _date(trigger: DateTrigger, zone: str) -> str:
    return moment_words(trigger.at, zone)


def _cron(trigger: CronTrigger, _zone: str) -> str:
    fields = trigger.expression.split()
    if len(fields) == 5 and fields[0].isdecimal() and fields[1].isdecimal():
        minute, hour, day, month, weekday = fields
        days = _days_of_cron(day, month, weekday)
        if days:
            return f"{days} at {int(hour):02d}:{int(minute):02d}"
    return f"by the calendar {trigger.expression}"


def _days_of_cron(day: str, month: str, weekday: str) -> str:
    """Give the days of a month or year in words; empty where they are not so plain."""
    if weekday == "*" and day.isdecimal() and month.isdecimal() and 1 <= int(month) <= 12:
        return f"every year on {day} {_MONTHS[int(month) - 1]}"
    if month != "*":
        return ""
    if weekday == "*":
        which = "last day" if day == "L" else _nth(int(day)) if day.isdecimal() else ""
        return f"on the {which} of every month" if which else ""
    nth = _NTH_WEEKDAY.fullmatch(weekday)
    if day != "*" or nth is None:
        return ""
    which = "last" if nth["last"] else _nth(int(nth["nth"]))
    return f"on the {which} {tuple(_LONG.values())[int(nth['day']) - 1]} of every month"


_NTH_WEEKDAY = re.compile(r"(?P<day>[1-7])(?:(?P<last>L)|#(?P<nth>[1-5]))")
_MONTHS = tuple(date(2028, month, 1).strftime("%B") for month in range(1, 13))


def _nth(number: int) -> str:
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _interval(trigger: IntervalTrigger, _zone: str) -> str:
    return f"every {span_words(trigger.every_s)}"


def _sun(trigger: SunTrigger, _zone: str) -> str:
    if not trigger.offset_s:
        return f"at {trigger.event}"
    side = "before" if trigger.offset_s < 0 else "after"
    return f"{span_words(abs(trigger.offset_s))} {side} {trigger.event}"


def _state(trigger: StateTrigger, _zone: str) -> str:
    lasting = f" for {span_words(trigger.for_s)}" if trigger.for_s else ""
    if trigger.above is not None or trigger.below is not None:
        bounds = [f"above {trigger.above:g}" if trigger.above is not None else ""]
        bounds.append(f"below {trigger.below:g}" if trigger.below is not None else "")
        return f"when {key_words(trigger.key)} is {' and '.join(filter(None, bounds))}{lasting}"
    if trigger.to is None:
        return f"when {key_words(trigger.key)} changes{lasting}"
    return f"when {key_words(trigger.key)} becomes {' or '.join(map(_value, trigger.to))}{lasting}"


def _event(trigger: EventTrigger, _zone: str) -> str:
    return f"when {trigger.event.replace('_', ' ')} happens"


def _before(trigger: BeforeTrigger, _zone: str) -> str:
    what = _AHEAD_OF.get(trigger.key, key_words(trigger.key))
    return f"{span_words(trigger.offset_s)} before {what}" if trigger.offset_s else f"just before {what}"


_WORDS: dict[type, Callable[[Any, str], str]] = {
    TimeTrigger: _time,
    DateTrigger: _date,
    CronTrigger: _cron,
    IntervalTrigger: _interval,
    SunTrigger: _sun,
    StateTrigger: _state,
    EventTrigger: _event,
    BeforeTrigger: _before,
}


def key_words(key: str) -> str:
    """Give a key of state as people say it: ``weather.temperature_c`` is the weather temperature."""
    words = [word for part in key.split(".") for word in part.split("_")]
    if words[-1] in ("c", "pct", "at", "s"):
        words.pop()
    if words[-1] == "state":
        words.pop()
    return f"the {' '.join(words)}"


def _value(value: Any) -> str:
    return (
        ("true" if value else "false")
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else value
    )


_ACCESS = re.compile(r'state\["([^"]+)"\]')
_OPERATORS = (("&&", "and"), ("||", "or"), (">=", "is from"), ("<=", "is up to"), ("==", "is"), ("!=", "is not"))


def condition_words(condition: str) -> str:
    """Give a condition of CEL in words; what it cannot put better stays as it is written."""
    text = re.sub(r'state\["home\.daylight"\] == true', "it is light outside", condition)
    text = re.sub(r'state\["home\.daylight"\] == false', "it is dark outside", text)
    text = re.sub(r'state\["home\.(time|date|weekday)"\]', r"the \1", text)
    text = _ACCESS.sub(lambda match: key_words(match[1]), text)
    for sign, words in _OPERATORS:
        text = text.replace(sign, words)
    text = re.sub(r" < (\S)", r" is before \1" if "time" in text else r" is below \1", text)
    text = re.sub(r" > (\S)", r" is above \1", text)
    text = re.sub(r" in \[([^\]]*)\]", lambda match: f" is {match[1].replace(', ', ' or ')}", text)
    return re.sub(r'"(\d\d:\d\d):00"', r"\1", text).replace('"', "")
