"""Calls inside ``gather`` go side by side."""

from __future__ import annotations

import asyncio

from fakes import Bench
from loop_time import turns

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.run import RunStatus


def test_gathered_calls_are_under_way_together_and_answer_in_order(runner: asyncio.Runner, bench: Bench) -> None:
    meeting = asyncio.Barrier(2)

    async def meet(call: Call, document: object, progress: object) -> Outcome:
        async with asyncio.timeout(60):
            await meeting.wait()
        return await bench.devices.obey(call, document, progress)  # type: ignore[arg-type]

    bench.devices.behaviours |= {"robot_find": meet, "thermometer_read": meet}
    source = "found, warm = gather(robot_find(object='cup'), thermometer_read())\nsay(text=found['object'] + str(warm))"
    result = runner.run(bench.run(source))
    assert result.status is RunStatus.SUCCEEDED, result.summary
    assert bench.sent()[-1] == "say(text='cup25.0', times=1)"
    assert [record.call.sequence for record in sorted(result.calls, key=lambda r: r.call.call_id)] == [1, 2, 3]


def test_gathered_calls_that_share_a_resource_take_turns(runner: asyncio.Runner, bench: Bench) -> None:
    under_way: list[str] = []
    begun: list[str] = []
    most = 0

    async def busy(call: Call, document: object, progress: object) -> Outcome:
        nonlocal most
        light = call.arguments["light"]
        assert light not in under_way, "one lamp is told one thing at a time"
        under_way.append(light)
        begun.append(light)
        most = max(most, len(under_way))
        async with asyncio.timeout(60):
            while not {"hall", "kitchen"} <= set(begun):
                await asyncio.sleep(0)
        await turns()
        under_way.remove(light)
        return await bench.devices.obey(call, document, progress)  # type: ignore[arg-type]

    bench.devices.behaviours |= {"light_on": busy, "light_off": busy}
    source = (
        "for place in ('hall',):\n    gather(light_on(light=place), light_off(light=place), light_on(light='kitchen'))"
    )
    result = runner.run(bench.run(source))
    assert result.status is RunStatus.SUCCEEDED, result.summary
    assert (most, sorted(begun)) == (2, ["hall", "hall", "kitchen"]), "hall is one lamp, kitchen another"
    assert bench.state["light.hall.state"] == "off"


def test_the_first_failure_in_order_is_raised_once_all_have_ended(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["thermometer_read"] = bench.devices.ending(Status.UNAVAILABLE, "AWAY")
    bench.devices.behaviours["robot_find"] = bench.devices.ending(Status.FAILED, "NOT_FOUND", "no cup")
    source = (
        "try:\n    gather(light_on(light='hall'), robot_find(object='cup'), thermometer_read())\n"
        "except RuntimeError as e:\n    say(text=str(e))"
    )
    runner.run(bench.run(source))
    assert bench.sent()[-1] == "say(text='NOT_FOUND: no cup', times=1)"
    assert bench.state["light.hall.state"] == "on"


def test_cancel_reaches_every_gathered_call(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours |= {"robot_find": bench.devices.drive, "thermometer_read": bench.devices.drive}

    async def main() -> RunStatus:
        task = asyncio.ensure_future(bench.run("gather(robot_find(object='cup'), thermometer_read())"))
        async with asyncio.timeout(60):
            while len(bench.devices.calls) < 2:
                await asyncio.sleep(0.005)
        await bench.runner.cancel("run", "enough")
        return (await task).status

    assert runner.run(main()) is RunStatus.CANCELLED
    assert len(bench.devices.cancelled) == 2


def test_a_stop_in_gathered_calls_cannot_be_caught(runner: asyncio.Runner, bench: Bench) -> None:
    async def pull(call: Call, document: object, progress: object) -> Outcome:
        bench.latch.latch("pulled")
        return await bench.devices.obey(call, document, progress)  # type: ignore[arg-type]

    bench.devices.behaviours["light_on"] = pull
    source = (
        "try:\n    gather(light_on(light='hall'), light_on(light='kitchen'))\n"
        "except BaseException:\n    say(text='go on')"
    )
    result = runner.run(bench.run(source))
    assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
    assert not any("say" in line for line in bench.sent())
