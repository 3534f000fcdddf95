"""Reading JSON out of what models write around it."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.models.json_reply import parse_json_reply, parse_partial_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, 2]}',
        'Sure! Here it is:\n```json\n{"a": [1, 2]}\n```\nAnything else?',
        '```\n{"a": [1, 2]}\n```',
        'The steps are {"a": [1, 2]} as asked.',
        '{"a": [1, 2,],}',
        '<think>is it {"b": 1}? no</think>{"a": [1, 2]}',
    ],
)
def test_the_object_is_found(text: str) -> None:
    assert parse_json_reply(text) == {"a": [1, 2]}


def test_commas_and_brackets_in_strings_stay() -> None:
    assert parse_json_reply('so: {"code": "f([1,])  # }", "n": 1,}') == {"code": "f([1,])  # }", "n": 1}


@pytest.mark.parametrize("text", ["", "I cannot do that.", "[1, 2]", '{"a": ', "{a: 1}", "null"])
def test_what_is_no_object_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="no JSON object"):
        parse_json_reply(text)


@given(value=st.dictionaries(st.text(max_size=5), VALUES, max_size=4), cut=st.integers(0, 200))
def test_any_object_is_read_whole_and_any_beginning_of_it_without_an_error(value: dict[str, object], cut: int) -> None:
    text = json.dumps(value)
    assert parse_json_reply(f"Here:\n```json\n{text}\n```") == value or "```" in text
    partial = parse_partial_json(text[:cut])
    assert set(partial) <= set(value)


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    parse_partial_json(text)
    with contextlib.suppress(ValueError):
        assert isinstance(parse_json_reply(text), dict)
