"""Expressions: doubles everywhere, missing is null, errors are evidence."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.expressions.expression import MAX_LENGTH, Expression

NOW = datetime(2026, 3, 1, 6, 30, 15, 250_000, tzinfo=UTC)  # a Sunday
STATE = {
    "robot.holding": "cup",
    "ac.living.temperature_c": 22,
    "light.kitchen.state": "on",
    "robot.near": ["coke", "apple"],
    "robot.pose": {"x_m": 1, "path": [[0, 1], [2, 3]]},
}
ARGS = {"object": "coke", "count": 2, "light": "kitchen", "flag": True}


def value(source: str, result: Any = None) -> Any:
    return Expression.parse(source).evaluate(STATE, ARGS, result=result, now=NOW)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("2.5 - 5", -2.5),
        ("5 / 2", 2.5),
        ("0x10 + 5u", 21.0),
        ("7 == 7.0 && 7 in [7.0]", True),
        ('state["ac.living.temperature_c"] + 0.5 > 22', True),
        ('state["ac.living.temperature_c"] - args.count', 20.0),
        ('state["x.y"] == null', True),
        ("args.nobody == null", True),
        ('args["count"] + 1', 3.0),
        ('state["light." + args.light + ".state"]', "on"),
        ('state["light." + args.nobody + ".state"] == null', True),
        ('state["robot.near"][1]', "apple"),
        ('state["robot.near"][args.count - 1]', "apple"),
        ('state["robot.pose"].path[1][0]', 2.0),
        ('state["robot.pose"]["x_m"]', 1.0),
        ('size(state["robot.near"]) + 0.5', 2.5),
        ('state["robot.near"].size() == 2', True),
        ('"héé".size()', 3.0),
        ("int(2.9) + int(-2.9) + 0.5", 0.5),
        ('int("12") / 5', 2.4),
        ("[1, 2, 3].map(x, x * 2)", [2.0, 4.0, 6.0]),
        ("[1, 2, 3].filter(x, x > 1).size()", 2.0),
        ('state["robot.near"].exists(o, o == args.object)', True),
        ("has(args.object) && !has(args.nobody)", True),
        ("has(result.x_m) && !has(result.y_m)", True),
        ("result.x_m * 2", 6.0),
        ("mod(7, 4)", 3.0),
        ('string(5) + string(2.5) + string(true) + string("x")', "52.5truex"),
        ("math.abs(-3) + min(1, 2) + math.floor(2.5)", 6.0),
        ('"abcdef".substring(1, 3)', "bc"),
        ('"a,b".split(",")[0]', "a"),
        ("now.getHours() * 60 + now.getMinutes()", 390.0),
        ('now.getHours("Europe/Berlin")', 7.0),
        ("now.getDayOfWeek()", 0.0),
        ("now.getMonth() + now.getDate()", 3.0),
        ('duration("90m").getHours()', 1.0),
        ('now + duration("1h") > timestamp("2026-03-01T07:00:00Z")', True),
        ('args.flag ? "yes" : "no"', "yes"),
        ('(state["a.b"] == null ? [] : state["a.b"]) + [args.object]', ["coke"]),
        ('// 5 is not 6\n"// 5" + "\\n" // state', "// 5\n"),
        (r"""r"\d" + '''a"b'''""", '\\da"b'),
        ('{"a": 1}.a + {"b": 2}["b"]', 3.0),
    ],
)
def test_value(source: str, expected: Any) -> None:
    got = value(source, result={"x_m": 3})
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("source", "column", "problem"),
    [
        ("state", 1, 'write state["entity.attribute"]'),
        ("1 + state.a", 5, 'write state["entity.attribute"]'),
        ("args", 1, "write args.name"),
        ("args[args.x]", 1, "write args.name"),
        ("foo == 1", 1, "unknown name 'foo'"),
        ("reslt.x", 1, "did you mean 'result', a text needs quotes"),
        ("siz([1])", 1, "did you mean 'size'"),
        ("5 % 2", 3, "mod(a, b)"),
        ('state[state["a.b"]]', 7, "texts and args only"),
        ("[1].all(state, true)", 9, "cannot be the name"),
        ("[1].map(1)", 5, "list.map(name, expression)"),
        ("x @", 3, "'@'"),
        ("(1", 3, "missing ')' at the end"),
        ("a b", 3, "extraneous input 'b'"),
        ('has(state["a.b"])', 10, 'state["entity.attribute"] != null'),
        ("math.foo(1)", 1, "unknown function 'math.foo'"),
    ],
)
def test_parse_refuses_in_one_line_with_column(source: str, column: int, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Expression.parse(source)
    assert f"line 1, column {column}: " in caught.value.message
    assert problem in caught.value.message
    assert "\n" not in caught.value.message


def test_a_place_on_a_later_line() -> None:
    with pytest.raises(ConfigError, match="line 3, column 5: unknown name 'foo'"):
        Expression.parse("true &&\n  // why\n    foo")


@pytest.mark.parametrize(
    "source", ["", "  \n", "(" * 300 + "1" + ")" * 300, "1+" * MAX_LENGTH + "1", "state[5]", "state[1/0]"]
)
def test_parse_refuses_what_is_no_expression(source: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Expression.parse(source)
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    "source",
    [
        '"a" + 5',
        'state["x.y"] > 3',
        "result.nothing",
        "args.nobody.x",
        '"a"[0]',
        "[1][7]",
        'int("x")',
        "1 ? 2 : 3",
        "!5",
    ],
)
def test_what_errs_is_false_with_the_reason(source: str) -> None:
    expression = Expression.parse(source)
    with pytest.raises(ValueError, match="cannot be evaluated"):
        expression.evaluate(STATE, ARGS, result={}, now=NOW)
    verdict, evidence = expression.holds(STATE, ARGS, result={}, now=NOW)
    assert verdict is False
    assert "cannot be evaluated" in evidence
    assert "\n" not in evidence
    assert "__" not in evidence


def test_evidence_names_the_values_read() -> None:
    expression = Expression.parse('state["light." + args.light + ".state"] == "off" || state["x.y"] == 3')
    verdict, evidence = expression.holds(STATE, ARGS, now=NOW)
    assert verdict is False
    assert evidence == f"{expression.source} does not hold (x.y is missing, light.kitchen.state is 'on')"


def test_a_value_that_is_no_boolean_does_not_hold() -> None:
    verdict, evidence = Expression.parse('state["light.kitchen.state"]').holds(STATE, ARGS, now=NOW)
    assert verdict is False
    assert "is 'on', not true or false" in evidence


def test_keys_and_names_read() -> None:
    expression = Expression.parse(
        'state[\'a.b\'] == state["a.b"] && state["light." + args.light + ".state"] == args.object && now > now'
    )
    assert expression.state_keys == ("a.b",)
    assert set(expression.arg_names) == {"light", "object"}
    assert expression.keys_for(ARGS) == ("a.b", "light.kitchen.state")
    assert expression.keys_for({}) == ("a.b",)
    assert expression.uses_now
    assert not expression.uses_result
    assert expression.reads_state
    assert not Expression.parse("args.object == result").reads_state
    assert Expression.parse('state["near." + "list"]').state_keys == ("near.list",)


def test_parse_compiles_once() -> None:
    assert Expression.parse("1 + 1 == 2") is Expression.parse("1 + 1 == 2")


def test_the_state_store_is_a_state() -> None:
    store = StateStore()
    store.set("light.kitchen.state", "on", source="test")
    assert Expression.parse('state["light.kitchen.state"] == "on" && state["a.b"] == null').holds(store, {}, now=NOW)[0]


def test_text_enums_and_tuples_are_understood() -> None:
    class Mode(StrEnum):
        COOL = "cool"

    state = {"ac.mode": Mode.COOL, "ac.modes": (Mode.COOL, "heat")}
    assert Expression.parse('state["ac.mode"] == "cool" && "heat" in state["ac.modes"]').holds(state, {}, now=NOW)[0]


@given(st.text())
def test_text_literals_are_never_rewritten(text: str) -> None:
    literal = json.dumps(text.encode("utf-8", "replace").decode("utf-8"), ensure_ascii=False).replace("\x7f", "\\x7f")
    assert value(literal) == json.loads(literal.replace("\\x7f", "\\u007f"))


@given(
    st.sampled_from(['5 % state["a.b"]', "// not a comment", "size(x) args", "r'0x1F'", '{"a": [1]}']), st.booleans()
)
def test_code_inside_texts_stays_text(code: str, raw: bool) -> None:
    quote = "'''" if '"' in code else '"'
    assert value(f"{'r' if raw else ''}{quote}{code}{quote}") == code


@given(
    st.text(alphabet=st.sampled_from('state["a.b"]args.now()result,+-*/<>=!&|?:{}0123456789xe. \n\'r%\\'), max_size=60)
)
@settings(max_examples=500, deadline=None)
def test_any_text_is_an_expression_or_a_config_error(source: str) -> None:
    try:
        expression = Expression.parse(source)
    except ConfigError:  # its message is one line by construction of the tree
        return
    verdict, evidence = expression.holds(STATE, ARGS, result={"x": 1}, now=NOW)
    assert isinstance(verdict, bool)
    assert "\n" not in evidence


_NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6).map(lambda x: round(x, 3)))


@st.composite
def _arithmetic(draw: st.DrawFn, depth: int = 3) -> tuple[str, float]:
    """An expression over literals, state and args, and its value by Python's doubles."""
    kind = draw(st.integers(0, 6 if depth else 2))
    if kind == 0:
        number = draw(_NUMBERS)
        text = repr(number) if number >= 0 else f"({number!r})"
        return text, float(number)
    if kind == 1:
        return 'state["ac.living.temperature_c"]', 22.0
    if kind == 2:
        return "args.count", 2.0
    left, left_value = draw(_arithmetic(depth - 1))
    right, right_value = draw(_arithmetic(depth - 1))
    sign = "+-*/"[kind - 3]
    if sign == "/" and right_value == 0:
        sign = "+"
    result = {
        "+": lambda: left_value + right_value,
        "-": lambda: left_value - right_value,
        "*": lambda: left_value * right_value,
        "/": lambda: left_value / right_value,
    }[sign]()
    return f"({left} {sign} {right})", result


@given(_arithmetic(), _arithmetic())
def test_arithmetic_is_that_of_doubles(left: tuple[str, float], right: tuple[str, float]) -> None:
    got = value(left[0])
    assert isinstance(got, float)
    assert math.isclose(got, left[1], rel_tol=1e-12, abs_tol=1e-12)
    assert value(f"{left[0]} < {right[0]}") is (left[1] < right[1])
    assert value(f"[{left[0]}, {right[0]}][1] == {right[0]}") is True


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_JSON)
def test_values_pass_through_unchanged_but_for_doubles(given_value: Any) -> None:
    state = {"a.b": given_value}
    got = Expression.parse('state["a.b"]').evaluate(state, {}, now=NOW)
    assert got == given_value
    assert Expression.parse('state["a.b"] == args.x').evaluate(state, {"x": given_value}, now=NOW) is True
