"""Puts phrases of time together: which triggers, on which condition, once or always."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.core.rule import (
    BeforeTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    SunTrigger,
    TimeTrigger,
    Trigger,
    Weekday,
)
from taskmatrix_ros.planner.grammar.reading import INCOMPLETE, TIMED
from taskmatrix_ros.planner.timed.said_phrases import SaidPhrases, contradiction, days_without
from taskmatrix_ros.planner.timed.time_lexicon import PART_WINDOWS, PARTS
from taskmatrix_ros.planner.timed.time_phrase import (
    AtClock,
    AtSun,
    Clock,
    EveryDays,
    EverySpan,
    For,
    OnDay,
    Phrase,
    Since,
    Until,
    Within,
)

NIGHT_ENDS = time(6)
"""``after midnight`` and ``after 10 pm`` are said of the night."""

_NIGHT_BEGINS = time(18)
_NOON = time(12)
_DAY = timedelta(days=1)
_DATE = '"%Y-%m-%d"'


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What the phrases of one command say.

    ``conditions``: CEL, all of which must hold; ``once``: after the first time it is over. ``moment``: the one moment
    meant, aware, where it is one. ``ends``: what triggers the end of what is done, where one was said; ``lasts_s``: or
    how many seconds after its beginning.
    """

    triggers: tuple[Trigger, ...] = ()
    conditions: tuple[str, ...] = ()
    once: bool = False
    expires_at: datetime | None = None
    moment: datetime | None = None
    ends: tuple[Trigger, ...] = ()
    lasts_s: float | None = None
    said: tuple[Phrase, ...] = field(default=(), compare=False)


class Scheduler:
    """Knows what time it is in the home. Pure.

    :param now: aware, in the home's zone.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now.replace(microsecond=0)

    def schedule(self, phrases: Sequence[Phrase], *, among: bool = False) -> Schedule:
        """Put phrases together.

        :param among: something else is a trigger already: spans and days of the week are conditions on that.
        :raises PlanningError: ``INCOMPLETE``: the time of day is missing; ``TIMED``: they do not fit together, or the
            moment has passed.
        """
        said = SaidPhrases(self._for_days(phrases))
        schedule = self._ahead_of(said) or self._delayed(said) or self._repeated(said, among=among) or self._sunny(said)
        if schedule is None and said.clocks:
            schedule = self._at(said)
        if schedule is None and among:
            if said.until is not None and said.until.day is None:
                raise PlanningError(
                    "offline planner: what ends then, and on which day? say both parts, each with its time",
                    code=INCOMPLETE,
                )
            return Schedule(
                conditions=self._around(said),
                expires_at=self._expiry(said),
                once=bool(said.day),
                lasts_s=said.lasts_s,
            )
        if schedule is None:
            schedule = self._at(said) if said.day or said.part else self._spanned(said)
        return schedule

    def _for_days(self, phrases: Sequence[Phrase]) -> list[Phrase]:
        """``at noon for three days`` comes every day, until then: nothing is done for so long at a stretch."""
        days = next((one for one in phrases if isinstance(one, For) and one.for_s >= _DAY.total_seconds()), None)
        if days is None or not any(isinstance(one, AtClock | AtSun | EveryDays | EverySpan) for one in phrases):
            return list(phrases)
        end = self._now + timedelta(seconds=days.for_s)
        found: list[Phrase] = [one for one in phrases if one is not days]
        found.append(Until(Clock(end.time()), OnDay(lambda _now: end.date())))
        if not any(isinstance(one, EveryDays | EverySpan) for one in found):
            found.append(EveryDays(()))
        return found

    # --- kinds --------------------------------------------------------------------------------------------------------

    def _ahead_of(self, said: SaidPhrases) -> Schedule | None:
        if not said.ahead:
            return None
        if not all(one.key for one in said.ahead):
            raise PlanningError(
                "offline planner: before what? say it, as in ten minutes before I leave", code=INCOMPLETE
            )
        triggers = tuple(BeforeTrigger(kind="before", key=one.key, offset_s=one.offset_s) for one in said.ahead)
        if said.clocks or said.until is not None:
            raise contradiction("a time of day and one that is ahead of something")
        is_once = said.day is not None
        return Schedule(triggers=triggers, conditions=self._around(said), lasts_s=said.lasts_s, once=is_once)

    def _delayed(self, said: SaidPhrases) -> Schedule | None:
        if said.delay is None:
            return None
        if said.clocks or said.every or said.span:
            raise contradiction("a delay and a time of day")
        moment = self.after(said.delay.delay_s)
        ends = self._until_triggers(said, moment)
        return Schedule(triggers=(_date(moment),), once=True, moment=moment, lasts_s=said.lasts_s, ends=ends)

    def _repeated(self, said: SaidPhrases, *, among: bool) -> Schedule | None:
        if among and not (said.clocks or said.suns or said.span or said.month):
            return None
        if said.until is not None and said.until.day is None and said.every is not None and (said.clocks or said.suns):
            return self._ended_daily(said)
        expiry = self._expiry(said)
        if said.span is not None:
            begin = next((each.begin for each in said.within if isinstance(each.begin, Clock)), None)
            since = self._now if begin is None else self._on(self._now.date(), begin.at)
            interval = IntervalTrigger(kind="interval", every_s=said.span.every_s, since_at=since)
            return Schedule(
                triggers=(interval,), conditions=self._around(said), expires_at=expiry, lasts_s=said.lasts_s
            )
        if said.month is not None:
            times = self._times(said)
            crons = tuple(
                CronTrigger(
                    kind="cron",
                    expression=f"{at.minute} {at.hour} {said.month.day} {said.month.month} {said.month.weekday}",
                )
                for at in times
            )
            return Schedule(triggers=crons, conditions=self._windows(said), expires_at=expiry, lasts_s=said.lasts_s)
        if said.every is None or (not said.clocks and not said.suns and not said.part and not said.within):
            if said.every is not None:
                raise PlanningError(
                    "offline planner: at what time? say it with the day, as in every weekday at 7", code=INCOMPLETE
                )
            return None
        if said.day is not None and not said.day.is_today:
            raise contradiction("something repeated and one day")
        if said.suns:
            suns = tuple(_sun(each) for each in said.suns)
            days = (*_weekdays(said.every.weekdays), *said.holidays)
            return Schedule(triggers=suns, conditions=days, expires_at=expiry, lasts_s=said.lasts_s)
        if not said.clocks and (said.within or not said.part):
            return self._spanned_daily(said, expiry)
        pairs = said.days_with_clocks
        if len(pairs) > 1:
            timed = tuple(self._time(in_part(clock, said.part), days) for days, clock in pairs)
            return Schedule(triggers=timed, conditions=self._windows(said), expires_at=expiry, lasts_s=said.lasts_s)
        triggers = tuple(self._time(at, days, said.since) for at in self._times(said) for days in _by_day(said.every))
        return Schedule(triggers=triggers, conditions=self._windows(said), expires_at=expiry, lasts_s=said.lasts_s)

    def _ended_daily(self, said: SaidPhrases) -> Schedule:
        """``every day at 8 … until 11 pm``: it begins and ends on each of those days."""
        assert said.until is not None
        assert said.every is not None
        begun = self._repeated(SaidPhrases([one for one in said.phrases if not isinstance(one, Until)]), among=False)
        assert begun is not None
        if said.until.sun is not None:
            return replace(begun, ends=(_sun(said.until.sun),))
        assert said.until.clock is not None
        end, first = said.until.clock, min((clock.at for clock in said.clocks), default=None)
        if first is not None and not end.exact and end.at <= first < end.later().at:
            end = end.later()
        return replace(begun, ends=(self._time(in_part(end, said.part), said.every),))

    def _sunny(self, said: SaidPhrases) -> Schedule | None:
        if not said.suns:
            return None
        each = any(sun.each for sun in said.suns)
        conditions = self._around(said)
        return Schedule(
            triggers=tuple(_sun(sun) for sun in said.suns),
            conditions=conditions,
            once=not each,
            expires_at=self._expiry(said),
            lasts_s=said.lasts_s,
        )

    def _at(self, said: SaidPhrases) -> Schedule:
        if not said.clocks and said.part is None:
            raise PlanningError(
                "offline planner: at what time of that day? say it, as in tomorrow at 8", code=INCOMPLETE
            )
        moments = tuple(self._moment(clock, said) for clock in said.clocks) or (self._part_moment(said),)
        if said.not_on:
            raise contradiction("one moment and days that are left out")
        conditions = (*(window for each in said.within for window in self._window(each)), *said.holidays)
        return Schedule(
            triggers=tuple(map(_date, moments)),
            conditions=conditions,
            once=len(moments) == 1,
            moment=moments[0] if len(moments) == 1 else None,
            lasts_s=said.lasts_s,
            ends=self._until_triggers(said, moments[0]),
        )

    def _spanned(self, said: SaidPhrases) -> Schedule:
        """Nothing but a span: it begins with the span and ends with it; or now, until then."""
        if not said.within:
            return Schedule(lasts_s=said.lasts_s, ends=self._until_triggers(said, self._now))
        span = said.within[0]
        if span.begin is None:
            raise PlanningError("offline planner: when exactly? say a time, as in at 7", code=INCOMPLETE)
        if isinstance(span.begin, AtSun):
            ends = () if span.end is None else self._bound(span.end, self._now)
            return Schedule(triggers=(_sun(span.begin),), once=True, ends=ends)
        moment = self.next(span.begin)
        ends = () if span.end is None else self._bound(span.end, moment)
        return Schedule(triggers=(_date(moment),), once=True, moment=moment, ends=ends)

    def _spanned_daily(self, said: SaidPhrases, expiry: datetime | None) -> Schedule:
        assert said.every is not None
        span = said.within[0]
        if span.begin is None:
            raise PlanningError("offline planner: at what time? say it, as in every day at 7", code=INCOMPLETE)
        triggers = self._daily(span.begin, said)
        ends = () if span.end is None else self._daily(span.end, said)
        days = (*(_weekdays(said.every.weekdays) if isinstance(span.begin, AtSun) else ()), *said.holidays)
        return Schedule(triggers=triggers, conditions=days, ends=ends, expires_at=expiry)

    def _daily(self, bound: Clock | AtSun, said: SaidPhrases) -> tuple[Trigger, ...]:
        assert said.every is not None
        return (_sun(bound),) if isinstance(bound, AtSun) else (self._time(in_part(bound, said.part), said.every),)

    # --- times --------------------------------------------------------------------------------------------------------

    def _times(self, said: SaidPhrases) -> tuple[time, ...]:
        """Give times of day of something repeated: 7 is 07:00 unless the evening is spoken of."""
        if said.clocks:
            return tuple(in_part(clock, said.part) for clock in said.clocks)
        if said.part is not None:
            return (PARTS[said.part][0],)
        raise PlanningError("offline planner: at what time? say it, as in every day at 7", code=INCOMPLETE)

    def _time(self, at: time, every: EveryDays, start: Since | None = None) -> TimeTrigger:
        text = at.strftime("%H:%M:%S" if at.second else "%H:%M")
        if every.every_days == 1:
            days = () if len(every.weekdays) == len(Weekday) else every.weekdays
            return TimeTrigger(kind="time", at=text, weekdays=days)
        first = self._on(self._now.date(), at)
        since = self._now.date() if first > self._now else self._now.date() + _DAY
        if start is not None:
            since = start.day.of(self._now)
        while every.weekdays and tuple(Weekday)[since.weekday()] not in every.weekdays:
            since += _DAY
        return TimeTrigger(kind="time", at=text, every_days=every.every_days, since=since)

    def _moment(self, clock: Clock, said: SaidPhrases) -> datetime:
        if said.part is not None:
            clock = Clock(in_part(clock, said.part))
        moment = self.next(clock, said.day)
        if moment <= self._now:
            shown = f"{moment:%H:%M} on {moment:%A, %d %B}"
            raise PlanningError(f"offline planner: {shown} has passed; say a moment that is to come", code=TIMED)
        return moment

    def next(self, clock: Clock, day: OnDay | None = None) -> datetime:
        """Give the next such moment; of 7, said at noon, the one in the evening."""
        if day is not None and not day.is_today:
            return self._on(day.of(self._now), clock.at)
        sides = [clock.at] if clock.exact else [clock.at, clock.later().at]
        coming = [self._on(self._now.date(), at) for at in sides]
        later = [moment for moment in coming if moment > self._now]
        if day is not None:
            return min(later) if later else max(coming)
        return min(later or [self._on(self._now.date() + _DAY, at) for at in sides])

    def _part_moment(self, said: SaidPhrases) -> datetime:
        assert said.part is not None
        at = Clock(PARTS[said.part][0])
        if said.day is not None and said.day.is_today and self._on(self._now.date(), at.at) <= self._now:
            raise PlanningError("offline planner: at what time? say it, as in tonight at 11", code=INCOMPLETE)
        return self.next(at, said.day)

    def _on(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self._now.tzinfo)

    def after(self, span_s: float) -> datetime:
        """Give the moment after so many seconds; not what the clocks show now and so much: they may jump on the way."""
        return datetime.fromtimestamp(self._now.timestamp() + span_s, self._now.tzinfo)

    def _bound(self, bound: Clock | AtSun, after: datetime) -> tuple[Trigger, ...]:
        if isinstance(bound, AtSun):
            return (_sun(bound),)
        return (_date(Scheduler(after).next(bound)),)

    def _until_triggers(self, said: SaidPhrases, begin: datetime) -> tuple[Trigger, ...]:
        until = said.until
        if until is None:
            return ()
        if until.sun is not None:
            return (_sun(until.sun),)
        return (_date(self._until(until, begin)),)

    def _until(self, until: Until, begin: datetime) -> datetime:
        if until.day is not None:
            clock = until.clock or Clock(time(0))
            return self._on(until.day.of(self._now), clock.at)
        assert until.clock is not None
        return Scheduler(begin).next(until.clock)

    def _expiry(self, said: SaidPhrases) -> datetime | None:
        if said.until is None or said.until.sun is not None:
            return None
        return self._until(said.until, self._now)

    # --- conditions ---------------------------------------------------------------------------------------------------

    def _around(self, said: SaidPhrases) -> tuple[str, ...]:
        found = list(self._windows(said))
        if said.every is not None:
            found += _weekdays(said.every.weekdays)
        elif said.not_on:
            found += _weekdays(days_without(tuple(Weekday), said.not_on))
        if said.day is not None:
            found.append(f'state["home.date"] == {said.day.of(self._now).strftime(_DATE)}')
        return tuple(found)

    def _windows(self, said: SaidPhrases) -> tuple[str, ...]:
        found = [window for each in said.within for window in self._window(each)]
        found += said.holidays
        if said.since is not None and (day := said.since.day.of(self._now)) > self._now.date() + _DAY:
            found.append(f'state["home.date"] >= {day.strftime(_DATE)}')
        if said.part is not None and not said.clocks and said.every is None:
            begin, end = PART_WINDOWS[said.part]
            found.append(clock_window(time(begin), time(end)))
        return tuple(found)

    @staticmethod
    def _window(span: Within) -> tuple[str, ...]:
        begin, end = span.begin, span.end
        if isinstance(begin, Clock) and isinstance(end, Clock):
            return (clock_window(begin.at, end.at),)
        found: list[str] = []
        suns = {sun.event for sun in (begin, end) if isinstance(sun, AtSun)}
        if isinstance(begin, AtSun):
            found.append(_daylight(is_day=begin.event == "sunrise"))
        elif isinstance(end, AtSun):
            found.append(_daylight(is_day=end.event == "sunset"))
        if isinstance(begin, Clock):
            found.append(clock_window(begin.at, time(0)) if suns else _from(begin.at))
        if isinstance(end, Clock):
            found.append(clock_window(_NOON if end.at.hour >= _NOON.hour or suns else time(0), end.at))
        return tuple(found)


def clock_window(begin: time, end: time) -> str:
    """Give the condition that it is between two times of day, the end excluded; over midnight if that is first."""
    after, before = f'state["home.time"] >= "{begin:%H:%M:%S}"', f'state["home.time"] < "{end:%H:%M:%S}"'
    if end == time(0):
        return after
    if begin == time(0):
        return before
    return f"{after} && {before}" if begin < end else f"({after} || {before})"


def _from(begin: time) -> str:
    return clock_window(begin, NIGHT_ENDS if begin == time(0) or begin >= _NIGHT_BEGINS else time(0))


def _weekdays(days: Iterable[Weekday]) -> tuple[str, ...]:
    chosen = tuple(days)
    if not chosen or len(chosen) == len(Weekday):
        return ()
    return (f'state["home.weekday"] in [{", ".join(f"{chr(34)}{day.value}{chr(34)}" for day in chosen)}]',)


def _by_day(every: EveryDays) -> tuple[EveryDays, ...]:
    """Give each of the days its own rhythm: ``every other monday and thursday``."""
    if every.every_days % 7 or len(every.weekdays) < 2:
        return (every,)
    return tuple(EveryDays((day,), every.every_days) for day in every.weekdays)


def _daylight(*, is_day: bool) -> str:
    return f'state["home.daylight"] == {"true" if is_day else "false"}'


def in_part(clock: Clock, part: str | None) -> time:
    """``7 in the evening`` is 19:00."""
    if part is None or clock.exact:
        return clock.at
    _, begin, end = PARTS[part]
    for at in (clock.at, clock.later().at):
        if begin <= at.hour < end or begin <= at.hour + 24 < end:
            return at
    return clock.at


def _date(moment: datetime) -> DateTrigger:
    return DateTrigger(kind="date", at=moment)


def _sun(sun: AtSun) -> SunTrigger:
    return SunTrigger(kind="sun", event=sun.event, offset_s=sun.offset_s)
