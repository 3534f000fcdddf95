"""What single phrases of time say, before they are put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from taskmatrix_ros.core.rule import Weekday
from taskmatrix_ros.planner.timed.time_lexicon import SunEvent


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day.

    ``exact``: nobody has to guess whether it is before or after noon; ``half_said``: because am or pm was said.
    """

    at: time
    exact: bool = True
    half_said: bool = False

    def later(self) -> Clock:
        """Give the same on the clock's face, twelve hours on."""
        return Clock(self.at.replace(hour=(self.at.hour + 12) % 24))


@dataclass(frozen=True, slots=True)
class Delay:
    """``in 20 minutes``: seconds from now. ``later``: it counts from what was said before, as in ``an hour later``."""

    delay_s: float
    later: bool = False


@dataclass(frozen=True, slots=True)
class AtClock:
    """``at 7``, ``at noon``."""

    clocks: tuple[Clock, ...]


@dataclass(frozen=True, slots=True)
class OnDay:
    """``tomorrow``, ``on friday``, ``on december 24``: a day counted from the moment it is said."""

    of: Callable[[datetime], date]
    """The day meant, of the home's moment now."""
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Since:
    """``from monday on``, ``starting tomorrow``: the first day of something repeated."""

    day: OnDay


@dataclass(frozen=True, slots=True)
class InPart:
    """``in the morning``, ``this evening``: a key of ``time_lexicon.PARTS``."""

    part: str


@dataclass(frozen=True, slots=True)
class EveryDays:
    """``every weekday``, ``on weekends``, ``every other day``."""

    weekdays: tuple[Weekday, ...]
    """Empty: on all."""
    every_days: int = 1


@dataclass(frozen=True, slots=True)
class EverySpan:
    """``every 20 minutes``, ``hourly``."""

    every_s: float


@dataclass(frozen=True, slots=True)
class EveryMonth:
    """``on the first of every month``, ``every first monday``, ``every december 24th``: fields of cron."""

    day: str = "*"
    month: str = "*"
    weekday: str = "*"


@dataclass(frozen=True, slots=True)
class AtSun:
    """``at sunset``, ``20 minutes before sunrise``; ``each``: the words say that it is every time."""

    event: SunEvent
    offset_s: float = 0.0
    each: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """``ten minutes before I leave``: ahead of a moment that is foretold in state; ``key`` is empty in ``ten minutes
    before``, where that moment is named elsewhere.
    """

    key: str
    offset_s: float


@dataclass(frozen=True, slots=True)
class Within:
    """``from 9 to 17``, ``after sunset``, ``before 8``; None: from or to the end of the day, as it makes sense."""

    begin: Clock | AtSun | None
    end: Clock | AtSun | None


@dataclass(frozen=True, slots=True)
class Until:
    """``until 10 pm``, ``until sunset``, ``until friday``."""

    clock: Clock | None = None
    day: OnDay | None = None
    sun: AtSun | None = None


@dataclass(frozen=True, slots=True)
class For:
    """``for 10 minutes``: what was done is undone after it; in a condition, how long it must have been so."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Holiday:
    """``on holidays``, ``except on holidays``: whether the day must be one, or must be none."""

    is_one: bool


@dataclass(frozen=True, slots=True)
class NotOn:
    """``except on sundays``: days on which something repeated is left out."""

    weekdays: tuple[Weekday, ...]


Phrase = (
    Delay
    | AtClock
    | OnDay
    | Since
    | InPart
    | EveryDays
    | EverySpan
    | EveryMonth
    | AtSun
    | Ahead
    | Within
    | Until
    | For
    | Holiday
    | NotOn
)

DEPARTURE = "user.departure_at"
NEXT_EVENT = "calendar.next.starts_at"


def alike(begin: Clock | AtSun, end: Clock | AtSun) -> tuple[Clock | AtSun, Clock | AtSun]:
    """``from 7 to 9 pm``: both are in the evening; ``from 9 to 5``: the second comes after the first."""
    if not isinstance(begin, Clock) or not isinstance(end, Clock) or begin.exact:
        return begin, end
    if end.exact and not end.half_said and end.at.hour > 12:
        return Clock(begin.at), end
    if end.half_said and begin.at.hour < 12 <= end.at.hour and begin.later().at < end.at:
        return begin.later(), end
    if not end.exact and end.at <= begin.at and end.at.hour < 12:
        return begin, end.later()
    return begin, end


def same_half(clocks: list[Clock]) -> tuple[Clock, ...]:
    """``at 8 and 9 pm``: both are in the evening."""
    last = clocks[-1]
    if last.half_said and last.at.hour >= 12:
        return tuple(clock if clock.exact or clock.at.hour >= 12 else clock.later() for clock in clocks)
    return tuple(clocks)
