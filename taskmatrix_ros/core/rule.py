"""A rule: what a person said once, to be done whenever its moment comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeAlias

from pydantic import Field, StringConstraints, field_validator, model_validator

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.instruction import MAX_TEXT
from taskmatrix_ros.core.plain_enum import PlainEnum

FIRING = "rule:"
"""Begins the id of every firing, which is the ``request_id`` of its run."""

MAX_SPAN_S = 366 * 86400.0
"""Seconds of the longest offset, delay or interval."""

RuleId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
StateKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", max_length=200)]
Span = Annotated[float, Field(ge=0, le=MAX_SPAN_S, allow_inf_nan=False)]
Scalar = str | bool | float
"""A value of state that a trigger may wait for."""


class RunMode(StrEnum):
    """What happens to a firing while a run of the same rule goes on."""

    SINGLE = "single"
    RESTART = "restart"
    QUEUED = "queued"
    PARALLEL = "parallel"


class Missed(StrEnum):
    """What happens to a moment that passed while nobody could act on it; ``ask``: a person decides."""

    RUN = "run"
    SKIP = "skip"
    ASK = "ask"


class Weekday(StrEnum):
    """In the order of ``datetime.weekday``."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class TimeTrigger(Frozen):
    """A time of day in the home's zone, ``07:00`` or ``07:00:30``, on some weekdays or on all.

    ``every_days``: only on every so many days, counted from the day ``since``; from a Monday in 1970 if left out.
    """

    kind: Literal["time"]
    at: str
    weekdays: tuple[Weekday, ...] = ()
    every_days: int = Field(default=1, ge=1, le=366)
    since: date | None = None

    @field_validator("at")
    @classmethod
    def _is_time(cls, text: str) -> str:
        parse_time(text)
        return text

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if self.every_days > 1 and self.weekdays:
            raise ValueError("every_days does not go with weekdays; give the first such day in since")
        return self


class DateTrigger(Frozen):
    """One moment, ``2026-12-24T18:00``; without an offset it is in the home's zone."""

    kind: Literal["date"]
    at: datetime


class CronTrigger(Frozen):
    """Five fields of cron, or six with seconds first, in the home's zone."""

    kind: Literal["cron"]
    expression: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class IntervalTrigger(Frozen):
    """Every ``every_s`` seconds, counted from ``since_at``; from 1970 if left out, so at whole minutes or hours."""

    kind: Literal["interval"]
    every_s: float = Field(ge=1, le=MAX_SPAN_S, allow_inf_nan=False)
    since_at: datetime | None = None


class SunTrigger(Frozen):
    """Sunrise or sunset where the home is, ``offset_s`` seconds later; negative is earlier."""

    kind: Literal["sun"]
    event: Literal["sunrise", "sunset"]
    offset_s: float = Field(default=0.0, ge=-43200, le=43200, allow_inf_nan=False)


class StateTrigger(Frozen):
    """A value of state changes; all that is given must fit.

    ``from`` and ``to``: the value before and after, one or several; ``above`` and ``below``: the value crosses into the
    range, bounds excluded, and must leave it before it can again. ``for_s``: seconds it must stay so. A key that
    becomes unknown has not changed: the next value is compared with the last that was known.
    """

    kind: Literal["state"]
    key: StateKey
    from_: tuple[Scalar, ...] | None = Field(default=None, alias="from")
    to: tuple[Scalar, ...] | None = None
    above: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    for_s: Span = 0.0

    @field_validator("from_", "to", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        if isinstance(given, str | bool | int | float):
            return (given,)
        return tuple(given) if isinstance(given, list) else given

    @model_validator(mode="after")
    def _range_or_values(self) -> Self:
        bounded = self.above is not None or self.below is not None
        if bounded and (self.from_ is not None or self.to is not None):
            raise ValueError("above and below do not go with from and to; write two triggers, or a condition")
        if self.above is not None and self.below is not None and self.above >= self.below:
            raise ValueError(f"above {self.above:g} and below {self.below:g} leave no value between them")
        return self

    def holds(self, value: Any) -> bool:
        """Whether a value is where this trigger wants it; every value is where no place is named."""
        if self.above is not None or self.below is not None:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return (self.above is None or value > self.above) and (self.below is None or value < self.below)
        return self.to is None or is_one_of(value, self.to)

    def fires(self, old: Any, new: Any) -> bool:
        """Whether the change from ``old``, None where it is not known, to ``new`` is the one waited for."""
        if is_same(old, new) or not self.holds(new):
            return False
        if self.above is not None or self.below is not None:
            return not self.holds(old)
        if self.from_ is not None:
            return is_one_of(old, self.from_)
        return old is not None or self.to is not None


class EventTrigger(Frozen):
    """Something happened: an event of that kind whose data hold at least ``data``."""

    kind: Literal["event"]
    event: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    data: dict[str, Scalar] = Field(default_factory=dict)


class BeforeTrigger(Frozen):
    """``offset_s`` seconds ahead of a moment that is foretold in state, such as ``user.departure_at``.

    When the moment is moved, so is the trigger. ``too_late``: what happens when it becomes known, or is moved, so late
    that less than the offset is left.
    """

    kind: Literal["before"]
    key: StateKey
    offset_s: Span
    too_late: Missed = Missed.RUN


class CalendarTrigger(Frozen):
    """The start or end of a calendar's entries, ``offset_s`` seconds later; negative is earlier.

    ``key``: state that lists the entries to come, each with ``starts_at``, ``ends_at`` and ``title``, as
    ``calendar_events`` gives them. ``matching``: only entries whose title contains it, whatever the case.
    """

    kind: Literal["calendar"]
    key: StateKey = "calendar.entries"
    event: Literal["start", "end"] = "start"
    offset_s: float = Field(default=0.0, ge=-MAX_SPAN_S, le=MAX_SPAN_S, allow_inf_nan=False)
    matching: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


_Basic: TypeAlias = (
    TimeTrigger
    | DateTrigger
    | CronTrigger
    | IntervalTrigger
    | SunTrigger
    | StateTrigger
    | EventTrigger
    | BeforeTrigger
    | CalendarTrigger
)
BasicTrigger = Annotated[_Basic, Field(discriminator="kind")]


class CombinedTrigger(Frozen):
    """Several triggers as one: any of them, all of them in any order, or one after the other, within ``within_s``."""

    kind: Literal["any", "all", "sequence"]
    of: tuple[BasicTrigger, ...] = Field(min_length=2, max_length=20)
    within_s: Annotated[float, Field(gt=0, le=MAX_SPAN_S, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _within_a_time(self) -> Self:
        if (self.within_s is None) != (self.kind == "any"):
            raise ValueError("all and sequence want within_s, the seconds in which all must happen; any has none")
        return self


Trigger = Annotated[_Basic | CombinedTrigger, Field(discriminator="kind")]


class RuleAction(Frozen):
    """What is done: action code, verified when the rule is saved and again each time, or words planned at that time."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=20_000)] | None = None
    instruction: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)] | None = (
        None
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.code is None) == (self.instruction is None):
            raise ValueError("an action is either code or an instruction; give one of them")
        return self


class Rule(Frozen):
    """What starts it, on which condition, what is done, and how often at most.

    ``text``: the person's own words. ``condition``: CEL over ``state`` and ``now``, asked when a trigger fires.
    ``bound``: firings that wait (queued) or run at once (parallel). ``missed`` and ``missed_within_s``: what happens to
    a moment that passed while the node was away, and how many seconds late it may still run; left out, it is run, or
    asked about where the code is hazardous. ``most_per_minute``: firings in a minute, beyond which it is a storm and
    they are dropped. ``priority``: of rules that would set one thing differently at one moment, the highest has its
    way. ``once``: switched off after its first firing. ``speaker``: whose rights it has.
    """

    id: RuleId
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT)] = ""
    triggers: tuple[Trigger, ...] = Field(max_length=50)
    condition: Annotated[str, StringConstraints(min_length=1, max_length=4000)] | None = None
    action: RuleAction
    mode: RunMode = RunMode.SINGLE
    bound: int = Field(default=10, ge=1, le=10_000)
    missed: Missed | None = None
    missed_within_s: Span = 600.0
    cooldown_s: Span = 0.0
    most_per_minute: int = Field(default=20_000, ge=1, le=1_000_000)
    priority: int = Field(default=0, ge=-128, le=127)
    speaker: str = ""
    enabled: bool = True
    once: bool = False
    expires_at: datetime | None = None

    @model_validator(mode="after")
    def _has_a_trigger(self) -> Self:
        if not self.triggers:
            raise ValueError("a rule without triggers never starts; give it one")
        return self

    def to_plain(self) -> dict[str, Any]:
        """Give JSON-like values without what is left at its default: what files and calls hold."""
        plain = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        plain["triggers"] = [
            {"kind": trigger.kind} | trigger.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for trigger in self.triggers
        ]
        return plain

    @property
    def words(self) -> str:
        """What a person calls it."""
        return self.text or (self.action.instruction or f"rule {self.id}")


PART = 64
"""Distance of the numbers of triggers within one; a rule's own have those below."""


def parts_of(rule: Rule) -> dict[int, Any]:
    """Give a rule's basic triggers by number: those of a combined one have numbers of their own."""
    parts: dict[int, Any] = {}
    for index, trigger in enumerate(rule.triggers):
        if isinstance(trigger, CombinedTrigger):
            parts |= {index + PART * (inner + 1): part for inner, part in enumerate(trigger.of)}
        else:
            parts[index] = trigger
    return parts


class FiringState(PlainEnum):
    """How far a firing is; ``asked``: a person is asked whether it is still to be done."""

    ASKED = "asked"

    QUEUED = "queued"
    RUNNING = "running"


class Firing(Frozen):
    """A trigger that fired and passed every test: one run. Its id is the run's ``request_id``.

    ``sequence`` orders those of one rule.

    ``at``: the moment the trigger was for; ``depth``: how many rules before this one led to it, one through the other;
    ``resumed``: an earlier life may have begun its run.
    """

    firing_id: str
    rule_id: str
    sequence: int
    trigger: int
    at: datetime
    why: str
    state: FiringState = FiringState.RUNNING
    depth: int = 0
    resumed: bool = False


class Verdict(PlainEnum):
    """What became of a trigger that fired."""

    FIRED = "fired"
    BLOCKED = "blocked"
    DROPPED = "dropped"
    MISSED = "missed"
    ENDED = "ended"
    NOTED = "noted"


class Trace(Frozen):
    """One line of a rule's story: when, what, why; ``trigger`` -1 where none is concerned."""

    rule_id: str
    at: datetime
    verdict: Verdict
    why: str
    trigger: int = -1
    firing_id: str = ""


class Told(NamedTuple):
    """A ``Trace`` that was told and need not be one yet: of many that are told only the latest are kept."""

    rule_id: str
    at: datetime
    verdict: Verdict
    why: str
    trigger: int
    firing_id: str

    def trace(self) -> Trace:
        """Make it one."""
        return _TRACE.but(**self._asdict())


_TRACE = Trace(rule_id="", at=datetime.min.replace(tzinfo=UTC), verdict=Verdict.NOTED, why="")


def parse_time(text: str) -> time:
    """Read a time of day.

    :raises ValueError: not HH:MM or HH:MM:SS of a day.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(len(part) == 2 and part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} is no time of day; write HH:MM or HH:MM:SS, as in 07:00")
    try:
        hour, minute, second = (int(part) for part in (*parts, "0")[:3])
        return time(hour, minute, second)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of day; hours go to 23, minutes and seconds to 59") from error


def firing_id_of(rule_id: str, trigger: int, at: datetime, sequence: int) -> str:
    """Give the id of a firing: the same again after a crash, another for every firing of the rule."""
    return f"{FIRING}{rule_id}:{trigger}:{as_utc(at).isoformat()}:{sequence}"


def rule_of_firing(firing_id: str) -> str:
    """Give the id of the rule that a firing's id names; empty where it is no such id."""
    return firing_id.removeprefix(FIRING).partition(":")[0] if firing_id.startswith(FIRING) else ""


def as_utc(moment: datetime) -> datetime:
    """Give an aware moment in UTC."""
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def is_same(one: Any, other: Any) -> bool:
    """Whether two values of state are the same: 1 is 1.0, but true is not 1."""
    if type(one) is type(other):
        return bool(one == other)
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def is_one_of(value: Any, values: tuple[Any, ...]) -> bool:
    """Whether a value of state is among those."""
    return any(is_same(value, candidate) for candidate in values)
