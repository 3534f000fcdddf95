"""The rules that a plan would make, told back: in words, as YAML, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from taskmatrix_ros.app.rules.rule_reader import write_rule
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.rule import Rule
from taskmatrix_ros.planner.timed.rule_words import rule_words

_HOLDS = {"rule_add": "rule", "rule_change": "new"}
"""API -> the argument that holds a whole rule."""


def told_rules(calls: Iterable[Call], zone: str) -> list[dict[str, Any]]:
    """Give ``words``, ``yaml`` and ``rule`` of every rule that calls would make or change.

    :param zone: the home's, by its IANA name.
    """
    return [
        {"words": rule_words(rule, zone), "yaml": write_rule(rule), "rule": rule.to_plain()} for rule in _rules(calls)
    ]


def _rules(calls: Iterable[Call]) -> Iterator[Rule]:
    for call in calls:
        given = call.arguments.get(_HOLDS.get(call.api, ""))
        if isinstance(given, Mapping):
            try:
                yield Rule.model_validate(given)
            except ValidationError:
                continue  # whoever makes it of this call is told what is wrong with it
