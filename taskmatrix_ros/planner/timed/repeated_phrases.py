"""Reads the phrases of time that say which days, and how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmatrix_ros.core.rule import Weekday
from taskmatrix_ros.planner.timed.time_lexicon import DAY_GROUPS, PARTS, SUN_WORDS, WEEKDAYS
from taskmatrix_ros.planner.timed.time_phrase import (
    AtSun,
    EveryDays,
    EveryMonth,
    EverySpan,
    Holiday,
    InPart,
    NotOn,
    Phrase,
)
from taskmatrix_ros.planner.timed.time_scanner import TimeScanner

Read = tuple[tuple[Phrase, ...], int]
"""Phrases, and the place of the first word behind them."""

_HOLIDAYS = ("public holidays", "bank holidays", "national holidays", "the holidays", "all holidays", "holidays")
_PARTS_OF_DAYS = frozenset(f"{part}s" for part in PARTS)
_PLURAL_DAYS = {f"{name}s": day for name, day in WEEKDAYS.items() if len(name) > 5}


class RepeatedPhrases:
    """Reads one phrase at a place of an utterance. Pure."""

    def __init__(self, words: Sequence[str], scan: TimeScanner) -> None:
        """:param words: in lower case, numbers as digits; ``scan`` reads the same."""
        self._words, self._scan = tuple(words), scan
        self.readers: tuple[Callable[[int], Read | None], ...] = (
            self._month,
            self._left_out,
            self._holidays,
            self._every,
            self._days,
        )
        """Each gives the phrases that stand at a place, or None."""

    def _month(self, at: int) -> Read | None:
        scan = self._scan
        if (yearly := self._yearly(at)) is not None:
            return yearly
        end = scan.says(
            at,
            "on the",
            "every month on the",
            "each month on the",
            "monthly on the",
            "the",
            "every",
            "each",
            "on every",
        )
        found = self._day_of_month(end) if end else None
        if found is None:
            return None
        day, behind = found
        said = self._words[at:end]
        if "month" in said or "monthly" in said:
            return (day,), behind
        last = scan.says(behind, "of every month", "of each month", "of the month", "every month", "each month")
        return ((day,), last) if last else None

    def _day_of_month(self, at: int) -> tuple[EveryMonth, int] | None:
        """``first``, ``last day``, ``second monday``."""
        scan = self._scan
        is_last = scan.word(at) == "last"
        found = (0, at + 1) if is_last else scan.nth(at, bare=False)
        if found is None:
            return None
        number, end = found
        weekday = WEEKDAYS.get(scan.word(end))
        if weekday is not None and number <= 5:
            nth = "L" if is_last else f"#{number}"
            return EveryMonth(weekday=f"{tuple(Weekday).index(weekday) + 1}{nth}"), end + 1
        if scan.word(end) == "day":
            end += 1
        elif is_last:
            return None
        return EveryMonth(day="L" if is_last else str(number)), end

    def _yearly(self, at: int) -> Read | None:
        """``every year on december 24th``, ``every december 24th``."""
        scan = self._scan
        end = scan.says(at, "every year on", "each year on", "yearly on", "once a year on", "every", "each", "on every")
        found = scan.date_of_year(scan.says(end, "the") or end) if end else None
        if found is None:
            return None
        month, day, behind = found
        return (EveryMonth(day=str(day), month=str(month)),), scan.says(behind, "every year", "each year") or behind

    def _every(self, at: int) -> Read | None:
        scan = self._scan
        if at == 0 and scan.word(at) == "always":
            return (EveryDays(()),), 1
        if (counted := self._so_often(at)) is not None:
            return counted
        if scan.word(at) not in ("every", "each"):
            named = {"hourly": 3600.0, "nightly": None, "daily": None}
            word = scan.word(at)
            if word not in named:
                return None
            if (seconds := named[word]) is not None:
                return (EverySpan(seconds),), at + 1
            return ((EveryDays(()), InPart("night")) if word == "nightly" else (EveryDays(()),)), at + 1
        at += 1
        if scan.says(at, "single"):
            at += 1
        step = 1
        if end := scan.says(at, "other", "second", "2nd"):
            step, at = 2, end
        elif end := scan.says(at, "third", "3rd"):
            step, at = 3, end
        if event := next((SUN_WORDS[w] for w in ("sunset", "sunrise", "dawn", "dusk") if scan.word(at) == w), None):
            return (AtSun(event, each=True),), at + 1
        if step == 1 and (span := self._span(at)):
            return span
        return self._every_days(at, step)

    def _so_often(self, at: int) -> Read | None:
        """``once a week on sunday``, ``twice a day``, ``3 times a day``: the times of day tell the rest."""
        scan = self._scan
        if end := scan.says(at, "once a", "once per", "once every"):
            return self._every_days(end, 1)
        begins = at + 1 if scan.word(at).isdecimal() else at
        end = scan.says(
            begins, *(("times a day", "times per day") if begins > at else ("twice a day", "twice per day"))
        )
        return ((EveryDays(()),), end) if end else None

    def _span(self, at: int) -> Read | None:
        scan = self._scan
        found = scan.duration(at)
        if found is None:
            unit = {"minute": 60.0, "hour": 3600.0, "second": 1.0}.get(scan.word(at))
            if end := scan.says(at, "half hour", "half an hour"):
                return (EverySpan(1800.0),), end
            return None if unit is None else ((EverySpan(unit),), at + 1)
        seconds, end = found
        if seconds < 1:
            return None
        if seconds % 86400 == 0:
            on = scan.says(end, "on") if seconds % (7 * 86400) == 0 else 0
            days = self._weekdays(on, WEEKDAYS | _PLURAL_DAYS) if on else None
            weekdays, end = days or ((), end)
            return (EveryDays(weekdays, int(seconds // 86400)),), end
        return (EverySpan(seconds),), end

    def _every_days(self, at: int, step: int) -> Read | None:
        scan = self._scan
        word = scan.word(at)
        if word in PARTS:
            return (EveryDays((), step), InPart(word)), at + 1
        if word in ("week", "weeks"):
            if not (end := scan.says(at + 1, "on")):
                return None
            found = self._weekdays(end, WEEKDAYS)
            return None if found is None else ((EveryDays(found[0], 7 * step if step > 1 else 1),), found[1])
        if word in ("day", "days"):
            return (EveryDays((), step),), at + 1
        if word in DAY_GROUPS:
            return (EveryDays(DAY_GROUPS[word], step),), at + 1
        found = self._weekdays(at, WEEKDAYS | _PLURAL_DAYS)
        return None if found is None else ((EveryDays(found[0], 7 * step if step > 1 else 1),), found[1])

    def _days(self, at: int) -> Read | None:
        """``on weekends``, ``on mondays and fridays``, ``monday to friday``."""
        scan = self._scan
        start = scan.says(at, "on", "on every", "at the", "on the", "during the", "on all") or at
        word = scan.word(start)
        part = scan.word(start + 1).removesuffix("s")
        if (end := scan.says(at, "in the", "during the") or at) and scan.word(end) in _PARTS_OF_DAYS:
            return (EveryDays(()), InPart(scan.word(end).removesuffix("s"))), end + 1
        if at == 0 and word in _PARTS_OF_DAYS:
            return (EveryDays(()), InPart(word.removesuffix("s"))), 1
        if scan.word(start + 1) in _PARTS_OF_DAYS and (days := WEEKDAYS.get(word) or DAY_GROUPS.get(word)):
            return (EveryDays(days if isinstance(days, tuple) else (days,)), InPart(part)), start + 2
        if word in ("weekdays", "workdays", "weekends") or (word == "weekend" and start > at):
            return (EveryDays(DAY_GROUPS[word]),), start + 1
        if end := scan.says(start, "working days", "week days", "work days"):
            return (EveryDays(DAY_GROUPS["weekday"]),), end
        begin = scan.says(start, "from") or start
        first, last = WEEKDAYS.get(scan.word(begin)), WEEKDAYS.get(scan.word(begin + 2))
        if first and last and scan.word(begin + 1) in ("to", "through", "thru", "till", "until", "-"):
            days = tuple(Weekday)
            one, other = days.index(first), days.index(last)
            span = days[one : other + 1] if one <= other else (*days[one:], *days[: other + 1])
            return (EveryDays(tuple(day for day in days if day in span)),), begin + 3
        found = self._weekdays(start, _PLURAL_DAYS)
        if found is None and start > at:
            several = self._weekdays(start, WEEKDAYS)
            found = several if several and len(several[0]) > 1 else None
        return None if found is None else ((EveryDays(found[0]),), found[1])

    def _weekdays(self, at: int, names: dict[str, Weekday]) -> tuple[tuple[Weekday, ...], int] | None:
        said: list[Weekday] = []
        end = at
        while True:
            start = end
            if said and self._scan.word(start) in ("and", "&", "or"):
                start += 1
            if said:
                start = self._scan.says(start, "on", "every") or start
            day = names.get(self._scan.word(start))
            if day is None:
                break
            said.append(day)
            end = start + 1
        return (tuple(day for day in Weekday if day in said), end) if said else None

    def _left_out(self, at: int) -> Read | None:
        """``except on sundays and holidays``, ``but not on weekends``."""
        scan = self._scan
        end = scan.says(
            at, "except for", "except", "excluding", "but not", "apart from", "other than", "not on", "not", "but"
        )
        if not end:
            return None
        phrases: list[Phrase] = []
        while True:
            start = end + 1 if phrases and scan.word(end) in ("and", "or", "&") else end
            start = scan.says(start, "on the", "on all", "on", "during the", "during", "for") or start
            if behind := scan.says(start, *_HOLIDAYS, "a holiday", "holiday"):
                phrases.append(Holiday(is_one=False))
            elif scan.word(start) in ("weekends", "weekdays", "workdays", "weekend"):
                phrases.append(NotOn(DAY_GROUPS[scan.word(start)]))
                behind = start + 1
            elif found := self._weekdays(start, WEEKDAYS | _PLURAL_DAYS):
                phrases.append(NotOn(found[0]))
                behind = found[1]
            else:
                break
            end = behind
        return (tuple(phrases), end) if phrases else None

    def _holidays(self, at: int) -> Read | None:
        scan = self._scan
        if end := scan.says(at, *(f"on {phrase}" for phrase in _HOLIDAYS), "every holiday", "on every holiday"):
            return (EveryDays(()), Holiday(is_one=True)), end
        if end := scan.says(at, "a holiday", "holiday", "a public holiday", "a bank holiday"):
            return ((Holiday(is_one=True),), end) if end == len(self._words) else None
        return None
