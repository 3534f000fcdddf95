"""A calendar on a CalDAV server. The only file that imports ``caldav``, which is an extra."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from taskmatrix_ros.core.errors import CallRefused, CallUnavailable
from taskmatrix_ros.internet.calendar_event import CalendarEvent
from taskmatrix_ros.internet.fetch import shown
from taskmatrix_ros.internet.ics_calendar import component_of, events_of, parse_calendar

PASSWORD_ENV = "TASKMATRIX_CALDAV_PASSWORD"  # noqa: S105 - the name of a variable
TIMEOUT_S = 15


class CaldavCalendar:
    """Implements ``internet.calendar_event.Calendar``.

    The address is ``caldav://user@host/path`` (``caldavs`` for TLS) of one calendar or of its principal, whose first
    calendar is then taken. The password comes from the environment, never from a manifest.
    """

    def __init__(self, source: str, zone: ZoneInfo) -> None:
        parts = urlsplit(source)
        scheme = {"caldav": "http", "caldavs": "https"}[parts.scheme]
        host = parts.hostname or ""
        self._url = urlunsplit((scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, parts.query, ""))
        self._user = unquote(parts.username or "")
        self._zone = zone

    def events(self, begin: datetime, end: datetime) -> list[CalendarEvent]:
        """Give the appointments that overlap a span; the server need not know how to repeat them."""
        with self._errors(), self._calendar() as calendar:
            found = calendar.search(start=begin, end=end, event=True, expand=False)
            bodies = [str(each.data).encode() for each in found]
        events = [
            event
            for body in bodies
            for event in events_of(parse_calendar(body, shown(self._url)), begin, end, self._zone)
        ]
        return sorted(events, key=lambda event: (event.begins, event.title))

    def add(self, event: CalendarEvent) -> None:
        """Save another on the server."""
        import icalendar

        calendar = icalendar.Calendar()
        calendar.add("prodid", "-//taskmatrix_ros//EN")
        calendar.add("version", "2.0")
        calendar.add_component(component_of(event))
        with self._errors(), self._calendar() as kept:
            kept.save_event(calendar.to_ical().decode())

    @contextmanager
    def _calendar(self) -> Iterator[Any]:
        """Connect, and hang up behind."""
        caldav = _library()
        client = caldav.DAVClient(
            url=self._url, username=self._user or None, password=os.environ.get(PASSWORD_ENV), timeout=TIMEOUT_S
        )
        try:
            yield self._found(client, caldav.lib.error.DAVError)
        finally:
            client.close()

    def _found(self, client: Any, no_principals: type[Exception]) -> Any:
        try:
            calendars = client.principal().calendars()
        except no_principals:
            calendars = []  # the address may be that of a calendar, on a server without principals
        own = [known for known in calendars if str(known.url).rstrip("/") == self._url.rstrip("/")]
        return (own or calendars or [client.calendar(url=self._url)])[0]

    def _errors(self) -> _Errors:
        return _Errors(shown(self._url))


def _library() -> Any:
    """Give the library. :raises CallUnavailable: it is not installed."""
    try:
        return import_module("caldav")
    except ImportError as error:
        raise CallUnavailable(
            "calendars on CalDAV servers need the extra `calendar`; install taskmatrix_ros[calendar]"
        ) from error


class _Errors:
    """Turns what the library raises into a call's errors."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> None:
        _library()

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        caldav = _library()
        if isinstance(error, caldav.lib.error.AuthorizationError):
            raise CallRefused(f"calendar: {self._host} refuses the user; look at {PASSWORD_ENV}") from error
        if isinstance(error, caldav.lib.error.DAVError | OSError):
            # Its text names the whole address.
            problem = type(error).__name__
            raise CallUnavailable(f"calendar: {self._host}: {problem}; look at its address") from error
