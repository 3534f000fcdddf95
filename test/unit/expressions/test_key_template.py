"""Key templates: places for arguments."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.expressions.expression import Expression
from taskmatrix_ros.expressions.key_template import expand_key, key_access, key_parameters, key_pattern

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("template", "args", "key"),
    [
        ("robot.holding", {}, "robot.holding"),
        ("light.{light}.state", {"light": "kitchen"}, "light.kitchen.state"),
        ("tv.{tv}.channel_{number}", {"tv": "a", "number": 5.0}, "tv.a.channel_5"),
        ("a.{x}.{x}", {"x": True}, "a.true.true"),
    ],
)
def test_expand(template: str, args: dict[str, Any], key: str) -> None:
    assert expand_key(template, args) == key


@pytest.mark.parametrize("wrong", [None, "", [1], {"a": 1}])
def test_expand_refuses_what_makes_no_key(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"'light\.\{light\}\.state' needs light as a text or number"):
        expand_key("light.{light}.state", {"light": wrong})


def test_parameters() -> None:
    assert key_parameters("a.{x}.{y}.{x}") == ("x", "y")
    assert key_parameters("a.b") == ()


def test_pattern() -> None:
    match = key_pattern("light.{light}.state").fullmatch("light.kitchen.state")
    assert match is not None
    assert match["light"] == "kitchen"
    assert key_pattern("a.{x}.{x}").fullmatch("a.1.2") is None
    assert key_pattern("light.{light}.state").fullmatch("light.kitchen.brightness_pct") is None


@given(
    st.lists(st.sampled_from(["light", "{light}", "x", "{number}", "state"]), min_size=2, max_size=5).map(".".join),
    st.from_regex(re.compile(r"[a-z][a-z ]{0,8}", re.ASCII), fullmatch=True),
    st.one_of(st.integers(-5, 1000), st.floats(-1e5, 1e5).map(lambda x: round(x, 2)), st.booleans()),
)
def test_the_written_access_reads_the_expanded_key(template: str, light: str, number: float) -> None:
    args = {"light": light, "number": number}
    key = expand_key(template, args)
    expression = Expression.parse(key_access(template))
    assert expression.keys_for(args) == (key,)
    assert expression.evaluate({key: "here"}, args, now=NOW) == "here"
    assert key_pattern(template).fullmatch(key)
