"""What must hold after a call follows from what it sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.expression import Expression

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def document(**fields: Any) -> ApiDocument:
    return ApiDocument.model_validate(
        {
            "name": "light_on",
            "description": "Turn on a light.",
            "binding": {"kind": "mqtt", "topic": "light/{light}/set", "payload": "on"},
            **fields,
        }
    )


def holds(expression: str, state: dict[str, Any], args: dict[str, Any]) -> bool:
    return Expression.parse(expression).holds(state, args, now=NOW)[0]


def test_written_ones_are_kept() -> None:
    assert ensures_of(document(ensures=["true"], sets={"a.b": "1"})) == ("true",)


def test_derived_from_sets() -> None:
    (expression,) = ensures_of(document(sets={"light.{light}.state": '"on"'}))
    assert expression == 'state["light." + string(args.light) + ".state"] == "on"'
    assert holds(expression, {"light.hall.state": "on"}, {"light": "hall"})
    assert not holds(expression, {"light.hall.state": "off"}, {"light": "hall"})
    assert not holds(expression, {}, {"light": "hall"})


def test_tolerance() -> None:
    (expression,) = ensures_of(document(sets={"ac.temperature_c": "args.t_c + 1"}, tolerance={"ac.temperature_c": 0.5}))
    assert expression == 'math.abs(state["ac.temperature_c"] - (args.t_c + 1)) <= 0.5'
    assert holds(expression, {"ac.temperature_c": 23.5}, {"t_c": 22})
    assert not holds(expression, {"ac.temperature_c": 23.6}, {"t_c": 22})
    assert not holds(expression, {}, {"t_c": 22})


def test_a_comment_swallows_nothing() -> None:
    (expression,) = ensures_of(document(sets={"a.b": "args.x + 1 // one more"}))
    assert holds(expression, {"a.b": 3}, {"x": 2})
    assert not holds(expression, {"a.b": 2}, {"x": 2})


def test_a_value_that_is_a_choice_is_wrapped() -> None:
    (expression,) = ensures_of(document(sets={"a.b": 'args.x ? "on" : "off"'}))
    assert holds(expression, {"a.b": "off"}, {"x": False})


def test_what_depends_on_state_or_now_is_left_out() -> None:
    assert ensures_of(document(sets={"a.b": 'state["a.b"] + 1', "a.c": "now", "a.d": "null"})) == (
        'state["a.d"] == null',
    )


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(ConfigError):
        ensures_of(document(sets={"a.b": "on off"}))
