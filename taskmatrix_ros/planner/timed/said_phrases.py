"""The phrases of time of one command, by kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import Weekday
from taskmatrix_ros.planner.grammar.reading import TIMED
from taskmatrix_ros.planner.timed.time_phrase import (
    Ahead,
    AtClock,
    AtSun,
    Clock,
    Delay,
    EveryDays,
    EveryMonth,
    EverySpan,
    For,
    Holiday,
    InPart,
    NotOn,
    OnDay,
    Phrase,
    Since,
    Until,
    Within,
)

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class SaidPhrases:
    """The phrases by kind. A property raises ``PlanningError`` where two of them do not go together."""

    phrases: Sequence[Phrase]

    def _all(self, kind: type[Kind]) -> tuple[Kind, ...]:
        return tuple(phrase for phrase in self.phrases if isinstance(phrase, kind))

    def _one(self, kind: type[Any], what: str) -> Any:
        found = self._all(kind)
        if len(found) > 1:
            raise contradiction(f"two {what}")
        return found[0] if found else None

    @property
    def delay(self) -> Delay | None:
        """``in 20 minutes``; not the days of ``in two days at 8``."""
        found: Delay | None = self._one(Delay, "delays")
        return None if found is not None and self.clocks and found.delay_s % 86400 == 0 else found

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """All times of day."""
        return tuple(clock for each in self._all(AtClock) for clock in each.clocks)

    @property
    def days_with_clocks(self) -> tuple[tuple[EveryDays, Clock], ...]:
        """``on weekdays at 8 and on weekends at 10``: every group of days with its own times; empty for one group."""
        days = self._all(EveryDays)
        if len(days) < 2 or not all(each.weekdays for each in days):
            return ()
        pairs: list[tuple[EveryDays, Clock]] = []
        current: EveryDays | None = None
        ordered = [phrase for phrase in self.phrases if isinstance(phrase, EveryDays | AtClock)]
        times_first = isinstance(ordered[0], AtClock)  # "at 7 on weekdays and at 9 on weekends"
        for phrase in reversed(ordered) if times_first else ordered:
            if isinstance(phrase, EveryDays):
                current = replace(phrase, weekdays=days_without(phrase.weekdays, self.not_on))
            elif isinstance(phrase, AtClock) and current is not None:
                pairs += ((current, clock) for clock in phrase.clocks)
        return tuple(reversed(pairs) if times_first else pairs)

    @property
    def day(self) -> OnDay | None:
        """The one day that was said."""
        days = self._all(OnDay)
        if self.clocks and (in_days := [each for each in self._all(Delay) if each.delay_s % 86400 == 0]):
            ahead = timedelta(seconds=in_days[0].delay_s)
            days = (*days, OnDay(lambda now: now.date() + ahead))
        named = [day for day in days if not day.is_today]
        if len(named) > 1:
            raise contradiction("two days")
        return named[0] if named else days[0] if days else None

    @property
    def part(self) -> str | None:
        """The part of the day."""
        found = self._all(InPart)
        return found[0].part if found else None

    @property
    def every(self) -> EveryDays | None:
        """The days of something repeated, without those that are left out."""
        found = self._all(EveryDays)
        if not found:
            return None
        named = [each for each in found if each.weekdays]
        every = (named or list(found))[0]
        return replace(every, weekdays=days_without(every.weekdays, self.not_on)) if self.not_on else every

    @property
    def not_on(self) -> tuple[Weekday, ...]:
        """The days that are left out."""
        return tuple(day for each in self._all(NotOn) for day in each.weekdays)

    @property
    def holidays(self) -> tuple[str, ...]:
        """Conditions on whether the day is a holiday."""
        return tuple(f'state["home.holiday"] {"!=" if each.is_one else "=="} null' for each in self._all(Holiday))

    @property
    def span(self) -> EverySpan | None:
        """The interval of something repeated."""
        found: EverySpan | None = self._one(EverySpan, "intervals")
        return found

    @property
    def month(self) -> EveryMonth | None:
        """The day of every month."""
        found: EveryMonth | None = self._one(EveryMonth, "days of the month")
        return found

    @property
    def suns(self) -> tuple[AtSun, ...]:
        """Sunrises and sunsets."""
        return self._all(AtSun)

    @property
    def ahead(self) -> tuple[Ahead, ...]:
        """Moments ahead of what is foretold."""
        return self._all(Ahead)

    @property
    def since(self) -> Since | None:
        """The first day of something repeated."""
        found: Since | None = self._one(Since, "beginnings")
        return found

    @property
    def within(self) -> tuple[Within, ...]:
        """Spans of the day."""
        return self._all(Within)

    @property
    def until(self) -> Until | None:
        """When it ends."""
        found: Until | None = self._one(Until, "ends")
        return found

    @property
    def lasts_s(self) -> float | None:
        """How long it lasts, in seconds."""
        found: For | None = self._one(For, "durations")
        return None if found is None else found.for_s


def days_without(days: tuple[Weekday, ...], left_out: Iterable[Weekday]) -> tuple[Weekday, ...]:
    """Take days out of some; none stand for all.

    :raises PlanningError: nothing is left.
    """
    rest = tuple(day for day in days or tuple(Weekday) if day not in frozenset(left_out))
    if not rest:
        raise contradiction("those days and what is left out of them")
    return rest


def contradiction(what: str) -> PlanningError:
    """Say that two things that were said do not go together."""
    return PlanningError(f"offline planner: {what} do not go together; say one of them", code=TIMED)
