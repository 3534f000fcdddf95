"""What documents call of a calendar."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from taskmatrix_ros.core.errors import CallRefused
from taskmatrix_ros.internet.calendar_event import Calendar, CalendarEvent, day_span, now_in

SOURCE_ENV = "TASKMATRIX_CALENDAR"
"""Names the calendar where a manifest does not: a path, an address, or caldav(s)://user@host/path."""

LOOK_AHEAD_DAYS = 30


def calendar_events(source: str, zone: str, days: float = 1, day: str | None = None) -> list[dict[str, Any]]:
    """Give the appointments of a day and of those after it.

    :param source: the calendar; ``SOURCE_ENV`` if empty.
    :param zone: the home's, by its IANA name.
    :param days: so many days.
    :param day: the first, ISO 8601; today if left out.
    :raises CallRefused: no such zone, day or calendar. ``CallUnavailable``: it cannot be reached.
    """
    where = _zone(zone)
    begin, end = day_span(_day(day, where), int(days))
    return [event.to_plain(where) for event in _calendar(source, where).events(begin, end)]


def calendar_next(source: str, zone: str) -> dict[str, Any] | None:
    """Give the next appointment that begins at a time of day, of those in the coming month; None if there is none."""
    where = _zone(zone)
    now = now_in(where)
    for event in _calendar(source, where).events(now, now + timedelta(days=LOOK_AHEAD_DAYS)):
        if event.begins > now and not event.all_day:
            return event.to_plain(where)
    return None


def calendar_add(
    source: str, zone: str, title: str, starts_at: str, duration_s: float = 3600, place: str = ""
) -> dict[str, Any]:
    """Put an appointment into the calendar.

    :param starts_at: ISO 8601; without offset it is in the zone.
    :raises CallRefused: no moment, or a calendar that takes none.
    """
    where = _zone(zone)
    begins = _moment(starts_at, where)
    event = CalendarEvent(
        title=" ".join(title.split()),
        begins=begins,
        ends=(begins.astimezone(UTC) + timedelta(seconds=duration_s)).astimezone(where),
        place=place,
        uid=str(uuid.uuid4()),
    )
    _calendar(source, where).add(event)
    return event.to_plain(where)


def calendar_text(events: Sequence[dict[str, Any]]) -> str:
    """Say the appointments of a day."""
    if not events:
        return "There is nothing in your calendar today."
    told = [_told(event) for event in events]
    count = f"{len(told)} appointments" if len(told) > 1 else "one appointment"
    return f"You have {count} today: {'; '.join(told)}."


def _told(event: dict[str, Any]) -> str:
    when = "all day" if event.get("all_day") else f"at {datetime.fromisoformat(str(event['starts_at'])):%H:%M}"
    place = f" at {event['place']}" if event.get("place") else ""
    return f"{event['title']} {when}{place}"


def _calendar(source: str, zone: ZoneInfo) -> Calendar:
    named = source.strip() or os.environ.get(SOURCE_ENV, "").strip()
    if not named:
        raise CallRefused(
            f"calendar: nobody said which; set {SOURCE_ENV} to a file, an address or caldav://user@host/path"
        )
    if named.lower().startswith(("caldav://", "caldavs://")):
        from taskmatrix_ros.internet.caldav_calendar import CaldavCalendar

        return CaldavCalendar(named, zone)
    from taskmatrix_ros.internet.ics_calendar import IcsCalendar

    return IcsCalendar(named, zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CallRefused(f"calendar: {name!r} is no time zone; name one like Europe/Berlin") from error


def _day(day: str | None, zone: ZoneInfo) -> datetime:
    return now_in(zone) if not day else _moment(day, zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CallRefused(f"calendar: {text[:60]!r} is no moment; write it like 2026-12-24T18:00") from error
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
