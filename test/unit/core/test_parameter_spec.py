"""A value is right or told in one line why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from taskmatrix_ros.core.parameter_spec import ParameterSpec, ReturnSpec, ValueType


def spec(**fields: Any) -> ParameterSpec:
    return ParameterSpec.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "right", "wrong"),
    [
        ({"type": "string"}, ["", "x"], [5, True, ["x"], None]),
        ({"type": "string", "enum": ["on", "off"]}, ["on"], ["On", "", 1]),
        ({"type": "number"}, [1, 1.5, -0.0, float("inf")], ["1", True, float("nan"), None]),
        ({"type": "number", "minimum": 16, "maximum": 30}, [16, 30, 22.5], [15.99, 30.01, float("inf")]),
        ({"type": "number", "minimum": 0}, [0, 1e9], [-1e-9]),
        ({"type": "integer", "maximum": 3}, [3, -7], [3.0, 4, True, "3"]),
        ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
        ({"type": "array", "items": {"type": "integer"}}, [[], [1, 2], (1,)], [[1, "x"], "12", {"a": 1}]),
        (
            {"type": "object", "properties": {"x": {"type": "number"}}},
            [{"x": 1}, {"x": 1, "y": 2}],
            [{}, {"x": "1"}, []],
        ),
        ({"type": "string", "required": False}, ["x", None], [1]),
        ({"type": "string", "default": "x"}, ["y", None], [1]),
    ],
)
def test_problem(fields: dict[str, Any], right: list[Any], wrong: list[Any]) -> None:
    checked = spec(**fields)
    for value in right:
        assert checked.problem(value) is None, value
    for value in wrong:
        problem = checked.problem(value)
        assert problem, value
        assert "\n" not in problem


def test_problems_say_what_is_allowed() -> None:
    assert spec(type="number", minimum=0, maximum=100, unit="%").problem(140) == "140 is outside 0..100 %"
    assert spec(type="number", minimum=0.5).problem(0) == "0 is outside 0.5.."
    assert spec(type="string", enum=["a", "b"]).problem("c") == "'c' is none of a, b"
    assert spec(type="array", items={"type": "string"}).problem(["a", 5]) == "[1] 5 is not a string"
    nested = spec(type="object", properties={"p": {"type": "object", "properties": {"x": {"type": "integer"}}}})
    assert nested.problem({"p": {"x": 0.5}}) == ".p .x 0.5 is not a integer"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"type": "string", "minimum": 1}, "minimum and maximum go with number"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "minimum 2 is above maximum 1"),
        ({"type": "number", "default": 5, "maximum": 4}, "default 5 is outside"),
        ({"type": "string", "default": "x", "required": True}, "is not required"),
        ({"type": "string", "enum": ["a", 1]}, "enum value 1 is not a string"),
        ({"type": "boolean", "default": "yes"}, "default 'yes' is not a boolean"),
        ({"type": "text"}, "type"),
        ({"type": "string", "maxlength": 4}, "maxlength"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        spec(**fields)


def test_what_has_a_default_is_not_required() -> None:
    assert spec(type="string").required
    assert not spec(type="string", default="x").required
    assert not spec(type="boolean", default=False).required
    assert not spec(type="string", required=False).required
    assert not ReturnSpec(type=ValueType.STRING).required
    assert ReturnSpec(type=ValueType.STRING).problem(None) is None


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_SPECS = st.sampled_from(
    [
        spec(type="string"),
        spec(type="string", enum=["a", "b"], required=False),
        spec(type="number", minimum=0, maximum=1),
        spec(type="integer", minimum=-3),
        spec(type="boolean"),
        spec(type="array", items={"type": "array", "items": {"type": "number"}}),
        spec(type="object", properties={"a": {"type": "integer"}, "": {"type": "string", "required": False}}),
    ]
)


@given(_SPECS, _ANYTHING)
def test_any_value_is_right_or_told_why_not(checked: ParameterSpec, value: Any) -> None:
    problem = checked.problem(value)
    assert problem is None or (problem and "\n" not in problem)
    if problem is None and value is not None:
        python_types = {
            ValueType.STRING: str,
            ValueType.NUMBER: (int, float),
            ValueType.INTEGER: int,
            ValueType.BOOLEAN: bool,
            ValueType.ARRAY: list,
            ValueType.OBJECT: dict,
        }
        assert isinstance(value, python_types[checked.type])
        if checked.minimum is not None:
            assert value >= checked.minimum
