"""A recorded run replays from its log alone, and the first difference is told."""

from __future__ import annotations

import asyncio

import pytest
from fakes import Bench
from home_documents import code

from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.run import Episode
from taskmatrix_ros.executor.running.replay import Replay, ReplayReport
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

PLAN = (
    "warm = thermometer_read()\n"
    "for place in ('hall', 'kitchen'):\n    light_on(light=place)\n"
    "try:\n    door_unlock()\nexcept PermissionError as e:\n    say(text=str(e))\n"
    "gather(light_off(light='hall'), say(text=str(warm)))\n"
)


def recorded(runner: asyncio.Runner, bench: Bench, source: str = PLAN) -> Episode:
    """Run a program and keep it as the journal would: through JSON."""
    result = runner.run(bench.run(source))
    episode = Episode(
        instruction=Instruction(text="do it"),
        status=result.status,
        error_code=result.error_code,
        code=code(source),
        calls=tuple(sorted(result.calls, key=lambda record: record.call.call_id)),
    )
    bench.devices.calls.clear()
    return Episode.model_validate_json(episode.model_dump_json())


def replay(runner: asyncio.Runner, interpreter: Interpreter, episode: Episode) -> ReplayReport:
    return runner.run(Replay(interpreter).replay(episode))


def test_a_run_replays_without_a_difference_and_sends_nothing(
    runner: asyncio.Runner, bench: Bench, interpreter: Interpreter
) -> None:
    report = replay(runner, interpreter, recorded(runner, bench))
    assert report == ReplayReport(calls=7)
    assert bench.devices.calls == []


def test_other_code_differs_at_its_first_other_call(
    runner: asyncio.Runner, bench: Bench, interpreter: Interpreter
) -> None:
    episode = recorded(runner, bench)
    other = episode.model_copy(update={"code": code(PLAN.replace("'kitchen'", "'bedroom'"))})
    report = replay(runner, interpreter, other)
    assert report.calls == 2
    assert report.difference.startswith("call 3: the code calls light_on(light='bedroom') in line 3, the log has")


def test_another_value_in_the_log_shows_where_it_matters(
    runner: asyncio.Runner, bench: Bench, interpreter: Interpreter
) -> None:
    episode = recorded(runner, bench)
    first = episode.calls[0]
    changed = first.model_copy(update={"outcome": first.outcome.model_copy(update={"value": 3.0})})
    report = replay(runner, interpreter, episode.model_copy(update={"calls": (changed, *episode.calls[1:])}))
    assert report.difference.startswith("call 7: the code calls say(text='3.0')")


@pytest.mark.parametrize("kept", [0, 3, 6])
def test_a_log_that_lacks_calls_is_told(
    runner: asyncio.Runner, bench: Bench, interpreter: Interpreter, kept: int
) -> None:
    episode = recorded(runner, bench)
    report = replay(runner, interpreter, episode.model_copy(update={"calls": episode.calls[:kept]}))
    assert "where the log ends" in report.difference
    assert report.calls == kept


def test_a_log_that_has_more_is_told(runner: asyncio.Runner, bench: Bench, interpreter: Interpreter) -> None:
    episode = recorded(runner, bench)
    shorter = episode.model_copy(update={"code": code(PLAN.rsplit("gather", 1)[0])})
    assert "call 6: the code ended, the log has light_off" in replay(runner, interpreter, shorter).difference


def test_attempts_and_failures_replay(runner: asyncio.Runner, bench: Bench, interpreter: Interpreter) -> None:
    bench.devices.behaviours["light_on"] = bench.devices.ending(Status.TIMED_OUT)
    episode = recorded(runner, bench, "light_on(light='hall')")
    assert [record.call.attempt for record in episode.calls] == [1, 2]
    assert replay(runner, interpreter, episode) == ReplayReport(calls=1)


def test_a_cancelled_run_replays_as_far_as_it_went(
    runner: asyncio.Runner, bench: Bench, interpreter: Interpreter
) -> None:
    bench.devices.behaviours["robot_find"] = bench.devices.drive
    source = "try:\n    robot_find(object='cup')\nfinally:\n    light_on(light='hall')"

    async def main() -> Episode:
        task = asyncio.ensure_future(bench.run(source))
        await bench.devices.began.wait()
        await bench.runner.cancel("run", "enough")
        result = await task
        return Episode(
            instruction=Instruction(text="find it"),
            status=result.status,
            error_code=result.error_code,
            code=code(source),
            calls=result.calls,
        )

    report = replay(runner, interpreter, runner.run(main()))
    assert report.difference == ""
