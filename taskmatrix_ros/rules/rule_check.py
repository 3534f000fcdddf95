"""What can be known to be wrong with a rule before it lives."""

from __future__ import annotations

from collections.abc import Iterator

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.rules.home_place import HomePlace
from taskmatrix_ros.rules.moments import moments_of


def check_rule(rule: Rule, place: HomePlace) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give what is wrong: path within the rule, and one line with the remedy after a semicolon."""
    for index, trigger in enumerate(rule.triggers):
        try:
            moments_of(trigger, place)
        except ConfigError as error:
            yield ("triggers", index), error.message
    if rule.condition is None:
        return
    try:
        condition = Expression.parse(rule.condition)
    except ConfigError as error:
        yield ("condition",), error.message
        return
    if condition.arg_names or condition.uses_result:
        yield ("condition",), "a condition has no args and no result; read state and now"
    elif not (condition.reads_state or condition.uses_now):
        yield ("condition",), "the condition reads neither state nor now, so it never changes; leave it out"


def keys_read(rule: Rule) -> tuple[str, ...]:
    """Give the keys of state that triggers and condition read."""
    keys = [trigger.key for trigger in rule.triggers if trigger.kind in ("state", "before")]
    if rule.condition is not None:
        keys += Expression.parse(rule.condition).state_keys
    return tuple(dict.fromkeys(keys))
