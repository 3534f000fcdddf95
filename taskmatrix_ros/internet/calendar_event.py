"""An appointment, as documents see it, and a calendar that has some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """``begins`` and ``ends`` are aware; of an event of whole days, midnight in the calendar's zone."""

    title: str
    begins: datetime
    ends: datetime
    place: str = ""
    all_day: bool = False
    uid: str = ""

    def to_plain(self, zone: ZoneInfo) -> dict[str, Any]:
        """Give JSON-like values, times in a zone."""
        return {
            "title": self.title,
            "starts_at": self.begins.astimezone(zone).isoformat(),
            "ends_at": self.ends.astimezone(zone).isoformat(),
            "place": self.place,
            "all_day": self.all_day,
        }


class Calendar(Protocol):
    """Where appointments are kept."""

    def events(self, begin: datetime, end: datetime) -> list[CalendarEvent]:
        """Give the appointments that overlap a span, the repeated ones each time, by their beginning."""

    def add(self, event: CalendarEvent) -> None:
        """Keep another. :raises CallRefused: it takes none."""


def as_moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    """Give a date or a time without zone as a moment in a zone."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(0), zone)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def day_span(day: datetime, days: int) -> tuple[datetime, datetime]:
    """Give the beginning of a day and the end of the last of ``days``, by the clocks there."""
    begin = datetime.combine(day.date(), time(0), day.tzinfo)
    return begin, datetime.combine(day.date() + timedelta(days=days), time(0), day.tzinfo)


def now_in(zone: ZoneInfo) -> datetime:
    """Give the moment in a zone."""
    return datetime.now(UTC).astimezone(zone)
