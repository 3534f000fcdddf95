"""Triggers of time, against a reference that asks every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import (
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    Weekday,
)
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import Moments, moments_of, parse_moment

BERLIN = HomePlace(time_zone="Europe/Berlin", latitude_deg=52.5, longitude_deg=13.4)
MINUTE = timedelta(minutes=1)


def moments(trigger: Trigger, place: HomePlace = BERLIN) -> Moments:
    found = moments_of(trigger, place)
    assert found is not None
    return found


def all_of(trigger: Trigger, start: datetime, end: datetime, place: HomePlace = BERLIN) -> list[datetime]:
    after, found, moment = moments(trigger, place), [], start
    while (due := after(moment)) is not None and due <= end:
        assert due > moment
        found.append(due)
        moment = due
    return found


zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@settings(max_examples=40, deadline=None)
@given(
    zone=zones,
    start=starts,
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    weekdays=st.sets(st.sampled_from(list(Weekday))),
)
def test_a_time_of_day_comes_whenever_the_clock_first_shows_it(
    zone: str, start: datetime, hour: int, minute: int, weekdays: set[Weekday]
) -> None:
    place = HomePlace(time_zone=zone)
    start = start.replace(second=0, microsecond=0)
    end = start + timedelta(days=3)
    found = all_of(TimeTrigger(kind="time", at=f"{hour:02}:{minute:02}", weekdays=tuple(weekdays)), start, end, place)
    wanted: dict[date, datetime] = {}
    moment = start - timedelta(days=1)
    while moment <= end:
        local = place.local(moment)
        if (local.hour, local.minute) == (hour, minute):
            wanted.setdefault(local.date(), moment)
        moment += MINUTE
    chosen = {list(Weekday).index(day) for day in weekdays} or set(range(7))
    expected = [due for day, due in wanted.items() if due > start and due <= end and day.weekday() in chosen]
    skipped = [due for due in found if due not in expected]
    assert [due for due in found if due in expected] == expected
    # What the reference cannot see: a time that the clocks jump over that day, which comes after the jump.
    for due in skipped:
        assert (place.local(due).hour, place.local(due).minute) != (hour, minute)


@pytest.mark.parametrize(
    ("day", "at", "due"),
    [
        ("2026-03-29", "02:30", "2026-03-29T01:30"),  # skipped: half past three, by the new time
        ("2026-10-25", "02:30", "2026-10-25T00:30"),  # twice: the first
        ("2026-07-01", "02:30", "2026-07-01T00:30"),
    ],
)
def test_both_changes_of_the_clock(day: str, at: str, due: str) -> None:
    start = BERLIN.utc(datetime.fromisoformat(f"{day}T00:00"))
    found = all_of(TimeTrigger(kind="time", at=at), start, start + timedelta(hours=12))
    assert found == [datetime.fromisoformat(due).replace(tzinfo=UTC)]


@settings(max_examples=40, deadline=None)
@given(start=starts, minutes=st.integers(1, 59), hours=st.integers(1, 12))
def test_cron_in_a_zone_without_jumps(start: datetime, minutes: int, hours: int) -> None:
    place = HomePlace(time_zone="Asia/Kathmandu")
    start, end = start.replace(second=0, microsecond=0), start + timedelta(days=1)
    found = all_of(CronTrigger(kind="cron", expression=f"*/{minutes} */{hours} * * *"), start, end, place)
    count = int((end - start) / MINUTE)
    every = [start + index * MINUTE for index in range(1, count + 1)]
    assert found == [m for m in every if place.local(m).minute % minutes == 0 and place.local(m).hour % hours == 0]


@settings(max_examples=60, deadline=None)
@given(start=starts, every=st.integers(1, 10_000))
def test_an_interval_is_the_next_whole_multiple(start: datetime, every: int) -> None:
    due = moments(IntervalTrigger(kind="interval", every_s=every))(start)
    assert due is not None
    assert due.timestamp() % every == 0
    assert timedelta() < due - start <= timedelta(seconds=every)


def test_a_date_comes_once_and_a_day_that_never_is_never() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    date_trigger = DateTrigger(kind="date", at=datetime(2026, 12, 24, 18))
    assert all_of(date_trigger, start, start + timedelta(days=700)) == [datetime(2026, 12, 24, 17, tzinfo=UTC)]
    with pytest.raises(ConfigError, match="bad day-of-month"):
        moments_of(CronTrigger(kind="cron", expression="0 0 30 2 *"), BERLIN)


def test_the_sun_rises_once_a_day_and_its_offset_is_kept() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    rises = all_of(SunTrigger(kind="sun", event="sunrise"), start, start + timedelta(days=5))
    early = all_of(SunTrigger(kind="sun", event="sunrise", offset_s=-1800), start, start + timedelta(days=5))
    assert len(rises) == 5
    assert early == [due - timedelta(minutes=30) for due in rises]
    assert {due.hour for due in rises} == {2}  # UTC: a quarter to five by the summer time of Berlin


def test_where_the_sun_does_not_rise_the_next_time_it_does_counts() -> None:
    north = HomePlace(latitude_deg=78.2, longitude_deg=15.6)
    due = moments(SunTrigger(kind="sun", event="sunrise"), north)(datetime(2026, 12, 1, tzinfo=UTC))
    assert due is not None
    assert due.month == 2


@pytest.mark.parametrize("value", ["tomorrow", 1e300, True, None, [1], "2026-13-01"])
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no moment"):
        parse_moment(value, BERLIN)


def test_a_moment_without_offset_is_the_homes() -> None:
    assert parse_moment("2026-07-01T08:00", BERLIN) == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert parse_moment(0, BERLIN) == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_date_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ConfigError, match="beyond the calendar"):
        moments_of(DateTrigger(kind="date", at=datetime(1, 1, 1)), HomePlace(time_zone="Asia/Kathmandu"))
