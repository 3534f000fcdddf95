"""Every moment and trigger of time, told in words, is read back as the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.rule import (
    BeforeTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    Weekday,
)
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.planner.language.english import ENGLISH
from taskmatrix_ros.planner.language.normalizer import Normalizer
from taskmatrix_ros.planner.language.words import keys
from taskmatrix_ros.planner.timed.rule_words import span_words, trigger_words
from taskmatrix_ros.planner.timed.time_phrase import DEPARTURE, NEXT_EVENT
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner
from taskmatrix_ros.planner.timed.time_schedule import Schedule, Scheduler, clock_window

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
NORMALIZER = Normalizer(ENGLISH, "en")

times = st.times().map(lambda at: at.replace(microsecond=0))
spans_s = st.integers(1, 14 * 86400).map(float)
days = st.dates(date(2026, 1, 1), date(2035, 12, 31))
moments = st.builds(
    lambda day, at, zone: datetime.combine(day, at, ZoneInfo(zone)), days, st.times(), st.sampled_from(ZONES)
)


def read(text: str, now: datetime) -> Schedule:
    phrases = TimePhrases(keys(NORMALIZER.words(text))).whole()
    assert phrases, text
    return Scheduler(now).schedule(phrases)


@st.composite
def triggers(draw: st.DrawFn) -> Trigger:
    at = draw(times)
    text = at.strftime("%H:%M:%S" if at.second else "%H:%M")
    every = draw(st.integers(1, 30))
    week = tuple(day for day in Weekday if draw(st.booleans()))
    return draw(
        st.sampled_from(
            (
                TimeTrigger(kind="time", at=text, weekdays=() if len(week) == 7 else week),
                TimeTrigger(kind="time", at=text, every_days=every, since=draw(days) if every > 1 else None),
                CronTrigger(kind="cron", expression=f"{at.minute} {at.hour} {draw(st.integers(1, 31))} * *"),
                SunTrigger(
                    kind="sun",
                    event=draw(st.sampled_from(("sunrise", "sunset"))),
                    offset_s=draw(st.integers(-43200, 43200)),
                ),
                BeforeTrigger(
                    kind="before", key=draw(st.sampled_from((DEPARTURE, NEXT_EVENT))), offset_s=draw(spans_s)
                ),
            )
        )
    )


@given(trigger=triggers(), now=moments)
def test_a_trigger_said_in_words_is_read_back(trigger: Trigger, now: datetime) -> None:
    assert read(trigger_words(trigger), now).triggers == (trigger,)


@given(moment=moments, now=moments, zone=st.sampled_from(ZONES))
def test_a_moment_said_in_words_is_read_back(moment: datetime, now: datetime, zone: str) -> None:
    local, now = moment.astimezone(ZoneInfo(zone)).replace(microsecond=0), now.astimezone(ZoneInfo(zone))
    there_is_one = local == local.astimezone(UTC).astimezone(local.tzinfo) and not local.fold
    if not there_is_one or local <= now:
        return
    (found,) = read(trigger_words(DateTrigger(kind="date", at=local), zone), now).triggers
    assert isinstance(found, DateTrigger)
    assert found.at == local


@given(span_s=spans_s)
def test_a_duration_said_in_words_is_read_back(span_s: float) -> None:
    words = keys(NORMALIZER.words(span_words(span_s)))
    assert TimeScanner(words).duration(0) == (span_s, len(words))


@given(span_s=spans_s, now=moments)
def test_a_delay_is_so_many_seconds_whatever_the_clocks_do(span_s: float, now: datetime) -> None:
    moment = read(f"in {span_words(span_s)}", now).moment
    assert moment is not None
    assert moment.astimezone(UTC) == now.replace(microsecond=0).astimezone(UTC) + timedelta(seconds=span_s)


@given(every_s=st.integers(1, 86399), now=moments)
def test_an_interval_said_in_words_is_read_back(every_s: int, now: datetime) -> None:
    (found,) = read(trigger_words(IntervalTrigger(kind="interval", every_s=every_s)), now).triggers
    assert isinstance(found, IntervalTrigger)
    assert found.every_s == every_s


@given(hour=st.integers(1, 12), minute=st.integers(0, 59), now=moments)
def test_a_clock_without_half_is_the_next_one_on_its_face(hour: int, minute: int, now: datetime) -> None:
    moment = read(f"at {hour}:{minute:02d}", now).moment
    assert moment is not None
    assert moment.hour % 12 == hour % 12
    assert moment.minute == minute
    assert moment > now.replace(microsecond=0)
    # An hour more where the clocks change between.
    assert moment.astimezone(UTC) - now.astimezone(UTC) <= timedelta(hours=24 if hour == 12 and not minute else 13)


@given(begin=times, end=times, at=times)
def test_a_window_holds_from_its_beginning_up_to_its_end(begin: time, end: time, at: time) -> None:
    condition = clock_window(begin, end)
    held, _ = Expression.parse(condition).holds({"home.time": at.isoformat()}, {}, now=datetime.now(UTC))
    inside = begin <= at < end if begin < end else at >= begin or at < end
    if begin == time(0) and end == time(0):
        inside = True
    assert held is inside


@pytest.mark.parametrize(
    "text", ["at 25", "at 7:60", "on february 30th at 7", "in 20", "every 0 minutes", "at 13 pm", ""]
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert TimePhrases(keys(NORMALIZER.words(text))).whole() == ()


WORDS = (
    "at in 7 pm every day monday the of half past quarter to before i leave until from and sunset 20 minutes on next"
)
jumbles = st.lists(st.sampled_from(WORDS.split())).map(" ".join)


@given(text=st.text(max_size=60) | jumbles)
def test_whatever_is_said_nothing_breaks(text: str) -> None:
    words = keys(NORMALIZER.words(text))
    phrases = TimePhrases(words)
    _, end = phrases.leading()
    assert 0 <= end <= len(words)
    _, start = phrases.trailing()
    assert 0 <= start <= len(words)
