"""A run that a crash cut off goes on: what was done is not done again, what is in doubt is settled as written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from fakes import SOURCE, Bench

from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.run import CallRecord, RunStatus
from taskmatrix_ros.core.run_ports import Resolution, RunResult

PLAN = "light_on(light='hall')\nbell_ring()\nwarm = thermometer_read()\nsay(text=str(warm))"


def first_life(runner: asyncio.Runner, bench: Bench, source: str = PLAN) -> list[CallRecord]:
    """Run to the end. :returns: the log, from which tests cut what a crash would have kept."""
    result = runner.run(bench.run(source))
    bench.devices.calls.clear()
    return list(result.calls)


def cut(log: list[CallRecord], sequence: int, *, sent: bool = True) -> list[CallRecord]:
    """Keep what was written when the call of this number was on its way."""
    kept = log[:sequence]
    return [*kept[:-1], kept[-1].model_copy(update={"outcome": None, "sent": sent})]


@pytest.mark.parametrize("length", range(5))
def test_finished_calls_are_answered_from_the_journal(runner: asyncio.Runner, bench: Bench, length: int) -> None:
    log = first_life(runner, bench)
    bench.devices.values["thermometer_read"] = 7.0
    result = runner.run(bench.run(PLAN, log=log[:length]))
    assert len(bench.devices.calls) == 4 - length
    said = bench.sent()[-1] if length < 4 else "say(text='25.0', times=1)"
    assert said == f"say(text='{25.0 if length >= 3 else 7.0}', times=1)"
    assert [record.call.api for record in result.calls] == [record.call.api for record in log]


def test_a_call_in_doubt_is_asked_for_by_its_id_first(runner: asyncio.Runner, bench: Bench) -> None:
    log = first_life(runner, bench)
    ended = log[1].call.call_id
    bench.devices.ends[ended] = Outcome(call_id=ended, status=Status.SUCCEEDED)
    runner.run(bench.run(PLAN, log=cut(log, 2)))
    assert [call.call_id for call in bench.devices.recovered] == [ended]
    assert [call.api for call in bench.devices.calls] == ["thermometer_read", "say"]


def test_an_idempotent_call_in_doubt_is_repeated(runner: asyncio.Runner, bench: Bench) -> None:
    log = first_life(runner, bench)
    result = runner.run(bench.run(PLAN, log=cut(log, 1)))
    assert bench.sent()[0] == "light_on(light='hall', brightness_pct=None)"
    assert [(r.call.sequence, r.call.attempt, r.outcome.status) for r in result.calls[:2]] == [
        (1, 1, Status.IN_DOUBT), (1, 2, Status.SUCCEEDED),
    ]  # fmt: skip


def test_a_second_crash_in_the_repetition_is_settled_too(runner: asyncio.Runner, bench: Bench) -> None:
    log = first_life(runner, bench)
    repeated = list(runner.run(bench.run(PLAN, log=cut(log, 1))).calls)
    bench.devices.calls.clear()
    result = runner.run(bench.run(PLAN, log=cut(repeated, 2)))
    assert [r.call.attempt for r in result.calls if r.call.sequence == 1] == [1, 2, 3]


def test_what_the_world_shows_was_done_is_not_repeated(runner: asyncio.Runner, bench: Bench) -> None:
    bench.state.set("robot.holding", None, source=SOURCE)
    bench.state.set("robot.near", ["cup"], source=SOURCE)
    source = "robot_find(object='cup')\nrobot_go_to(object='cup')\nrobot_pick_up(object='cup')"
    log = first_life(runner, bench, source)
    result = runner.run(bench.run(source, log=cut(log, 3)))
    assert bench.devices.calls == []
    assert result.status is RunStatus.SUCCEEDED
    assert result.calls[-1].outcome.confirmation.value == "confirmed"


async def resolved(bench: Bench, log: list[CallRecord], resolution: Resolution, source: str = PLAN) -> RunResult:
    task = asyncio.ensure_future(bench.run(source, log=log))
    call_id = log[-1].call.call_id
    async with asyncio.timeout(60):
        while not any(status == "waiting" for status, _ in bench.listener.statuses):
            await asyncio.sleep(0.005)
    assert call_id in bench.listener.statuses[-1][1]
    with pytest.raises(RequestError, match="is not in doubt"):
        bench.runner.resolve("run", "another", resolution, "")
    bench.runner.resolve("run", call_id, resolution, "I looked")
    return await task


@pytest.mark.parametrize(
    ("resolution", "status", "sent"),
    [
        (Resolution.DONE, RunStatus.UNCONFIRMED, ["thermometer_read", "say"]),
        (Resolution.REPEAT, RunStatus.UNCONFIRMED, ["bell_ring", "thermometer_read", "say"]),
        (Resolution.NOT_DONE, RunStatus.FAILED, []),
        (Resolution.ABORT, RunStatus.CANCELLED, []),
    ],
)
def test_a_person_decides_what_nobody_else_can(
    runner: asyncio.Runner, bench: Bench, resolution: Resolution, status: RunStatus, sent: list[str]
) -> None:
    log = first_life(runner, bench)
    bench.listener.statuses.clear()
    result = runner.run(resolved(bench, cut(log, 2), resolution))
    assert result.status is status
    assert [call.api for call in bench.devices.calls] == sent
    assert any("I looked" in line for record in result.calls for line in record.outcome.evidence) or sent == []


def test_a_crash_while_a_person_is_asked_asks_again(runner: asyncio.Runner, bench: Bench) -> None:
    log = first_life(runner, bench)
    bench.listener.statuses.clear()

    async def asked_then_gone() -> Outcome:
        task = asyncio.ensure_future(bench.run(PLAN, log=cut(log, 2)))
        while not any(status == "waiting" for status, _ in bench.listener.statuses):
            await asyncio.sleep(0.005)
        written = next(outcome for kind, outcome in reversed(bench.journal.lines) if kind == "end")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return written

    written = runner.run(asked_then_gone())
    assert (written.status, written.error.code) == (Status.IN_DOUBT, "UNRESOLVED")
    bench.listener.statuses.clear()
    again = [*log[:1], log[1].model_copy(update={"outcome": written})]
    assert runner.run(resolved(bench, again, Resolution.DONE)).status is RunStatus.UNCONFIRMED


def test_a_call_that_waited_for_a_yes_was_not_done(runner: asyncio.Runner, bench: Bench) -> None:
    source = "try:\n    door_unlock()\nexcept PermissionError as e:\n    say(text=str(e))"
    call = Call(run_id="run", api="door_unlock", arguments={}, deadline_s=2, sequence=1)
    result = runner.run(bench.run(source, log=[CallRecord(call=call, sent=False)]))
    assert [call.api for call in bench.devices.calls] == ["say"]
    assert "the node ended before anybody approved it" in bench.sent()[0]
    assert result.calls[0].outcome.status is Status.REJECTED


def test_code_that_goes_another_way_than_the_journal_is_ended(runner: asyncio.Runner, bench: Bench) -> None:
    log = first_life(runner, bench)
    result = runner.run(bench.run("light_on(light='kitchen')\nbell_ring()", log=log[:2]))
    assert (result.status, result.error_code) == (RunStatus.FAILED, "DIVERGED")
    assert bench.devices.calls == []


def test_refusals_of_an_earlier_life_count(runner: asyncio.Runner, bench: Bench) -> None:
    source = "for _ in range(9):\n    try:\n        door_unlock()\n    except PermissionError:\n        pass"
    log = list(runner.run(bench.run(source)).calls)
    assert len(log) == 3
    ends: list[Callable[[], RunResult]] = [lambda: runner.run(bench.run(source, log=log[:2]))]
    assert ends[0]().error_code == "BUDGET"
