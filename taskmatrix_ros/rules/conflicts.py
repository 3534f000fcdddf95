"""Whether two rules may set one thing differently at the same moment: told when the second is saved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.core.rule import BeforeTrigger, CalendarTrigger, EventTrigger, Rule, StateTrigger, is_same, parts_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.tokens import TokenKind, tokenize
from taskmatrix_ros.rules.condition import parse_condition
from taskmatrix_ros.rules.condition_state import AGE
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import moments_of

MOST_WORLDS = 5000
"""Worlds in which two conditions are tried together."""

_MOMENTS = 300
"""Of triggers of time that are compared, one after the other."""

_OTHER = "something else"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SOME_TIMES = ("00:00:00", "06:00:00", "12:00:00", "18:00:00", "23:59:59")


@dataclass(frozen=True, slots=True)
class Conflict:
    """``winner``: whose way it goes when both fire at one moment, by priority, then by id."""

    key: str
    one: str
    other: str
    values: tuple[Any, Any]
    example: str
    winner: str

    def __str__(self) -> str:
        """Say it in one line."""
        mine, others = self.values
        return (
            f"rule {self.one} sets {self.key} to {mine!r}, rule {self.other} sets it to {others!r}, and both may fire"
            f" at one moment, as with {self.example}; {self.winner} has its way then"
        )


def conflict_of(
    one: Rule, sets: Mapping[str, Any], other: Rule, others: Mapping[str, Any], now: datetime, place: HomePlace
) -> Conflict | None:
    """Look for a moment at which both fire and set one key of state differently.

    :param sets: what the first one's code sets for certain; ``others``: the second one's.
    """
    different = [key for key in sets if key in others and not is_same(sets[key], others[key])]
    if not different:
        return None
    for mine, theirs in itertools.product(parts_of(one).values(), parts_of(other).values()):
        for given in _meetings(mine, theirs, one, other, now, place):
            example = _both_hold(one, other, given, now)
            if example is not None:
                key = different[0]
                values = (sets[key], others[key])
                return Conflict(key, one.id, other.id, values, example, min(one, other, key=rank).id)
    return None


def rank(rule: Rule) -> tuple[int, str]:
    """Give a rule's place among those that fire at one moment: the first has its way."""
    return -rule.priority, rule.id


def _meetings(
    mine: Any, theirs: Any, one: Rule, other: Rule, now: datetime, place: HomePlace
) -> Iterator[Mapping[str, Any]]:
    """Give what the world is when both triggers fire at one moment; nothing where they never do."""
    if isinstance(mine, StateTrigger) and isinstance(theirs, StateTrigger) and mine.key == theirs.key:
        values = _candidates(mine, theirs)
        olds = (None, *values)
        for old, new in itertools.product(olds, values):
            if mine.fires(old, new) and theirs.fires(old, new):
                yield {mine.key: new}
    elif isinstance(mine, EventTrigger) and isinstance(theirs, EventTrigger) and mine.event == theirs.event:
        if all(is_same(theirs.data.get(name, value), value) for name, value in mine.data.items()):
            yield {}
    elif isinstance(mine, BeforeTrigger | CalendarTrigger) and isinstance(theirs, BeforeTrigger | CalendarTrigger):
        if mine.key == theirs.key and mine.kind == theirs.kind and mine.offset_s == theirs.offset_s:
            yield {}
    elif isinstance(mine, StateTrigger | EventTrigger) and isinstance(theirs, StateTrigger | EventTrigger):
        # Of different things: they meet by chance. Where both look at the same things, that chance is told.
        if _shared_keys(one, other):
            yield from _with_values((mine, theirs))
    elif _same_moment(mine, theirs, now, place):
        yield {}


def _candidates(*triggers: StateTrigger) -> list[Any]:
    """Give values around everything that triggers name."""
    values: list[Any] = []
    for trigger in triggers:
        for bound in (trigger.above, trigger.below):
            if bound is not None:
                values += [bound + 1.0, bound - 1.0, bound]
                values += [math.nextafter(bound, math.inf), math.nextafter(bound, -math.inf)]
        values += [*(trigger.to or ()), *(trigger.from_ or ())]
    known: list[Any] = []
    for value in (*values, _OTHER):
        if not any(is_same(value, other) for other in known):
            known.append(value)
    return known


def _with_values(triggers: Sequence[StateTrigger | EventTrigger]) -> Iterator[Mapping[str, Any]]:
    choices = [
        [(trigger.key, value) for value in _candidates(trigger) if trigger.holds(value)]
        for trigger in triggers
        if isinstance(trigger, StateTrigger)
    ]
    for chosen in itertools.product(*choices):
        yield dict(chosen)


def _same_moment(mine: Any, theirs: Any, now: datetime, place: HomePlace) -> bool:
    """Whether two triggers of time come to one moment, among the next of each."""
    one, other = moments_of(mine, place), moments_of(theirs, place)
    if one is None or other is None:
        return False
    at, their_at = one(now), other(now)
    for _ in range(2 * _MOMENTS):
        if at is None or their_at is None:
            return False
        if abs(at - their_at) < timedelta(seconds=1):
            return True
        if at < their_at:
            at = one(at)
        else:
            their_at = other(their_at)
    return False


def _shared_keys(one: Rule, other: Rule) -> bool:
    keys = [set(parse_condition(rule.condition).state_keys) if rule.condition else set() for rule in (one, other)]
    return bool(keys[0] & keys[1])


def _both_hold(one: Rule, other: Rule, given: Mapping[str, Any], now: datetime) -> str | None:
    """Find a world in which both conditions hold. :returns: it in words; None where there is none among those tried."""
    conditions = [parse_condition(rule.condition) for rule in (one, other) if rule.condition]
    for world in itertools.islice(_worlds(conditions, given), MOST_WORLDS):
        if all(condition.holds(world, {}, now=now)[0] for condition in conditions):
            shown = [f"{key} {value!r}" for key, value in sorted(world.items()) if value is not None]
            return ", ".join(shown) or "any state"
    return None


def _worlds(conditions: Sequence[Expression], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give worlds made of the values that conditions compare with, and of values around them."""
    keys = dict.fromkeys(key for condition in conditions for key in condition.state_keys if key not in given)
    named = [*_constants(conditions)]
    for values in itertools.product(*(_values_of(key, named) for key in keys)):
        yield {**given, **dict(zip(keys, values, strict=True))}


def _values_of(key: str, named: Sequence[Any]) -> list[Any]:
    numbers = [value for value in named if isinstance(value, float)]
    texts = [value for value in named if isinstance(value, str)]
    around = [near for number in numbers for near in (number, number - 0.5, number + 0.5)]
    if key == "home.weekday":
        return list(_DAYS)
    if key == "home.time":
        return sorted({*(text for text in texts if text.count(":") == 2), *_SOME_TIMES})
    if key.startswith(AGE):
        return [value for value in (*around, 0.0, 1e9) if value >= 0]
    return [*around, *texts, True, False, None, 0.0]


def _constants(conditions: Iterable[Expression]) -> Iterator[Any]:
    seen: set[Any] = set()
    for condition in conditions:
        negative = False
        for token in tokenize(condition.source):
            value: Any = None
            if token.kind in (TokenKind.FLOAT, TokenKind.INTEGER):
                value = float(token.text.rstrip("uU")) * (-1.0 if negative else 1.0)
            elif token.kind is TokenKind.STRING:
                value = token.text.strip("\"'")
            negative = token.is_operator("-")
            if value is not None and value not in seen and value not in condition.state_keys:
                seen.add(value)
                yield value
