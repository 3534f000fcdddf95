"""A calendar in iCalendar format: a file, or an address that can only be read."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.internet.calendar_event import CalendarEvent, as_moment
from taskmatrix_ros.internet.fetch import fetch, is_web, local_path, shown

try:
    import icalendar
    import recurring_ical_events
except ImportError as error:  # pragma: no cover - the extra is not installed
    raise CallUnavailable("calendars need the extra `calendar`; install taskmatrix_ros[calendar]") from error

MAX_TITLE = 200


class IcsCalendar:
    """Implements ``internet.calendar_event.Calendar``. Read anew each time: others write to it too."""

    def __init__(self, source: str, zone: ZoneInfo) -> None:
        """:param source: a path, a ``file:`` URL or a web address."""
        self._source, self._zone = source, zone

    def events(self, begin: datetime, end: datetime) -> list[CalendarEvent]:
        """Give the appointments that overlap a span. :raises CallRefused: it is no calendar."""
        return events_of(self._read(), begin, end, self._zone)

    def add(self, event: CalendarEvent) -> None:
        """Write another into the file, whole or not at all.

        :raises CallRefused: it is an address, or no calendar. ``CallUnavailable``: it cannot be written.
        """
        if is_web(self._source):
            raise CallRefused(f"calendar: {shown(self._source)} can only be read; name a file or a CalDAV server")
        path = local_path(self._source)
        calendar = self._read() if path.exists() else _empty()
        calendar.add_component(component_of(event))
        try:
            _replace(path, calendar.to_ical())
        except OSError as error:
            raise CallUnavailable(f"calendar: {path} cannot be written: {error.strerror}") from error

    def _read(self) -> icalendar.Calendar:
        return parse_calendar(fetch(self._source, "calendar"), shown(self._source))


def parse_calendar(body: bytes, name: str) -> icalendar.Calendar:
    """Read a calendar. :raises CallRefused: it is none."""
    try:
        found = icalendar.Calendar.from_ical(body)
    except Exception as error:  # the library raises whatever its parts do
        raise CallRefused(f"calendar: {name} is no iCalendar: {error}; name another") from error
    if not isinstance(found, icalendar.Calendar):
        raise CallRefused(f"calendar: {name} is no VCALENDAR; name another")
    return found


def events_of(calendar: icalendar.Calendar, begin: datetime, end: datetime, zone: ZoneInfo) -> list[CalendarEvent]:
    """Give the appointments of a calendar that overlap a span, by their beginning; cancelled ones are left out."""
    try:
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(begin, end)
    except Exception as error:
        raise CallRefused(f"calendar: its appointments cannot be read: {error}") from error
    events = [_event(component, zone) for component in found if str(component.get("STATUS", "")) != "CANCELLED"]
    return sorted(events, key=lambda event: (event.begins, event.title))


def component_of(event: CalendarEvent) -> icalendar.Event:
    """Give an appointment as iCalendar writes it."""
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("dtstamp", event.begins)
    component.add("summary", event.title)
    component.add("dtstart", event.begins)
    component.add("dtend", event.ends)
    if event.place:
        component.add("location", event.place)
    return component


def _event(component: icalendar.Event, zone: ZoneInfo) -> CalendarEvent:
    start = component.decoded("DTSTART")
    begins = as_moment(start, zone)
    if "DTEND" in component:
        ends = as_moment(component.decoded("DTEND"), zone)
    else:
        ends = begins + component.decoded("DURATION", timedelta())
    all_day = not isinstance(start, datetime)
    if all_day and ends <= begins:
        ends = begins + timedelta(days=1)
    return CalendarEvent(
        title=" ".join(str(component.get("SUMMARY", "")).split())[:MAX_TITLE] or "an appointment",
        begins=begins,
        ends=ends,
        place=" ".join(str(component.get("LOCATION", "")).split())[:MAX_TITLE],
        all_day=all_day,
        uid=str(component.get("UID", "")),
    )


def _empty() -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//taskmatrix_ros//EN")
    calendar.add("version", "2.0")
    return calendar


def _replace(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
