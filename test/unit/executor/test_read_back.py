"""What counts as proof that a call did what it was to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from home_documents import DOCUMENTS, document

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Confirmation
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.running.read_back import ReadBack

BY_NAME = {entry.name: entry for entry in DOCUMENTS}
CONFIRMED, CONTRADICTED, UNCONFIRMED, NONE = (
    Confirmation.CONFIRMED,
    Confirmation.CONTRADICTED,
    Confirmation.UNCONFIRMED,
    Confirmation.NONE,
)


def confirm(
    entry: ApiDocument,
    before: Callable[[StateStore], None] = lambda _state: None,
    after: Callable[[StateStore, Call], None] = lambda _state, _call: None,
    *,
    later: bool = False,
    result: Any = None,
    **arguments: Any,
) -> tuple[Confirmation, tuple[str, ...]]:
    """Read a call back. ``before`` happens before it goes out; ``after`` after that, ``later`` while it is awaited."""

    async def main() -> tuple[Confirmation, tuple[str, ...]]:
        state = StateStore()
        before(state)
        call = Call(run_id="run", api=entry.name, arguments=entry.with_defaults(arguments), deadline_s=1.0)
        since = state.sequence
        if later:
            asyncio.get_running_loop().call_later(0.02, after, state, call)
        else:
            after(state, call)
        seen = await ReadBack(state).confirm(entry, call, since=since, result=result)
        return seen.confirmation, seen.evidence

    return asyncio.run(main())


def says(value: Any, key: str = "light.hall.state", source: str = "mqtt:home", **more: Any) -> Callable[..., None]:
    def say(state: StateStore, *_call: Call) -> None:
        state.set(key, value, source=source, **more)

    return say


OFF = BY_NAME["light_off"]


@pytest.mark.parametrize("later", [False, True])
def test_a_fresh_right_value_confirms(later: bool) -> None:
    verdict, evidence = confirm(OFF, says("on"), says("off"), later=later, light="hall")
    assert verdict is CONFIRMED
    assert "light.hall.state = 'off' from mqtt:home" in evidence[1]
    assert "after the call went out" in evidence[1]


def test_a_value_that_was_right_already_confirms() -> None:
    verdict, evidence = confirm(OFF, says("off"), light="hall")
    assert verdict is CONFIRMED
    assert "before the call went out" in evidence[1]


def test_a_fresh_wrong_value_contradicts() -> None:
    verdict, evidence = confirm(OFF, says("on"), says("on"), light="hall")
    assert verdict is CONTRADICTED
    assert "does not hold" in evidence[0]


def test_a_wrong_value_that_turns_right_in_time_confirms() -> None:
    def twice(state: StateStore, call: Call) -> None:
        says("dimming")(state)
        asyncio.get_running_loop().call_later(0.05, says("off"), state, call)

    assert confirm(OFF, says("on"), twice, light="hall")[0] is CONFIRMED


def test_an_old_wrong_value_says_nothing() -> None:
    verdict, evidence = confirm(OFF, says("on"), light="hall")
    assert verdict is UNCONFIRMED
    assert "before the call went out" in evidence[1]


def test_silence_says_nothing() -> None:
    verdict, evidence = confirm(OFF, light="hall")
    assert verdict is UNCONFIRMED
    assert evidence[1] == "light.hall.state was never heard"


def test_other_values_say_nothing() -> None:
    assert confirm(OFF, after=says("off", "light.kitchen.state"), light="hall")[0] is UNCONFIRMED


@pytest.mark.parametrize("value", ["off", "on"])
def test_the_calls_own_reply_does_not_count(value: str) -> None:
    def reply(state: StateStore, call: Call) -> None:
        state.set("light.hall.state", value, source=f"reply:{call.call_id}")

    verdict, evidence = confirm(OFF, after=reply, light="hall")
    assert verdict is UNCONFIRMED
    assert "by the call's own reply" in evidence[1]


@pytest.mark.parametrize(("value", "verdict"), [("off", CONFIRMED), ("on", UNCONFIRMED)])
def test_a_retained_value_may_be_right_but_is_no_news(value: str, verdict: Confirmation) -> None:
    assert confirm(OFF, after=says(value, retained=True), light="hall")[0] is verdict


@pytest.mark.parametrize("value", ["off", "on"])
def test_a_dead_source_does_not_count(value: str) -> None:
    def die(state: StateStore, call: Call) -> None:
        says(value)(state)
        state.set_source_live("mqtt:home", live=False)

    verdict, evidence = confirm(OFF, after=die, light="hall")
    assert verdict is UNCONFIRMED
    assert "mqtt:home is gone" in evidence[1]


def test_a_stale_value_does_not_count() -> None:
    def soon_stale(state: StateStore) -> None:
        state.set_stale_after("light.hall.state", 1e-9)
        says("off")(state)

    assert confirm(OFF, soon_stale, light="hall")[0] is UNCONFIRMED


def test_null_is_a_value_and_absence_is_none() -> None:
    put_down = BY_NAME["robot_put_down"]
    assert confirm(put_down, object="cup")[0] is UNCONFIRMED
    assert confirm(put_down, after=says(None, "robot.holding"), object="cup")[0] is CONFIRMED
    assert confirm(put_down, after=says("cup", "robot.holding"), object="cup")[0] is CONTRADICTED


def test_numbers_have_the_documents_tolerance() -> None:
    ac = BY_NAME["ac_set_temperature"]
    assert confirm(ac, after=says(22.04, "ac.target_c"), temperature_c=22)[0] is CONFIRMED
    assert confirm(ac, after=says(22.4, "ac.target_c"), temperature_c=22)[0] is CONTRADICTED


def test_what_need_not_be_known_need_not_be_heard() -> None:
    on = BY_NAME["light_on"]
    assert confirm(on, after=says("on"), light="hall")[0] is CONFIRMED
    assert confirm(on, after=says("on"), light="hall", brightness_pct=40)[0] is UNCONFIRMED


def test_one_contradiction_outweighs_the_rest() -> None:
    def half(state: StateStore, call: Call) -> None:
        says("on")(state)
        says(80.0, "light.hall.brightness_pct")(state)

    assert confirm(BY_NAME["light_on"], after=half, light="hall", brightness_pct=40)[0] is CONTRADICTED


def test_what_always_holds_proves_nothing() -> None:
    assert confirm(document("odd", ensures=["1 + 1 == 2"]))[0] is UNCONFIRMED
    assert confirm(document("odd", ensures=["result.ok == true"]), result={"ok": True})[0] is UNCONFIRMED


def test_the_world_may_be_compared_with_the_result() -> None:
    entry = document("pick", ensures=['state["robot.holding"] == result.object'])
    assert confirm(entry, after=says("cup", "robot.holding"), result={"object": "cup"})[0] is CONFIRMED
    assert confirm(entry, after=says("cup", "robot.holding"), result={"object": "mug"})[0] is CONTRADICTED


def test_without_ensures() -> None:
    assert confirm(BY_NAME["thermometer_read"]) == (NONE, ())
    assert confirm(BY_NAME["say"], text="a") == (NONE, ())
    assert confirm(BY_NAME["bell_ring"])[0] is UNCONFIRMED
