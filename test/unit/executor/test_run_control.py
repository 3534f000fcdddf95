"""Pause, suspension, pre-emption: a run is held at its next call, or in the midst of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fakes import SOURCE, Bench
from loop_time import let_pass, turns

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.policy import Policy, Preempt, Watch
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

FETCH = "robot_find(object='cup')\nlight_on(light='hall')"


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.005)


def in_hand(bench: Bench, api: str, count: int = 1) -> Callable[[], bool]:
    """Whether the binding has been given that many calls of an API."""
    return lambda: [call.api for call in bench.devices.calls].count(api) == count


def statuses(bench: Bench) -> list[str]:
    return [status for status, _ in bench.listener.statuses]


def slow_once(bench: Bench, api: str) -> None:
    """Have the first call of an API last until it is cancelled, and later ones do what they say."""
    obey, drive, first = bench.devices.obey, bench.devices.drive, [True]

    async def act(call: Call, document: object, progress: object) -> Outcome:
        behave = drive if first and first.pop() else obey
        return await behave(call, document, progress)  # type: ignore[arg-type]

    bench.devices.behaviours[api] = act


def test_a_paused_run_finishes_its_call_and_begins_no_other(runner: asyncio.Runner, bench: Bench) -> None:
    released = asyncio.Event()

    async def slow(call: Call, document: object, progress: object) -> Outcome:
        await released.wait()
        return await bench.devices.obey(call, document, progress)  # type: ignore[arg-type]

    bench.devices.behaviours["robot_find"] = slow

    async def main() -> RunResult:
        task = asyncio.ensure_future(bench.run(FETCH))
        await until(in_hand(bench, "robot_find"))
        bench.runner.pause("run", cancel_call=False)
        with pytest.raises(RequestError, match="paused already"):
            bench.runner.pause("run", cancel_call=False)
        released.set()
        await until(lambda: ("ended", "succeeded") in bench.listener.lines)
        await turns()
        assert not task.done()
        assert bench.sent() == ["robot_find(object='cup', place=None)"]
        bench.runner.resume("run")
        with pytest.raises(RequestError, match="not paused"):
            bench.runner.resume("run")
        return await task

    assert runner.run(main()).status is RunStatus.SUCCEEDED
    assert statuses(bench) == ["paused", "running"]


def test_a_pause_at_once_repeats_what_may_be_repeated(runner: asyncio.Runner, bench: Bench) -> None:
    slow_once(bench, "robot_find")

    async def main() -> RunResult:
        task = asyncio.ensure_future(bench.run(FETCH))
        await until(in_hand(bench, "robot_find"))
        bench.runner.pause("run", cancel_call=True)
        await until(lambda: bool(bench.devices.cancelled))
        bench.runner.resume("run")
        return await task

    result = runner.run(main())
    assert result.status is RunStatus.SUCCEEDED
    assert [(record.call.api, record.call.attempt) for record in result.calls][:2] == [
        ("robot_find", 1), ("robot_find", 2),
    ]  # fmt: skip
    assert result.calls[0].outcome.error.code == "INTERRUPTED"


def test_what_may_not_be_repeated_is_told_to_the_code(runner: asyncio.Runner, bench: Bench) -> None:
    slow_once(bench, "bell_ring")

    async def main() -> RunResult:
        source = "try:\n    bell_ring()\nexcept RuntimeError as e:\n    say(text=str(e))"
        task = asyncio.ensure_future(bench.run(source))
        await until(in_hand(bench, "bell_ring"))
        bench.runner.pause("run", cancel_call=True)
        await until(lambda: bool(bench.devices.cancelled))
        bench.runner.resume("run")
        return await task

    runner.run(main())
    assert [call.api for call in bench.devices.calls] == ["bell_ring", "say"]
    assert "INTERRUPTED: bell_ring was interrupted: paused by a person" in bench.sent()[1]


def test_a_paused_run_can_be_cancelled_and_spends_no_time(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, budgets=Budgets(run_s=300.0))

    async def main() -> RunResult:
        slow_once(bench, "robot_find")
        task = asyncio.ensure_future(bench.run(FETCH))
        await until(in_hand(bench, "robot_find"))
        bench.runner.pause("run", cancel_call=True)
        await until(lambda: bool(bench.devices.cancelled))
        await turns()
        let_pass(asyncio.get_running_loop(), 301.0)
        await turns()
        assert not task.done(), "the time of a pause is not the run's"
        assert await bench.runner.cancel("run", "enough")
        return await task

    assert runner.run(main()).status is RunStatus.CANCELLED
    assert statuses(bench) == ["paused", "stopping"]


def test_a_watch_suspends_only_runs_that_use_its_resources(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    watch = Watch(
        name="battery_low", when='state["robot.battery_ratio"] < 0.2', resources=("robot",), say="battery low"
    )
    bench = Bench(interpreter, policy=Policy(watches=(watch,)))
    slow_once(bench, "robot_find")

    async def main() -> tuple[RunResult, RunResult]:
        bench.state.set("robot.battery_ratio", 0.9, source=SOURCE)
        task = asyncio.ensure_future(bench.run(FETCH))
        await until(in_hand(bench, "robot_find"))
        bench.state.set("robot.battery_ratio", 0.1, source=SOURCE)
        await until(lambda: bool(bench.devices.cancelled))
        lamp = await bench.run("light_on(light='kitchen')", "lamp")
        assert not task.done()
        bench.state.set("robot.battery_ratio", 0.8, source=SOURCE)
        return await task, lamp

    fetched, lamp = runner.run(main())
    assert (fetched.status, lamp.status) == (RunStatus.SUCCEEDED, RunStatus.SUCCEEDED)
    assert bench.listener.statuses == [("suspended", "battery low"), ("running", "")]


def test_a_run_that_begins_under_a_watch_is_suspended_before_its_first_call(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    bench = Bench(interpreter, policy=Policy(watches=(Watch(name="near", when='state["robot.person_near"]'),)))

    async def main() -> RunResult:
        bench.state.set("robot.person_near", True, source=SOURCE)
        task = asyncio.ensure_future(bench.run(FETCH))
        await until(lambda: statuses(bench) == ["suspended"])
        assert bench.sent() == []
        bench.state.set("robot.person_near", False, source=SOURCE)
        return await task

    assert runner.run(main()).status is RunStatus.SUCCEEDED


@pytest.mark.parametrize("preempt", list(Preempt))
def test_a_more_urgent_run_takes_the_robot_as_the_policy_says(
    runner: asyncio.Runner, interpreter: Interpreter, preempt: Preempt
) -> None:
    bench = Bench(interpreter, policy=Policy(preempt=preempt))
    slow_once(bench, "robot_find")

    async def main() -> tuple[RunResult, RunResult]:
        usual = asyncio.ensure_future(bench.run(FETCH, "usual"))
        await until(in_hand(bench, "robot_find"))
        urgent = asyncio.ensure_future(bench.run("robot_find(object='phone')", "urgent", priority=5))
        if preempt is Preempt.WAIT:
            await until(lambda: ("waiting", "a resource that another run holds") in bench.listener.statuses)
            await turns()
            assert not urgent.done()
            await bench.devices.cancel(bench.devices.calls[0].call_id)
        return await usual, await urgent

    usual, urgent = runner.run(main())
    assert urgent.status is RunStatus.SUCCEEDED
    found = [call.arguments["object"] for call in bench.devices.calls if call.api == "robot_find"]
    if preempt is Preempt.PAUSE:
        assert (usual.status, found) == (RunStatus.SUCCEEDED, ["cup", "phone", "cup"])
    elif preempt is Preempt.CANCEL:
        assert (usual.status, found) == (RunStatus.CANCELLED, ["cup", "phone"])
        assert "more urgent" in usual.summary
    else:
        assert (usual.status, found) == (RunStatus.FAILED, ["cup", "phone"])


def test_a_call_that_falls_silent_is_ended(runner: asyncio.Runner, bench: Bench) -> None:
    find = bench.shelf.get("robot_find")
    assert find is not None
    bench.shelf.put(find.model_copy(update={"stall_s": 0.05, "idempotent": False}))
    bench.devices.behaviours["robot_find"] = bench.devices.drive
    result = runner.run(bench.run("robot_find(object='cup')"))
    assert (result.status, result.error_code) == (RunStatus.FAILED, "STALLED")
    assert "no word for 0.05 s" in result.summary
    assert result.calls[0].outcome.status is Status.TIMED_OUT


def test_a_cancelled_run_takes_back_what_its_documents_say(runner: asyncio.Runner, bench: Bench) -> None:
    light = bench.shelf.get("light_on")
    assert light is not None
    bench.shelf.put(light.model_copy(update={"undo": "light_off(light={light})"}))
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> RunResult:
        source = "light_on(light='hall')\nlight_on(light='kitchen')\nrobot_find(object='cup')"
        task = asyncio.ensure_future(bench.run(source))
        await until(in_hand(bench, "robot_find"))
        await bench.runner.cancel("run", "never mind")
        return await task

    result = runner.run(main())
    assert result.status is RunStatus.CANCELLED
    assert bench.sent()[-2:] == ["light_off(light='kitchen')", "light_off(light='hall')"]
    assert [record.call.sequence for record in result.calls] == [1, 2, 3, 4, 5]
