"""Whatever code computes and devices answer: no call outside its document's limits reaches a device."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from fakes import Bench
from home_documents import DOCUMENTS, Shelf, code, document
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

SOURCES = (
    "v = probe()\nlight_on(light=v['a'], brightness_pct=v['b'])",
    "v = probe()\nac_set_temperature(temperature_c=v['b'])\nsay(text=v['a'], times=v['c'])",
    "x = probe()['a']\nrobot_find(object=x)\nrobot_go_to(object=x, place=probe()['c'])",
    """
v = probe()
for x in (v['a'], v['b'], v['c']):
    try:
        ac_set_temperature(temperature_c=x)
    except PermissionError:
        pass
""",
    """
v = probe()
try:
    t = 10 * v['b'] / 2
except BaseException:
    t = v['c']
ac_set_temperature(temperature_c=t)
light_on(light=v['a'])
""",
)

NEAR = st.sampled_from([0, 1, 15.999, 16, 22.5, 30, 30.001, 100, 101, -1, True, False, None, "hall", "kitchen", "Hall"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=5,
)
VALUES = st.fixed_dictionaries(dict.fromkeys("abc", NEAR | JSON))


@pytest.fixture(scope="module")
def bench(interpreter: Interpreter) -> Bench:
    probe = document("probe", returns={"type": "object"}, effect="read")
    return Bench(interpreter, shelf=Shelf([*DOCUMENTS, probe]))


@pytest.fixture(scope="module")
def programs(runner: asyncio.Runner, bench: Bench) -> list[VerifiedCode]:
    return [runner.run(bench.verifier.verify(code(source, bench.shelf.documents()))) for source in SOURCES]


def number(value: Any, low: float, high: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and low <= value <= high


def allowed(call: Call) -> bool:
    """Say by hand, not by the code under test, what each document allows."""
    given = call.arguments
    if call.api == "light_on":
        level = given["brightness_pct"]
        return given["light"] in ("kitchen", "hall", "bedroom") and (level is None or number(level, 1, 100))
    if call.api == "ac_set_temperature":
        return number(given["temperature_c"], 16, 30)
    if call.api == "say":
        return type(given["text"]) is str and type(given["times"]) is int and 1 <= given["times"] <= 3
    if call.api == "robot_find":
        return type(given["object"]) is str
    if call.api == "robot_go_to":
        one, other = given["object"], given["place"]
        return all(x is None or type(x) is str for x in (one, other)) and (one is None) is not (other is None)
    return call.api == "probe"


@settings(max_examples=300, deadline=None)
@given(which=st.integers(0, len(SOURCES) - 1), answer=VALUES)
@example(which=1, answer={"a": "hall", "b": 16, "c": None})  # null where the document has a default
def test_no_call_outside_its_limits_reaches_a_device(
    runner: asyncio.Runner, bench: Bench, programs: list[VerifiedCode], which: int, answer: dict[str, Any]
) -> None:
    bench.devices.calls.clear()
    bench.journal.lines.clear()
    bench.devices.values["probe"] = answer
    result = runner.run(
        asyncio.wait_for(bench.runner.run(programs[which], Instruction(text="x"), "run", bench.listener), 60)
    )
    assert all(allowed(call) for call in bench.devices.calls), bench.sent()
    assert result.status in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.UNCONFIRMED)
    if result.status is RunStatus.SUCCEEDED:
        assert len(result.calls) == len(bench.devices.calls)
