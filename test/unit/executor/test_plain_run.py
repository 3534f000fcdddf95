"""Code that is only calls, run without a task: it comes to what ``Runner.run`` alone comes to, and sends the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from home_documents import code, document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_house import House, both

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

ALLOWED = ("say(text='a')", "say(text='b', times=2)", "blink(times=[1, 2])", "thermometer_read()")
REFUSED = ("say(text='a', times=3)", "locked(text='x')", "asked_for()", "once()", "nobody_tells()", "not_met()")


def test_each_call_passes_the_gate_is_written_sent_and_ended_before_the_next(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    told = both(runner, interpreter, "say(text='a')\nthermometer_read()")
    assert told["journal"] == [
        ("begin", "say"), ("end", "say succeeded"),
        ("begin", "thermometer_read"), ("end", "thermometer_read succeeded"),
    ]  # fmt: skip
    assert told["audit"] == [("call_allowed", "say", "allowed"), ("call_allowed", "thermometer_read", "allowed")]
    assert told["end"][0] is RunStatus.SUCCEEDED


@pytest.mark.parametrize("refused", REFUSED)
def test_what_the_gate_does_not_let_pass_is_told_once_and_ends_the_run_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, refused: str
) -> None:
    """Also a call that waits for a person, or for somebody who is gone."""
    told = both(runner, interpreter, f"say(text='a')\n{refused}\n{refused}\nsay(text='b')")
    assert told["end"][0] is not RunStatus.SUCCEEDED
    assert "say(text='b', times=1)" not in told["sent"]


@pytest.mark.parametrize("later", ["", " later"])
@pytest.mark.parametrize("end", ["failed", "rejected", "unavailable", "timed_out", "in_doubt", "expired", "raises"])
def test_a_call_that_fails_is_tried_and_told_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, end: str, later: str
) -> None:
    ends = ["succeeded", end + later, end, "succeeded"]
    told = both(runner, interpreter, "say(text='a')\nblink(times=[1])\nthermometer_read()", ends)
    assert "blink(times=[1])" in told["sent"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from((*ALLOWED, *ALLOWED, *REFUSED, "soon_over()")), min_size=1, max_size=6),
    ends=st.lists(
        st.sampled_from(
            ["succeeded"] * 6 + ["succeeded later", "failed", "rejected", "unavailable later", "in_doubt", "raises"]
        ),
        max_size=8,
    ),
)
def test_whatever_is_drawn_comes_to_the_same(
    runner: asyncio.Runner, interpreter: Interpreter, lines: list[str], ends: list[str]
) -> None:
    both(runner, interpreter, "\n".join(lines), ends)


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_asked: object) -> None:
        raise error

    return fail


def no_beginning(house: House) -> None:
    house.listener.call_began = raising(KeyError("x"))  # type: ignore[method-assign]


def no_end(house: House) -> None:
    house.listener.call_ended = raising(KeyError("x"))  # type: ignore[method-assign]


def no_look(house: House) -> None:
    house.gate.check_again = raising(KeyError("x"))  # type: ignore[method-assign]


def no_writing(house: House) -> None:
    house.journal.on_end = ConfigError("the disk is full")


def no_keeping(house: House) -> None:
    house.journal.failure = ConfigError("the disk is full")


def no_audit(house: House) -> None:
    house.paper.full = True


def no_entry(house: House) -> None:
    house.paper.make_sure = raising(OSError("no space"))  # type: ignore[method-assign]


@pytest.mark.parametrize("plant", [no_beginning, no_end, no_look, no_writing, no_keeping, no_audit, no_entry])
def test_a_fault_of_what_is_around_it_ends_one_run_as_ever(
    runner: asyncio.Runner, interpreter: Interpreter, plant: Callable[[House], None]
) -> None:
    told = both(runner, interpreter, "blink(times=[1])\nblink(times=[2])", plant=plant)
    assert told["end"][0] is RunStatus.FAILED
    assert len(told["sent"]) <= 1


@pytest.mark.parametrize("change", ["changed", "gone"])
def test_a_document_that_is_another_meanwhile_is_refused(
    runner: asyncio.Runner, interpreter: Interpreter, change: str
) -> None:
    def plant(house: House) -> None:
        def act() -> None:
            if change == "gone":
                house.shelf.remove("say")
            else:
                house.shelf.put(document("say", parameters={"text": {"type": "string"}}, effect="actuate"))
            house.quick.on_begin = None

        house.quick.on_begin = act

    told = both(runner, interpreter, "blink(times=[1])\nsay(text='a')", plant=plant)
    assert (told["end"][0], told["sent"]) == (RunStatus.FAILED, ["blink(times=[1])"])


def test_a_stop_between_two_calls_tells_what_was_done(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    def plant(house: House) -> None:
        house.quick.on_begin = lambda: house.latch.latch("smoke")

    async def stop() -> None:
        house = House(interpreter)
        plant(house)
        result = await house.see_through("blink(times=[1])\nsay(text='a')")
        assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
        assert [record.call.api for record in result.calls] == ["blink"]
        assert "nothing was done" not in result.summary
        assert len(house.quick.sent) == 1

    runner.run(stop())


def test_a_stop_between_keeping_and_sending_holds_the_call_back(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    async def stop() -> None:
        house = House(interpreter)
        house.journal.holds = True
        (await house.plain("say(text='a')")).begin()
        assert (house.quick.sent, house.result, house.task) == ([], None, None)
        house.latch.latch("smoke")
        house.journal.keep()
        result = await house.end()
        assert (result.status, result.error_code, house.quick.sent) == (RunStatus.CANCELLED, "STOPPED", [])
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]
        assert [entry["kind"] for entry in house.paper.entries] == ["call_allowed", "call_refused"]

    runner.run(stop())


def test_what_cannot_be_kept_does_not_go_out(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def fail() -> None:
        house = House(interpreter)
        house.journal.holds, house.journal.failure = True, ConfigError("the disk is full")
        (await house.plain("say(text='a')\nsay(text='b')")).begin()
        house.journal.keep()
        result = await house.end()
        assert (result.status, result.error_code, result.summary) == (RunStatus.FAILED, "CONFIG", "the disk is full")
        assert (result.calls, house.quick.sent) == ((), [])

    runner.run(fail())


@pytest.mark.parametrize("at", ["before", "while it is kept", "when told", "while it is sent", "after"])
def test_it_is_handed_over_at_any_moment_and_nothing_is_sent_twice(
    runner: asyncio.Runner, interpreter: Interpreter, at: str
) -> None:
    async def hand_over() -> None:
        house = House(interpreter)
        plain = await house.plain("say(text='a')\nblink(times=[1])")
        began = house.listener.call_began

        def told(call: Call) -> None:
            began(call)
            plain.hand_over()

        if at == "when told":
            house.listener.call_began = told  # type: ignore[method-assign]
        if at == "while it is sent":
            house.quick.on_begin = plain.hand_over
        if at == "before":
            plain.hand_over()
        house.journal.holds = at == "while it is kept"
        plain.begin()
        plain.hand_over()
        plain.hand_over()
        assert at != "while it is kept" or house.quick.sent == []
        house.journal.keep()
        result = await house.end()
        assert (house.task is None) == (at == "after")
        assert (result.status, [call.api for call in house.quick.sent]) == (RunStatus.UNCONFIRMED, ["say", "blink"])
        assert [kind for kind, _ in house.journal.told()] == ["begin", "end", "begin", "end"]
        assert len(house.paper.entries) == 2

    runner.run(hand_over())


def test_a_call_that_waits_for_its_end_is_ended_with_its_run(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def cancel() -> None:
        house = House(interpreter, ["cancelled never"])
        (await house.plain("say(text='a')\nsay(text='b')")).begin()
        assert await house.runner.cancel("run", "enough")
        result = await house.end()
        assert (result.status, len(house.quick.sent), len(house.quick.cancelled)) == (RunStatus.CANCELLED, 1, 1)
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]

    runner.run(cancel())


def test_one_that_is_ended_while_it_is_kept_sends_nothing(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def cancel() -> None:
        house = House(interpreter)
        house.journal.holds = True
        plain = await house.plain("say(text='a')")
        plain.begin()
        plain.hand_over()
        assert await house.runner.cancel("run", "enough")
        house.journal.keep()
        result = await house.end()
        assert (result.status, house.quick.sent) == (RunStatus.CANCELLED, [])
        assert house.journal.told() == [("begin", "say"), ("end", "say cancelled")]

    runner.run(cancel())


@pytest.mark.parametrize(
    "source",
    ["bell_ring()", "light_off(light='hall')", "ac_set_temperature(temperature_c=20.0)", "door_unlock()",
     "t = thermometer_read()", "say(text='a')\n" * 9, "robot_find(object='cup')"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_task(runner: asyncio.Runner, interpreter: Interpreter, source: str) -> None:
    async def ask() -> None:
        house = House(interpreter)
        verified = await house.verifier.verify(code(source, house.shelf.documents()))
        assert house.runner.plain(verified, Instruction(text="x"), "run", house.listener, house) is None

    runner.run(ask())
