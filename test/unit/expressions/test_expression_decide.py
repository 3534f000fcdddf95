"""What can be said of an expression where some of the state is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from taskmatrix_ros.expressions.expression import Expression

NOW = datetime(2026, 1, 2, tzinfo=UTC)
BRIGHT = 'args.pct == null || state["light." + args.light + ".pct"] == args.pct'


@pytest.mark.parametrize(
    ("source", "known", "args", "verdict"),
    [
        ('state["a.b"] == "on"', {"a.b": "on"}, {}, True),
        ('state["a.b"] == "on"', {"a.b": "off"}, {}, False),
        ('state["a.b"] == "on"', {"a.b": None}, {}, False),
        ('state["a.b"] == "on"', {}, {}, None),
        ('state["a.b"] == null', {}, {}, None),
        ('state["a.b"] == null', {"a.b": None}, {}, True),
        ('state["a.b"] != "on"', {}, {}, None),
        ('"x" in state["a.b"]', {}, {}, None),
        ('"x" in state["a.b"]', {"a.b": None}, {}, False),
        ('state["a.b"] == "on" || state["c.d"] == 1', {"c.d": 1}, {}, True),
        ('state["a.b"] == "on" || state["c.d"] == 1', {"c.d": 2}, {}, None),
        ('state["a.b"] == "on" && state["c.d"] == 1', {"c.d": 2}, {}, False),
        (BRIGHT, {}, {"light": "hall"}, True),
        (BRIGHT, {}, {"light": "hall", "pct": 5}, None),
        (BRIGHT, {"light.hall.pct": 5.0}, {"light": "hall", "pct": 5}, True),
        (BRIGHT, {"light.hall.pct": 4.0}, {"light": "hall", "pct": 5}, False),
        ("args.a == 1", {}, {"a": 1}, True),
        ("result.ok == true", {}, {}, False),
    ],
)
def test_it_says_only_what_holds_whatever_is_absent(
    source: str, known: dict[str, Any], args: dict[str, Any], verdict: bool | None
) -> None:
    found, evidence = Expression.parse(source).decide(known, args, now=NOW)
    assert found is verdict
    assert source in evidence
