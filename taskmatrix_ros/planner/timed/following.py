"""Of two moments that were said together the one said last comes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.expansion import Statement
from taskmatrix_ros.planner.timed.time_phrase import Delay
from taskmatrix_ros.planner.timed.time_phrases import TimePhrases

_DAY = timedelta(days=1)


def following(one: Sequence[Statement], other: Sequence[Statement]) -> tuple[Statement, ...]:
    """Give the other a day later where it would come before: said at nine, ``on at 6 pm and off at 11`` is tomorrow."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None or not first - _DAY < second <= first:
        return tuple(other)
    return (_moved(other[0], second + _DAY),)


def later_than(said: Sequence[str]) -> bool:
    """Whether a part says how long after the one before it: ``10 minutes later``."""
    phrases, _ = TimePhrases(said).trailing()
    return said[-1:] == ("later",) and len(phrases) == 1 and isinstance(phrases[0], Delay)


def after(one: Sequence[Statement], other: Sequence[Statement], now: datetime) -> tuple[Statement, ...]:
    """Count the other's delay from the first's moment instead of from now, where both have one moment."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None:
        return tuple(other)
    return (_moved(other[0], first + (second - now)),)


def _moved(statement: Statement, moment: datetime) -> Statement:
    rule: dict[str, Any] = statement.arguments["rule"]
    moved = {**rule, "triggers": [{**rule["triggers"][0], "at": moment.isoformat()}]}
    return replace(statement, arguments={"rule": moved}, source=call_source("rule_add", {"rule": moved}))


def _moment(statements: Sequence[Statement]) -> datetime | None:
    """Give the one moment at which the one rule that is added starts once."""
    if len(statements) != 1 or statements[0].api != "rule_add":
        return None
    triggers = statements[0].arguments["rule"].get("triggers", [])
    if len(triggers) != 1 or triggers[0].get("kind") != "date":
        return None
    return datetime.fromisoformat(str(triggers[0]["at"]))
