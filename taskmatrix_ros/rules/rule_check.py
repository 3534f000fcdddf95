"""What can be known to be wrong with a rule before it lives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.parameter_spec import ValueType
from taskmatrix_ros.core.rule import PART, Rule, parts_of
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import key_pattern
from taskmatrix_ros.rules.condition import parse_condition
from taskmatrix_ros.rules.condition_state import AGE, read_keys
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import moments_of

_KINDS = (20.5, "on", True, None, ["on"], {"on": 1.0}, "2026-12-24T18:00:00+01:00")
"""One value of each kind that a key may hold."""

_CLOCK_KINDS: dict[str, tuple[object, ...]] = {
    "home.time": ("07:50:00",),
    "home.date": ("2026-12-24",),
    "home.weekday": ("thu",),
    "home.holiday": ("Christmas", None),
    "home.daylight": (True, None),
}
_MOST_TRIED = 4096

_SOME_DAY = datetime(2026, 12, 24, 18, tzinfo=UTC)


def check_rule(rule: Rule, place: HomePlace) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give what is wrong: path within the rule, and one line with the remedy after a semicolon."""
    for part, trigger in parts_of(rule).items():
        try:
            moments_of(trigger, place)
        except ConfigError as error:
            yield ("triggers", part % PART, *(("of", part // PART - 1) if part >= PART else ())), error.message
    if rule.condition is None:
        return
    try:
        condition = parse_condition(rule.condition)
    except ConfigError as error:
        yield ("condition",), error.message
        return
    if condition.arg_names or condition.uses_result:
        yield ("condition",), "a condition has no args and no result; read state and now"
    elif not (condition.reads_state or condition.uses_now):
        yield ("condition",), "the condition reads neither state nor now, so it never changes; leave it out"
    elif problem := type_problem(condition):
        yield ("condition",), problem


def keys_read(rule: Rule) -> tuple[str, ...]:
    """Give the keys of state that triggers and condition read."""
    keys = [trigger.key for trigger in parts_of(rule).values() if trigger.kind in ("state", "before", "calendar")]
    if rule.condition is not None:
        keys += read_keys(parse_condition(rule.condition).state_keys)
    return tuple(dict.fromkeys(keys))


def type_problem(condition: Expression, types: Mapping[str, ValueType] | None = None) -> str | None:
    """Say why a condition can never be true or false, whatever its keys hold; None if it can.

    A text compared with a number, say, gives an error for every value that could be there.

    :param types: of keys, or templates of keys, of which it is known what they hold; any kind of value is tried else.
    """
    keys = condition.state_keys
    choices = [_kinds_of(key, types or {}) for key in keys]
    said = ""
    for values in itertools.islice(itertools.product(*choices), _MOST_TRIED):
        state = dict(zip(keys, values, strict=True))
        try:
            value = condition.evaluate(state, {}, now=_SOME_DAY)
        except ValueError as error:
            said = said or str(error)
            continue
        if isinstance(value, bool):
            return None
        said = f"it is {value!r} then, neither true nor false"
    said = said.removesuffix(".")
    return f"the condition can never be true or false: {said}; correct the comparison"


def _kinds_of(key: str, types: Mapping[str, ValueType]) -> tuple[object, ...]:
    """Give one value of each kind that a key may hold; null is one that any may."""
    if key.startswith(AGE):
        return (60.0,)
    if key in _CLOCK_KINDS:
        return _CLOCK_KINDS[key]
    known = types.get(key) or next((of for name, of in types.items() if key_pattern(name).fullmatch(key)), None)
    return _KINDS if known is None else tuple(value for value in _KINDS if _is_kind(value, known))


def _is_kind(value: object, kind: ValueType) -> bool:
    if value is None:
        return True
    match kind:
        case ValueType.NUMBER | ValueType.INTEGER:
            return isinstance(value, float)
        case ValueType.STRING:
            return isinstance(value, str)
        case ValueType.BOOLEAN:
            return isinstance(value, bool)
        case ValueType.ARRAY:
            return isinstance(value, list)
        case ValueType.OBJECT:
            return isinstance(value, dict)
