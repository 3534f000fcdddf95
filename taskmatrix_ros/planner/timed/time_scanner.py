"""Finds durations, times of day and days in the words of an utterance; number words are digits already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import cache

from taskmatrix_ros.planner.timed.time_lexicon import MONTHS, NAMED_TIMES, ORDINALS, PARTS, UNITS_S, WEEKDAYS
from taskmatrix_ros.planner.timed.time_phrase import Clock, OnDay

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(?::(\d{2}))?(am|pm|a|p)?")
_HALVES = {"am": False, "pm": True, "a.m": False, "p.m": True, "a.m.": False, "p.m.": True}
_NTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTED = {*UNITS_S, "degrees", "percent", "%"}
_SOME = {"couple": 2.0, "few": 3.0}

Found = tuple[float, int]
_DAY = timedelta(days=1)


@cache
def _split(phrase: str) -> tuple[str, ...]:
    return tuple(phrase.split())


class TimeScanner:
    """Every method reads at a place and gives what it found with the place behind it, or None. Pure."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)

    def __len__(self) -> int:
        return len(self._words)

    def word(self, at: int) -> str:
        """Give the word at a place; empty past the end."""
        return self._words[at] if 0 <= at < len(self._words) else ""

    def says(self, at: int, *phrases: str) -> int:
        """Give the place behind the longest of the phrases that stands there; 0 if none does."""
        first, end = self.word(at), 0
        for phrase in phrases:
            words = _split(phrase)
            if words[0] == first and self._words[at : at + len(words)] == words:
                end = max(end, at + len(words))
        return end

    # --- durations ----------------------------------------------------------------------------------------------------

    def duration(self, at: int) -> Found | None:
        """Read ``20 minutes``, ``an hour and a half``, ``2 hours and 10 minutes``, ``half an hour``, in seconds."""
        found = self._one_duration(at)
        while found is not None:
            total_s, end = found
            behind = end + 1 if self.word(end) == "and" else end
            more = self._one_duration(behind)
            if more is None or self.says(behind, "half a", "half an") or more[0] >= total_s:
                break
            found = (total_s + more[0], more[1])
        return found

    def _one_duration(self, at: int) -> Found | None:
        if end := self.says(at, "half a", "half an", "a half"):
            unit = UNITS_S.get(self.word(end))
            return None if unit is None else (unit / 2, end + 1)
        if end := self.says(at, "a quarter of an hour", "quarter of an hour", "a quarter hour", "quarter hour"):
            return (900.0, end)
        if end := self.says(at, "three quarters of an hour", "3 quarters of an hour"):
            return (2700.0, end)
        if joined := _SPAN.fullmatch(self.word(at)):
            unit = UNITS_S.get(joined[2])
            return None if unit is None else (float(joined[1]) * unit, at + 1)
        count, end = self._count(at)
        if count is None:
            return None
        if behind := self.says(end, "and a half", "and 1 half"):
            count, end = count + 0.5, behind
        unit = UNITS_S.get(self.word(end))
        if unit is None:
            return None
        end += 1
        if behind := self.says(end, "and a half", "and 1 half"):
            return ((count + 0.5) * unit, behind)
        if behind := self.says(end, "and a quarter"):
            return ((count + 0.25) * unit, behind)
        return (count * unit, end)

    def _count(self, at: int) -> tuple[float | None, int]:
        word = self.word(at)
        if _NUMBER.fullmatch(word):
            return float(word), at + 1
        if word in ("a", "an"):
            some = _SOME.get(self.word(at + 1))
            if some is None:
                return 1.0, at + 1
            return some, at + 3 if self.word(at + 2) == "of" else at + 2
        if word in _SOME:
            return _SOME[word], at + 2 if self.word(at + 1) == "of" else at + 1
        return None, at

    # --- times of day -------------------------------------------------------------------------------------------------

    def clock(self, at: int, *, numeric_to: bool = True) -> tuple[Clock, int] | None:
        """Read ``7``, ``7:30``, ``7 30``, ``half past 7``, ``quarter to 8``, ``7 o'clock``, ``7 pm``, ``noon``.

        :param numeric_to: whether ``9 to 5`` may be nine minutes to five.
        """
        named = NAMED_TIMES.get(self.word(at))
        if named is not None:
            return Clock(named), at + 1
        past_or_to = numeric_to or not self.word(at).isdecimal() or self.word(at + 1) in ("past", "minutes")
        found = (self._past_or_to(at) if past_or_to else None) or self._digits(at)
        if found is None:
            return None
        minutes, exact, end = found
        half_said = bool(re.search(r"\d[ap]m?$", self.word(at)))
        if end_of := self.says(end, "o'clock", "o clock", "oclock", "hours", "sharp"):
            end = end_of
        half = _HALVES.get(self.word(end))
        if half is not None:
            if not 60 <= minutes < 13 * 60:
                return None
            minutes, exact, half_said, end = minutes % 720 + 720 * half, True, True, end + 1
        if end_of := self.says(end, "sharp"):
            end = end_of
        clocked = _CLOCK.fullmatch(self.word(at))
        second = int(clocked[3]) if clocked and clocked[3] else 0
        if second > 59:
            return None
        return Clock(time(minutes // 60 % 24, minutes % 60, second), exact, half_said), end

    def _digits(self, at: int) -> tuple[int, bool, int] | None:
        match = _CLOCK.fullmatch(self.word(at))
        if match is None:
            return None
        hour, minute, half = int(match[1]), int(match[2] or 0), match[4]
        end = at + 1
        is_minute = re.fullmatch(r"[1-5]\d", self.word(end)) and self.word(end + 1) not in _COUNTED
        if match[2] is None and half is None and is_minute:
            minute, end = int(self.word(end)), end + 1
        if hour > 24 or minute > 59 or (hour == 24 and minute):
            return None
        if half is not None:
            if not 1 <= hour <= 12:
                return None
            return hour % 12 * 60 + minute + 720 * half.startswith("p"), True, end
        exact = hour == 0 or hour > 12 or (match[2] is not None and len(match[1]) == 2 and match[1][0] == "0")
        return hour * 60 + minute, exact, end

    def _past_or_to(self, at: int) -> tuple[int, bool, int] | None:
        start = at + 1 if self.word(at) == "a" and self.word(at + 1) == "quarter" else at
        word = self.word(start)
        minutes = {"half": 30, "quarter": 15}.get(word)
        if minutes is None and word.isdecimal() and 0 < int(word[:3]) < 60:
            minutes = int(word)
        if minutes is None:
            return None
        start += 1 + (word.isdecimal() and self.word(start + 1) in ("minutes", "minute"))
        side = self.word(start)
        if word == "half" and side.isdecimal() and 1 <= int(side[:3]) <= 12:
            return int(side) * 60 + 30, False, start + 1  # "half six" is said of 6:30
        if side not in ("past", "after", "to", "before", "till") and not (side == "of" and word == "quarter"):
            return None
        named = NAMED_TIMES.get(self.word(start + 1))
        hour = (named.hour * 60, True, start + 2) if named else self._digits(start + 1)
        if hour is None or hour[0] % 60:
            return None
        if side in ("past", "after"):
            return hour[0] + minutes, hour[1], hour[2]
        # A quarter to one is said of 12:45.
        base = 13 * 60 if hour[0] == 60 else hour[0] or 24 * 60
        return base - minutes, hour[1], hour[2]

    # --- days ---------------------------------------------------------------------------------------------------------

    def day(self, at: int) -> tuple[OnDay, int] | None:
        """Read ``tomorrow``, ``on friday``, ``next monday``, ``on december 24th``, ``on the 3rd``, ``in 3 days``."""
        if end := self.says(at, "the day after tomorrow", "day after tomorrow"):
            return OnDay(lambda now: now.date() + 2 * _DAY), end
        if self.word(at) == "tomorrow":
            return OnDay(lambda now: now.date() + _DAY), at + 1
        if end := self.says(at, "today", "later today"):
            return OnDay(lambda now: now.date(), is_today=True), end
        if end := self.says(at, "in"):
            found = self.duration(end)
            if found is not None and found[0] >= 86400 and found[0] % 86400 == 0:
                span = timedelta(seconds=found[0])
                return OnDay(lambda now: now.date() + span), found[1]
            return None
        start = self.says(at, "on the", "on", "next", "this", "this coming", "coming", "on next") or at
        weekday = WEEKDAYS.get(self.word(start))
        if weekday is not None and (start > at or self.word(start) not in ("sun", "sat", "wed")):
            number = tuple(type(weekday)).index(weekday)
            far = self.word(start - 1) == "next"
            return OnDay(lambda now: _weekday_after(now.date(), number, next_week=far)), start + 1
        return self._date(start, on=start > at)

    def _date(self, at: int, *, on: bool) -> tuple[OnDay, int] | None:
        if _ISO_DAY.fullmatch(self.word(at)):
            try:
                given = date.fromisoformat(self.word(at))
            except ValueError:
                return None
            return OnDay(lambda _now: given), at + 1
        start = at + 1 if self.word(at) == "the" else at
        if (month := MONTHS.get(self.word(start))) and (day := self.nth(start + 1 + (self.word(start + 1) == "the"))):
            number, end = day
            return self._with_year(month, number, end)
        if day := self.nth(start, bare=False):
            number, end = day
            named = MONTHS.get(self.word(end + (self.word(end) == "of")))
            if named is not None:
                return self._with_year(named, number, end + 1 + (self.word(end) == "of"))
            if on and self.word(end) != "of":
                return OnDay(lambda now: _day_of_month_after(now.date(), number)), end
        if self.word(start).isdecimal() and (month := MONTHS.get(self.word(start + 1))) and int(self.word(start)) <= 31:
            return self._with_year(month, int(self.word(start)), start + 2)
        return None

    def nth(self, at: int, *, bare: bool = True) -> tuple[int, int] | None:
        """Read a day of the month: ``24th``, ``first``; ``bare``: ``24`` alone counts too."""
        word = self.word(at)
        match = _NTH.fullmatch(word)
        number = int(match[1]) if match else ORDINALS.get(word)
        if number is None and bare and word.isdecimal() and len(word) <= 2:
            number = int(word)
        return (number, at + 1) if number is not None and 1 <= number <= 31 else None

    def date_of_year(self, at: int) -> tuple[int, int, int] | None:
        """Read ``december 24th``, ``24th of december``. :returns: month, day, the end."""
        if (month := MONTHS.get(self.word(at))) and (day := self.nth(at + 1 + (self.word(at + 1) == "the"))):
            return month, *day
        if (day := self.nth(at, bare=False)) is not None:
            behind = day[1] + (self.word(day[1]) == "of")
            if month := MONTHS.get(self.word(behind)):
                return month, day[0], behind + 1
        return None

    def _with_year(self, month: int, day: int, end: int) -> tuple[OnDay, int] | None:
        year = self.word(end)
        fixed = int(year) if re.fullmatch(r"20\d\d", year) else None
        try:
            date(fixed or 2028, month, day)  # 2028 has a 29 February
        except ValueError:
            return None
        if fixed is not None:
            return OnDay(lambda _now: date(fixed, month, day)), end + 1
        return OnDay(lambda now: _date_after(now.date(), month, day)), end

    def part(self, at: int) -> tuple[str, bool, int] | None:
        """Read ``in the morning``, ``this evening``, ``tonight``. :returns: part, whether today is said, the end."""
        if self.word(at) == "tonight":
            return "evening", True, at + 1
        today = self.word(at) == "this"
        start = self.says(at, "in the", "this", "at", "during the") or at
        name = self.word(start)
        if start == at or name not in PARTS or (self.word(at) == "at" and name != "night"):
            return None
        return name, today, start + 1


def _weekday_after(today: date, number: int, *, next_week: bool) -> date:
    """The next such day after today; ``next monday`` said on a friday is the one of the coming week."""
    ahead = (number - today.weekday()) % 7 or 7
    in_this_week = today.weekday() + ahead < 7
    return today + timedelta(days=ahead + (7 if next_week and in_this_week else 0))


def _day_of_month_after(today: date, number: int) -> date:
    year, month = today.year, today.month
    for _ in range(13):
        try:
            found = date(year, month, number)
        except ValueError:
            found = None
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    raise AssertionError("every day of a month comes within a year")


def _date_after(today: date, month: int, day: int) -> date:
    year = today.year
    while True:
        try:
            found = date(year, month, day)
        except ValueError:
            year += 1
            continue
        if found >= today:
            return found
        year += 1
