"""When triggers of time fire: pure functions from one moment to the next."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from astral import LocationInfo, sun
from cronsim import CronSim, CronSimError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import (
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    Weekday,
    parse_time,
)
from taskmatrix_ros.rules.home_place import HomePlace

Moments = Callable[[datetime], datetime | None]
"""Gives the first moment after the one given, aware UTC; None if there is none."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONDAY = date(1970, 1, 5)
_DAY = timedelta(days=1)
_WEEKDAYS = tuple(Weekday)
_POLAR_DAYS = 370
"""Days that are searched for a sunrise: near the poles it may be half a year until the next."""


def moments_of(trigger: Trigger, place: HomePlace) -> Moments | None:
    """Give what foretells a trigger of time; None for one that waits for state or events.

    :raises ConfigError: it can never be foretold: no cron expression, a date the zone has not, no position for the sun.
    """
    make: Callable[[Any, HomePlace], Moments] | None = _MAKERS.get(type(trigger))
    return None if make is None else make(trigger, place)


def _time_of_day(trigger: TimeTrigger, place: HomePlace) -> Moments:
    clock = parse_time(trigger.at)
    days = frozenset(_WEEKDAYS.index(day) for day in trigger.weekdays) or frozenset(range(7))
    since, every = trigger.since or _MONDAY, trigger.every_days

    def counts(day: date) -> bool:
        return day.weekday() in days and (day - since).days % every == 0

    def after(moment: datetime) -> datetime | None:
        # From the day before: a time that was skipped by a jump over midnight belongs to the earlier day.
        day = place.local(moment).date() - _DAY
        for _ in range(every + 10):
            if counts(day) and (due := place.at(day, clock)) > moment:
                return due
            day += _DAY
        return None

    return after


def _date(trigger: DateTrigger, place: HomePlace) -> Moments:
    try:
        due = place.utc(trigger.at)
    except OverflowError as error:
        raise ConfigError(f"date {trigger.at.isoformat()} is beyond the calendar; give a nearer one") from error

    def after(moment: datetime) -> datetime | None:
        return due if due > moment else None

    return after


def _cron(trigger: CronTrigger, place: HomePlace) -> Moments:
    text = trigger.expression
    if len(text.split()) not in (5, 6):
        raise ConfigError(f"cron {text!r} has {len(text.split())} fields; minute hour day month weekday are wanted")
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=place.zone))
    except CronSimError as error:
        raise ConfigError(
            f"cron {text!r}: {str(error).lower()}; minutes 0..59, hours 0..23, days 1..31, months 1..12, weekdays 0..7"
        ) from error

    def after(moment: datetime) -> datetime | None:
        try:
            return next(CronSim(text, place.local(moment))).astimezone(UTC)
        except StopIteration:  # no such moment for fifty years
            return None

    return after


def _interval(trigger: IntervalTrigger, place: HomePlace) -> Moments:
    since = place.utc(trigger.since_at) if trigger.since_at else _EPOCH
    step = round(trigger.every_s * 1_000_000)

    def after(moment: datetime) -> datetime | None:
        passed = (moment - since) // timedelta(microseconds=1)
        count = passed // step + 1
        return since + timedelta(microseconds=max(count, 0) * step)

    return after


def _sun(trigger: SunTrigger, place: HomePlace) -> Moments:
    if place.latitude_deg is None or place.longitude_deg is None:
        raise ConfigError(f"{trigger.event}: nobody knows where the home is; set home.latitude_deg and longitude_deg")
    observer = LocationInfo(latitude=place.latitude_deg, longitude=place.longitude_deg).observer
    event = sun.sunrise if trigger.event == "sunrise" else sun.sunset
    offset = timedelta(seconds=trigger.offset_s)

    def on(day: date) -> datetime | None:
        try:
            return event(observer, date=day, tzinfo=place.zone).astimezone(UTC)
        except ValueError:  # the sun does not rise or set on that day
            return None

    def after(moment: datetime) -> datetime | None:
        day = place.local(moment).date() - 2 * _DAY
        for _ in range(_POLAR_DAYS):
            if (found := on(day)) is not None and (due := found + offset) > moment:
                return due
            day += _DAY
        return None

    return after


_MAKERS: dict[type, Callable[[Any, HomePlace], Moments]] = {
    TimeTrigger: _time_of_day,
    DateTrigger: _date,
    CronTrigger: _cron,
    IntervalTrigger: _interval,
    SunTrigger: _sun,
}


def parse_moment(value: Any, place: HomePlace) -> datetime:
    """Read a moment that is foretold in state: ISO 8601, or seconds since 1970.

    :raises ValueError: it is neither, or far beyond any plan.
    """
    try:
        if isinstance(value, str):
            return place.utc(datetime.fromisoformat(value))
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{str(value)[:60]!r} is no moment; write it like 2026-12-24T18:00+01:00") from error
    raise ValueError(f"{str(value)[:60]!r} is no moment; write it like 2026-12-24T18:00+01:00")
