"""How runs end before their last line: deadlines, cancel, stop; and several runs at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fakes import SOURCE, Bench, outcomes, run
from loop_time import turns
from sandbox_workers import until_one_computes

from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Confirmation, Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.running.dispatcher import CallTimes
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

HASTY = CallTimes(grace_s=0.05, cancel_s=0.05, retry_s=0.01)
"""For those who are given up on."""


async def started(bench: Bench, source: str, run_id: str = "run", **instruction: Any) -> asyncio.Task[RunResult]:
    bench.devices.began.clear()
    task = asyncio.create_task(bench.run(source, run_id, **instruction))
    await asyncio.wait_for(bench.devices.began.wait(), 60)
    return task


def test_a_call_past_its_deadline_is_cancelled_and_timed_out(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, times=CallTimes(grace_s=0.05, cancel_s=60.0, retry_s=0.01))
    find = bench.shelf.get("robot_find")
    assert find is not None
    bench.shelf.put(find.model_copy(update={"deadline_s": 0.05}))
    bench.devices.behaviours["robot_find"] = bench.devices.drive
    result = run(runner, bench, "robot_find(object='cup')")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "TIMED_OUT")
    assert bench.devices.cancelled == [call.call_id for call in bench.devices.calls]
    assert len(bench.devices.calls) == 2, "robot_find is idempotent: it is tried again"


def test_cancel_reaches_the_peer_and_waits_for_its_word(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> tuple[bool, bool, RunResult]:
        task = await started(bench, "try:\n    robot_find(object='cup')\nfinally:\n    light_on(light='hall')")
        other = await bench.runner.cancel("another", "no")
        mine = await bench.runner.cancel("run", "I changed my mind")
        return mine, other, await task

    mine, other, result = runner.run(main())
    assert (mine, other) == (True, False)
    assert (result.status, result.error_code, result.summary) == (
        RunStatus.CANCELLED, "CANCELLED", "I changed my mind",
    )  # fmt: skip
    assert outcomes(result) == [("robot_find", "cancelled", "none")]
    assert bench.devices.cancelled == [bench.devices.calls[0].call_id]
    assert bench.sent() == ["robot_find(object='cup', place=None)"]
    assert ("progressed", "driving") in bench.listener.lines
    assert bench.journal.lines[-1][0] == "end"


def test_a_second_run_works_after_a_cancelled_one(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> RunResult:
        task = await started(bench, "robot_find(object='cup')")
        await bench.runner.cancel("run", "no")
        assert (await task).status is RunStatus.CANCELLED
        bench.devices.behaviours.clear()
        return await bench.run("robot_find(object='cup')")

    assert runner.run(main()).status is RunStatus.SUCCEEDED


def test_a_peer_that_does_not_confirm_its_end_is_given_up_on(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, times=HASTY)

    async def deaf(_call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    bench.devices.behaviours["robot_find"] = deaf

    async def main() -> RunResult:
        task = await started(bench, "robot_find(object='cup')")
        await bench.runner.cancel("run", "no")
        return await task

    result = runner.run(asyncio.wait_for(main(), 60))
    assert result.status is RunStatus.CANCELLED
    assert outcomes(result) == [("robot_find", "in_doubt", "none")]


def test_a_binding_whose_cancel_hangs_or_fails_cannot_keep_the_run(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    bench = Bench(interpreter, times=HASTY)

    async def deaf(_call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    async def hang(_call_id: str) -> None:
        await asyncio.Event().wait()

    async def fail(_call_id: str) -> None:
        raise ZeroDivisionError

    async def main() -> RunResult:
        task = await started(bench, "robot_find(object='cup')")
        await bench.runner.cancel("run", "no")
        return await task

    bench.devices.behaviours["robot_find"] = deaf
    for behaviour in (hang, fail):
        bench.devices.cancel = behaviour  # type: ignore[method-assign]
        assert runner.run(asyncio.wait_for(main(), 60)).status is RunStatus.CANCELLED


def test_cancel_while_the_code_computes_or_reads_back(runner: asyncio.Runner, bench: Bench) -> None:
    light = bench.shelf.get("light_on")
    assert light is not None
    bench.shelf.put(light.model_copy(update={"confirm_s": 60.0}))

    async def silent(call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    bench.devices.behaviours["light_on"] = silent

    async def main(source: str, goes_on: Callable[[], Awaitable[None]]) -> RunResult:
        task = await started(bench, source)
        await goes_on()
        await bench.runner.cancel("run", "no")
        return await task

    result = runner.run(asyncio.wait_for(main("light_on(light='hall')", turns), 60))
    assert result.status is RunStatus.CANCELLED
    assert outcomes(result) == [("light_on", "succeeded", "unconfirmed")]
    endless = "thermometer_read()\nwhile True:\n    pass"
    result = runner.run(asyncio.wait_for(main(endless, until_one_computes), 60))
    assert result.status is RunStatus.CANCELLED


def test_cancelling_the_task_does_the_same_and_raises(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> bool:
        task = await started(bench, "robot_find(object='cup')")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await bench.runner.cancel("run", "again")

    assert runner.run(main()) is False
    assert bench.devices.cancelled == [bench.devices.calls[0].call_id]
    (kind, outcome) = bench.journal.lines[-1]
    assert (kind, outcome.status) == ("end", Status.CANCELLED)


def test_a_cancel_that_meets_a_cancelled_task_still_raises(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> None:
        task = await started(bench, "robot_find(object='cup')")
        cancelling = asyncio.create_task(bench.runner.cancel("run", "no"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await cancelling

    runner.run(asyncio.wait_for(main(), 60))


def test_a_run_that_was_cancelled_leaves_its_task_fit_for_more(runner: asyncio.Runner, bench: Bench) -> None:
    """The caller's task goes on after ``run`` returned: no cancellation hangs over it."""
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def instruct() -> str:
        result = await bench.run("robot_find(object='cup')")
        await asyncio.sleep(0.01)
        current = asyncio.current_task()
        assert current is not None
        assert current.cancelling() == 0
        return result.summary

    async def main() -> str:
        bench.devices.began.clear()
        task = asyncio.create_task(instruct())
        await bench.devices.began.wait()
        await bench.runner.cancel("run", "enough")
        return await task

    assert runner.run(main()) == "enough"


def test_stop_from_another_thread_ends_runs_uncatchably(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive
    source = "for _ in range(99):\n    try:\n        robot_find(object='cup')\n    except BaseException:\n        pass"

    async def main() -> RunResult:
        task = await started(bench, source)
        thread = threading.Thread(target=bench.latch.latch, args=("red button",))
        thread.start()
        thread.join()
        return await task

    result = runner.run(asyncio.wait_for(main(), 60))
    assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
    assert "red button" in result.summary
    assert bench.journal.reason == "red button"
    assert len(bench.sent()) == 1
    result = run(runner, bench, "light_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
    assert len(bench.sent()) == 1
    bench.latch.rearm("test")
    assert run(runner, bench, "light_on(light='hall')").status is RunStatus.SUCCEEDED


def test_a_stop_between_two_calls_keeps_the_second_back(runner: asyncio.Runner, bench: Bench) -> None:
    async def pull(call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        outcome = await bench.devices.obey(call, document, progress)
        bench.latch.latch("pulled")
        return outcome

    bench.devices.behaviours["light_on"] = pull
    result = run(runner, bench, "light_on(light='hall')\nlight_on(light='kitchen')")
    assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
    assert len(bench.sent()) == 1


def test_runs_that_share_a_robot_take_turns(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> list[str]:
        first = await started(bench, "robot_find(object='cup')", "first")
        second = asyncio.create_task(bench.run("robot_go_to(place='hall')", "second"))
        while "second" not in bench.runner._active:
            await asyncio.sleep(0.005)
        lamp = await bench.run("light_on(light='hall')", "lamp")
        assert lamp.status is RunStatus.SUCCEEDED
        assert not second.done()
        with pytest.raises(ValueError, match="active already"):
            await bench.run("light_on(light='hall')", "second")
        await bench.runner.cancel("first", "go on")
        assert (await first).status is RunStatus.CANCELLED
        assert (await second).status is RunStatus.SUCCEEDED
        return [call.api for call in bench.devices.calls]

    assert runner.run(asyncio.wait_for(main(), 60)) == ["robot_find", "light_on", "robot_go_to"]


def test_a_run_that_waits_for_its_turn_can_be_cancelled(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def main() -> None:
        first = await started(bench, "robot_find(object='cup')", "first")
        second = asyncio.create_task(bench.run("robot_go_to(place='hall')", "second"))
        while not await bench.runner.cancel("second", "no"):
            await asyncio.sleep(0.01)
        assert (await second).calls == ()
        await bench.runner.cancel("first", "no")
        await first

    runner.run(asyncio.wait_for(main(), 60))


def test_confirmations_are_kept_with_their_evidence(runner: asyncio.Runner, bench: Bench) -> None:
    result = run(runner, bench, "light_on(light='hall')")
    outcome = result.calls[0].outcome
    assert outcome is not None
    assert outcome.confirmation is Confirmation.CONFIRMED
    assert any(f"light.hall.state = 'on' from {SOURCE}" in line for line in outcome.evidence)


def test_many_runs_at_once(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    """More runs than workers, each with calls that take a while."""
    bench = Bench(interpreter, times=CallTimes())

    async def slowly(call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        await asyncio.sleep(0.01)
        return await bench.devices.obey(call, document, progress)

    bench.devices.behaviours["thermometer_read"] = slowly

    async def main() -> list[RunResult]:
        source = "for i in range(5):\n    thermometer_read()"
        return await asyncio.gather(*(bench.run(source, f"run-{n}") for n in range(20)))

    results = runner.run(asyncio.wait_for(main(), 60))
    assert {result.status for result in results} == {RunStatus.SUCCEEDED}
    assert len(bench.sent()) == 100
