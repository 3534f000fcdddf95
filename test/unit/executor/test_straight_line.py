"""Code of calls alone runs without a worker, and means the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import CallFailed
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall, Interpreter
from taskmatrix_ros.executor.source.straight_line import straight_line

APIS = ("find", "say")


@pytest.mark.parametrize(
    "source",
    [
        "x = find(object='cup')",
        "find('cup')",
        "find(object=name)",
        "find(object=f'cup')",
        "find(**{'object': 'cup'})",
        "find(object=find(object='a'))",
        "other(object='cup')",
        "if True:\n    find(object='cup')",
        "find(object='cup').strip()",
        "gather(find(object='a'), say(text='b'))",
        "find(object=b'cup')",
        "find(object=(1, 2))",
        "find(object={1: 2})",
        "find(object=1j)",
        "find(object=...)",
        "find(object='a' + 'b')",
        "(lambda: find(object='cup'))()",
    ],
)
def test_anything_else_is_left_to_the_interpreter(source: str) -> None:
    assert straight_line(source, APIS) is None


def test_calls_come_in_order_with_their_places() -> None:
    found = straight_line("find(object='é'); say(text=-1)\n\nfind()", APIS)
    assert found is not None
    assert [(site.api, site.position.line, site.position.column, dict(given)) for site, given in found] == [
        ("find", 1, 1, {"object": "é"}),
        ("say", 1, 19, {"text": -1}),
        ("find", 3, 1, {}),
    ]


def recorded(runner: asyncio.Runner, interpreter: Interpreter, source: str) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    async def host(call: ExternalCall) -> None:
        calls.append((call.site.api, call.site.position, call.positional, dict(call.arguments)))

    runner.run(interpreter.run(source, APIS, host))
    return calls


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(APIS), VALUES), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_it_means_what_the_interpreter_makes_of_it(
    runner: asyncio.Runner, interpreter: Interpreter, calls: list[tuple[str, Any]]
) -> None:
    source = "\n".join(f"{api}(value={value!r})" for api, value in calls)
    assert straight_line(source, APIS) is not None
    by_hand = recorded(runner, interpreter, source)
    interpreted = recorded(runner, interpreter, f"{source}\nif False:\n    pass")
    assert json.dumps([call[3] for call in by_hand]) == json.dumps([call[3] for call in interpreted])
    assert by_hand == interpreted


def test_a_failed_call_ends_it_like_any_code(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    failure = CallFailed("no", code="LOST")
    seen = []

    async def host(call: ExternalCall) -> None:
        seen.append(call.site.api)
        raise failure

    with pytest.raises(CallFailed) as raised:
        runner.run(interpreter.run("find()\nsay()", APIS, host))
    assert raised.value is failure
    assert seen == ["find"]
