"""Calls on a list of things: each rule of the document is one of every thing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.read_back import ReadBack
from taskmatrix_ros.executor.running.resource_locks import resources_of
from taskmatrix_ros.expressions.ensures import ensures_of
from taskmatrix_ros.expressions.spread import expand_keys, spread

LIGHT_ON = ApiDocument.model_validate(
    {
        "name": "light_turn_on",
        "description": "Turn lights on.",
        "parameters": {
            "entity_id": {"type": "array", "items": {"type": "string"}},
            "brightness_pct": {"type": "number", "minimum": 0, "maximum": 100, "required": False},
        },
        "sets": {"{entity_id}.state": '"on"', "{entity_id}.brightness_pct": "args.brightness_pct"},
        "tolerance": {"{entity_id}.brightness_pct": 1},
        "resources": ["{entity_id}"],
        "effect": "actuate",
        "confirm_s": 0.05,
        "binding": {"kind": "mqtt", "topic": "lights"},
    }
)
TWO = {"entity_id": ["light.hall", "light.desk"], "brightness_pct": None}


def confirm(arguments: dict[str, Any], **heard: Any) -> tuple[Confirmation, tuple[str, ...]]:
    async def main() -> tuple[Confirmation, tuple[str, ...]]:
        state = StateStore()
        call = Call(run_id="r", api="light_turn_on", arguments=arguments, deadline_s=1)
        for key, value in heard.items():
            state.set(key.replace("__", "."), value, source="mqtt:home")
        seen = await ReadBack(state).confirm(LIGHT_ON, call, since=0)
        return seen.confirmation, seen.evidence

    return asyncio.run(main())


def test_a_list_is_spread_in_order_and_once() -> None:
    doubled = {**TWO, "entity_id": ["light.hall", "light.desk", "light.hall"]}
    assert [one["entity_id"] for one in spread(LIGHT_ON, doubled)] == ["light.hall", "light.desk"]


@pytest.mark.parametrize("arguments", [{"entity_id": "light.hall"}, {"entity_id": None}, {}])
def test_what_is_no_list_stands_for_itself(arguments: dict[str, Any]) -> None:
    assert spread(LIGHT_ON, arguments) == (arguments,)


def test_keys_are_made_for_each_element() -> None:
    assert expand_keys(LIGHT_ON, "{entity_id}.state", TWO) == ("light.hall.state", "light.desk.state")


def test_a_run_locks_every_element() -> None:
    code = 'light_turn_on(entity_id=["light.hall", "light.desk"])'
    assert resources_of(code, {"light_turn_on": LIGHT_ON}) == {"light.hall", "light.desk"}


def test_all_of_them_must_show_it() -> None:
    assert confirm(TWO, light__hall__state="on", light__desk__state="on")[0] is Confirmation.CONFIRMED
    assert confirm(TWO, light__hall__state="on")[0] is Confirmation.UNCONFIRMED


def test_the_one_that_does_not_is_named_first() -> None:
    verdict, evidence = confirm(TWO, light__hall__state="on", light__desk__state="off")
    assert verdict is Confirmation.CONTRADICTED
    assert "light.desk.state is 'off'" in evidence[0]


def test_an_optional_argument_that_is_left_out_changes_and_ensures_nothing() -> None:
    heard = {"light__hall__state": "on", "light__hall__brightness_pct": 12}
    assert confirm({"entity_id": ["light.hall"], "brightness_pct": None}, **heard)[0] is Confirmation.CONFIRMED
    assert confirm({"entity_id": ["light.hall"], "brightness_pct": 60}, **heard)[0] is Confirmation.CONTRADICTED
    assert confirm({"entity_id": ["light.hall"], "brightness_pct": 11.5}, **heard)[0] is Confirmation.CONFIRMED
    assert ensures_of(LIGHT_ON)[1].startswith("args.brightness_pct == null || ")
