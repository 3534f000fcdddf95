"""Appointments in files: repeated, moved, whole days, and what is no calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.internet.calendar_event import day_span
from taskmatrix_ros.internet.calendar_functions import (
    SOURCE_ENV,
    calendar_add,
    calendar_events,
    calendar_next,
    calendar_text,
)
from taskmatrix_ros.internet.ics_calendar import events_of, parse_calendar
from taskmatrix_ros.sim.internet import calendar

ZONE = "Europe/Berlin"
BERLIN = ZoneInfo(ZONE)
EVENTS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:holiday
DTSTART;VALUE=DATE:20261225
DTEND;VALUE=DATE:20261226
SUMMARY:Christmas
END:VEVENT
BEGIN:VEVENT
UID:standup
DTSTART;TZID=Europe/Berlin:20261026T090000
DURATION:PT15M
RRULE:FREQ=WEEKLY;BYDAY=MO
EXDATE;TZID=Europe/Berlin:20261102T090000
SUMMARY:Stand-up
END:VEVENT
BEGIN:VEVENT
UID:standup
RECURRENCE-ID;TZID=Europe/Berlin:20261109T090000
DTSTART;TZID=Europe/Berlin:20261109T110000
DTEND;TZID=Europe/Berlin:20261109T111500
SUMMARY:Stand-up\\, moved
END:VEVENT
BEGIN:VEVENT
UID:gone
DTSTART;TZID=Europe/Berlin:20261109T120000
DTEND;TZID=Europe/Berlin:20261109T130000
STATUS:CANCELLED
SUMMARY:Cancelled
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "home.ics"
    path.write_text(EVENTS, encoding="utf-8", newline="")
    return str(path)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-10-26", [("Stand-up", "2026-10-26T09:00:00+01:00")]),
        ("2026-11-02", []),
        ("2026-11-09", [("Stand-up, moved", "2026-11-09T11:00:00+01:00")]),
        ("2026-12-25", [("Christmas", "2026-12-25T00:00:00+01:00")]),
        ("2026-11-10", []),
    ],
)
def test_the_appointments_of_a_day(file: str, day: str, told: list[tuple[str, str]]) -> None:
    assert [(event["title"], event["starts_at"]) for event in calendar_events(file, ZONE, 1, day)] == told


def test_appointments_are_said() -> None:
    first = date(2026, 11, 26)
    events = events_of(
        parse_calendar(calendar(first, ZONE).encode(), "test"),
        *day_span(datetime(2026, 11, 26, tzinfo=BERLIN), 1),
        BERLIN,
    )
    said = calendar_text([event.to_plain(BERLIN) for event in events])
    assert said == "You have 2 appointments today: Team meeting at 09:30; Dentist at 16:30 at Main Street 4."
    assert calendar_text([]) == "There is nothing in your calendar today."


def test_an_appointment_is_added_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "home.ics"
    # at noon no clock is set forward or back, and the day does not end within the half hour
    starts = (datetime.now(BERLIN) + timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    added = calendar_add(str(path), ZONE, "Dentist,\n again", starts.isoformat(), 1800, "Main Street 4")
    assert added["title"] == "Dentist, again"
    assert calendar_events(str(path), ZONE, 1, starts.date().isoformat()) == [added]
    assert calendar_next(str(path), ZONE) == added
    calendar_add(str(path), ZONE, "Another", starts.isoformat())
    assert len(calendar_events(str(path), ZONE, 1, starts.date().isoformat())) == 2
    assert [entry.name for entry in path.parent.iterdir()] == ["home.ics"]


def test_the_calendar_of_the_environment(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SOURCE_ENV, raising=False)
    with pytest.raises(CallRefused, match=SOURCE_ENV):
        calendar_events("", ZONE)
    monkeypatch.setenv(SOURCE_ENV, f"file://{file}")
    assert calendar_events("", ZONE, 1, "2026-12-25")


@pytest.mark.parametrize(
    "body",
    ["", "no calendar", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n", "BEGIN:VEVENT\r\nEND:VEVENT\r\n"],
)
def test_what_is_no_calendar_is_refused_and_left_alone(tmp_path: Path, body: str) -> None:
    path = tmp_path / "bad.ics"
    path.write_bytes(body.encode())
    with pytest.raises(CallRefused, match="calendar"):
        calendar_add(str(path), ZONE, "Dentist", "2026-11-26T10:00")
    assert path.read_bytes() == body.encode()


def test_bad_arguments_say_what_is_wrong(file: str, tmp_path: Path) -> None:
    for call, said in (
        (lambda: calendar_events(file, "Mars/Base", 1), "time zone"),
        (lambda: calendar_events(file, ZONE, 1, "someday"), "no moment"),
        (lambda: calendar_add(file, ZONE, "x", "soon"), "no moment"),
        (lambda: calendar_add("http://127.0.0.1:9/x.ics", ZONE, "x", "2026-11-26T10:00"), "only be read"),
    ):
        with pytest.raises(CallRefused, match=said):
            call()
    with pytest.raises(CallUnavailable, match="cannot be read"):
        calendar_events(str(tmp_path / "none.ics"), ZONE)


@given(
    day=st.dates(date(2026, 1, 1), date(2030, 12, 31)),
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")),
)
def test_a_day_is_all_of_it_whatever_the_clocks_do(day: date, zone: str) -> None:
    where = ZoneInfo(zone)
    begin, end = day_span(datetime(day.year, day.month, day.day, 12, tzinfo=where), 1)
    assert (begin.hour, end.hour) == (0, 0)
    assert (
        timedelta(hours=22) < end.astimezone(ZoneInfo("UTC")) - begin.astimezone(ZoneInfo("UTC")) < timedelta(hours=26)
    )
