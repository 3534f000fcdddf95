"""Where the home is: its zone for times of day, its position for the sun."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from astral import Observer, sun
from pydantic import Field, field_validator

from taskmatrix_ros.core.frozen import Frozen


@cache
def _holidays_of(code: str) -> holidays.HolidayBase:
    country, _, region = code.partition("-")
    return holidays.country_holidays(country, subdiv=region or None)


class HomePlace(Frozen):
    """``time_zone`` by its IANA name; position in degrees, north and east positive, None where nobody said.

    ``country``: whose holidays are kept, by its ISO 3166 code, with a region where it has its own: ``DE``, ``DE-BY``.
    """

    time_zone: str = "UTC"
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    country: str = ""

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no time zone; name one like Europe/Berlin") from error
        return name

    @field_validator("country")
    @classmethod
    def _has_holidays(cls, code: str) -> str:
        if code:
            try:
                _holidays_of(code)
            except (NotImplementedError, ValueError) as error:
                raise ValueError(f"{code!r} has no known holidays; name one like DE, or a region like DE-BY") from error
        return code

    def holiday(self, day: date) -> str | None:
        """Give the name of the holiday that a day is; None for any other day, or where no country is named."""
        name = _holidays_of(self.country).get(day) if self.country else None
        return None if name is None else str(name)

    @property
    def zone(self) -> ZoneInfo:
        """The home's time zone."""
        return ZoneInfo(self.time_zone)

    def local(self, moment: datetime) -> datetime:
        """Give an aware moment as the home's clocks show it."""
        return moment.astimezone(self.zone)

    def has_daylight(self, moment: datetime) -> bool | None:
        """Whether the sun is up at an aware moment; None where nobody said where the home is.

        :source: the refraction and radius of the sun that sunrise is defined by, 0.833 degrees.
        """
        if self.latitude_deg is None or self.longitude_deg is None:
            return None
        return bool(
            sun.elevation(Observer(self.latitude_deg, self.longitude_deg), moment, with_refraction=False) > -0.833
        )

    def utc(self, moment: datetime) -> datetime:
        """Give a moment in UTC; one without offset is taken as the home's clocks show it.

        :raises OverflowError: it is beyond the calendar there.
        """
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def at(self, day: date, clock: time) -> datetime:
        """Give the moment, in UTC, at which the home's clocks show that time on that day.

        A time that the clocks skip in spring comes as much later as they jump; of one they show twice in autumn, the
        first counts.
        """
        return self.utc(datetime.combine(day, clock))
