"""Of two moments that were said together the one said last comes last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from taskmatrix_ros.planner.code.code_writer import call_source
from taskmatrix_ros.planner.grammar.expansion import Statement

_DAY = timedelta(days=1)


def following(one: Sequence[Statement], other: Sequence[Statement]) -> tuple[Statement, ...]:
    """Give the other a day later where it would come before: said at nine, ``on at 6 pm and off at 11`` is tomorrow."""
    first, second = _moment(one), _moment(other)
    if first is None or second is None or not first - _DAY < second <= first:
        return tuple(other)
    rule: dict[str, Any] = other[0].arguments["rule"]
    moved = {**rule, "triggers": [{**rule["triggers"][0], "at": (second + _DAY).isoformat()}]}
    return (replace(other[0], arguments={"rule": moved}, source=call_source("rule_add", {"rule": moved})),)


def _moment(statements: Sequence[Statement]) -> datetime | None:
    """Give the one moment at which the one rule that is added starts once."""
    if len(statements) != 1 or statements[0].api != "rule_add":
        return None
    triggers = statements[0].arguments["rule"].get("triggers", [])
    if len(triggers) != 1 or triggers[0].get("kind") != "date":
        return None
    return datetime.fromisoformat(str(triggers[0]["at"]))
