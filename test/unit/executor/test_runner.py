"""A run from its first call to its verdict, with a real sandbox and devices in memory."""

from __future__ import annotations

import asyncio
import threading

import pytest
from fakes import FETCH, SOURCE, Bench, failure, outcomes, run
from home_documents import code, document
from loop_time import let_pass

from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.instruction import Instruction
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.ports import Progress
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.core.run_ports import Runner as RunnerPort
from taskmatrix_ros.executor.budgets import Budgets
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter


def test_it_is_the_port(bench: Bench) -> None:
    port: RunnerPort = bench.runner
    assert port is bench.runner


def test_a_run_whose_calls_the_world_confirms_succeeds(runner: asyncio.Runner, bench: Bench) -> None:
    bench.state.set("robot.holding", None, source=SOURCE)
    result = run(runner, bench, FETCH)
    assert result.status is RunStatus.SUCCEEDED, result.summary
    assert outcomes(result) == [
        (api, "succeeded", "confirmed") for api in ("robot_find", "robot_go_to", "robot_pick_up")
    ]
    assert [record.call.position.line for record in result.calls] == [1, 2, 3]
    assert bench.state["robot.holding"] == "cup"
    assert bench.listener.lines == [("began", "robot_find"), ("ended", "succeeded")] + [
        line for api in ("robot_go_to", "robot_pick_up") for line in (("began", api), ("ended", "succeeded"))
    ]


def test_calls_are_written_before_they_go_out_and_durably_where_they_cannot_be_repeated(
    runner: asyncio.Runner, bench: Bench
) -> None:
    bench.state.set("robot.holding", None, source=SOURCE)
    run(runner, bench, FETCH + "\nthermometer_read()\nbell_ring()")
    assert [kind for kind, _ in bench.journal.lines] == [
        "begin", "end", "begin", "end", "durable", "end", "begin", "end", "durable", "end",
    ]  # fmt: skip


def test_values_come_back_and_defaults_go_out(runner: asyncio.Runner, bench: Bench) -> None:
    result = run(runner, bench, "t = thermometer_read()\nac_set_temperature(temperature_c=t - 3)\nsay(text=f'{t} C')")
    assert result.status is RunStatus.SUCCEEDED
    assert bench.sent() == [
        "thermometer_read(room='hall')", "ac_set_temperature(temperature_c=22.0)", "say(text='25.0 C', times=1)",
    ]  # fmt: skip


def test_only_code_of_its_own_verifier_is_run(runner: asyncio.Runner, bench: Bench, interpreter: Interpreter) -> None:
    forged = VerifiedCode(code=code("door_unlock()"), documents={}, seal=object())
    with pytest.raises(ValueError, match="verify it again"):
        runner.run(bench.runner.run(forged, Instruction(text="x"), "run", bench.listener))
    foreign = runner.run(Bench(interpreter).verifier.verify(code("light_on(light='hall')")))
    with pytest.raises(ValueError, match="was not verified here"):
        runner.run(bench.runner.run(foreign, Instruction(text="x"), "run", bench.listener))
    assert bench.sent() == []


@pytest.mark.parametrize(
    ("status", "code", "run_status", "run_code"),
    [
        (Status.REJECTED, "BUSY", RunStatus.FAILED, "BUSY"),
        (Status.FAILED, "OUT_OF_REACH", RunStatus.FAILED, "OUT_OF_REACH"),
        (Status.CANCELLED, "", RunStatus.FAILED, "CANCELLED"),
        (Status.UNAVAILABLE, "", RunStatus.UNAVAILABLE, "UNAVAILABLE"),
        (Status.EXPIRED, "", RunStatus.FAILED, "EXPIRED"),
    ],
)
def test_a_failed_call_that_nobody_handles_ends_the_run(
    runner: asyncio.Runner, bench: Bench, status: Status, code: str, run_status: RunStatus, run_code: str
) -> None:
    bench.devices.behaviours["light_on"] = bench.devices.ending(status, code, "the lamp is broken")
    result = run(runner, bench, "light_on(light='hall')\nlight_off(light='hall')")
    assert (result.status, result.error_code) == (run_status, run_code)
    assert result.summary == "light_on in line 1: the lamp is broken"
    assert [entry[:2] for entry in outcomes(result)] == [("light_on", status.value)]
    assert len(bench.sent()) == 1


@pytest.mark.parametrize("status", [Status.TIMED_OUT, Status.IN_DOUBT])
def test_a_call_without_an_answer_is_tried_again_only_if_idempotent(
    runner: asyncio.Runner, bench: Bench, status: Status
) -> None:
    for name in ("light_on", "bell_ring"):
        bench.devices.behaviours[name] = bench.devices.ending(status)
    result = run(runner, bench, "light_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.FAILED, status.value.upper())
    assert [record.call.attempt for record in result.calls] == [1, 2]
    assert len({record.call.call_id for record in result.calls}) == 2
    result = run(runner, bench, "bell_ring()")
    assert [record.call.attempt for record in result.calls] == [1]


def test_a_failed_call_may_be_handled_and_made_good(runner: asyncio.Runner, bench: Bench) -> None:
    """A second try of the same call that the world confirms makes the first one good."""
    obey, tries = bench.devices.obey, iter([Status.FAILED])

    async def second_time(call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        status = next(tries, None)
        return await obey(call, document, progress) if status is None else failure(call, status)

    bench.devices.behaviours["light_on"] = second_time
    source = "try:\n    light_on(light='hall')\nexcept RuntimeError:\n    light_on(light='hall')"
    result = run(runner, bench, source)
    assert result.status is RunStatus.SUCCEEDED
    assert [entry[1] for entry in outcomes(result)] == ["failed", "succeeded"]


def test_a_failed_call_that_was_only_swallowed_is_no_success(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["light_on"] = bench.devices.ending(Status.FAILED, "BROKEN", "the lamp is broken")
    result = run(runner, bench, "try:\n    light_on(light='hall')\nexcept RuntimeError as e:\n    say(text=str(e))")
    assert (result.status, result.error_code) == (RunStatus.UNCONFIRMED, "BROKEN")
    assert "the code went on: the lamp is broken" in result.summary
    assert bench.sent()[1] == "say(text='BROKEN: the lamp is broken', times=1)"


def test_a_failed_reading_that_was_handled_is_no_loss(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["thermometer_read"] = bench.devices.ending(Status.UNAVAILABLE)
    source = "try:\n    t = thermometer_read()\nexcept OSError:\n    t = 20.0\nac_set_temperature(temperature_c=t)"
    assert run(runner, bench, source).status is RunStatus.SUCCEEDED


def test_a_device_that_says_done_and_did_nothing_failed(runner: asyncio.Runner, bench: Bench) -> None:
    async def lie(call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        bench.state.set("light.hall.state", "off", source=SOURCE)
        return Outcome(call_id=call.call_id, status=Status.SUCCEEDED)

    bench.devices.behaviours["light_on"] = lie
    result = run(runner, bench, "light_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "CONTRADICTED")
    assert outcomes(result) == [("light_on", "failed", "contradicted")]
    assert "the world says otherwise" in result.summary
    assert result.calls[0].outcome is not None
    assert any("light.hall.state = 'off'" in line for line in result.calls[0].outcome.evidence)


def test_a_device_that_cannot_confirm_leaves_the_run_unconfirmed(runner: asyncio.Runner, bench: Bench) -> None:
    result = run(runner, bench, "bell_ring()\nlight_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.UNCONFIRMED, "UNCONFIRMED")
    assert result.summary.startswith("bell_ring in line 1 was done by the device's own word, but nothing confirms it")


def test_what_is_in_doubt_is_settled_by_the_world(runner: asyncio.Runner, bench: Bench) -> None:
    async def lost_answer(call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        await bench.devices.obey(call, document, progress)
        return failure(call, Status.IN_DOUBT)

    bench.devices.behaviours["light_on"] = lost_answer
    result = run(runner, bench, "light_on(light='hall')")
    assert result.status is RunStatus.SUCCEEDED
    assert outcomes(result) == [("light_on", "succeeded", "confirmed")]


def test_a_refused_call_is_kept_and_never_sent(runner: asyncio.Runner, bench: Bench) -> None:
    source = "try:\n    door_unlock()\nexcept PermissionError as e:\n    say(text=str(e))"
    result = run(runner, bench, source)
    assert outcomes(result)[0] == ("door_unlock", "rejected", "none")
    assert "APPROVAL: door_unlock needs a person's approval" in bench.sent()[0]
    assert bench.listener.lines[0] == ("ended", "rejected")
    result = run(runner, bench, "door_unlock()")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "APPROVAL")


@pytest.mark.parametrize("handler", ["except PermissionError", "except BaseException", "except Exception"])
def test_three_refusals_of_one_call_end_the_run(runner: asyncio.Runner, bench: Bench, handler: str) -> None:
    source = f"for _ in range(9):\n    try:\n        door_unlock()\n    {handler}:\n        say(text='again')"
    result = run(runner, bench, source)
    assert (result.status, result.error_code) == (RunStatus.FAILED, "BUDGET")
    assert "door_unlock in line 3 was refused 3 times" in result.summary
    assert [entry[0] for entry in outcomes(result)].count("door_unlock") == 3
    assert all("say" in line for line in bench.sent())


def test_refusals_by_the_device_count_too(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.behaviours["light_on"] = bench.devices.ending(Status.REJECTED)
    source = "for _ in range(9):\n    try:\n        light_on(light='hall')\n    except PermissionError:\n        pass"
    result = run(runner, bench, source)
    assert result.error_code == "BUDGET"
    assert len(bench.sent()) == 3


def test_calls_are_bounded(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, budgets=Budgets(calls=7))
    source = "for _ in range(99):\n    try:\n        thermometer_read()\n    except BaseException:\n        pass"
    result = run(runner, bench, source)
    assert (result.status, result.error_code) == (RunStatus.FAILED, "BUDGET")
    assert len(bench.sent()) == len(result.calls) == 7


def test_time_is_bounded_and_the_pending_call_withdrawn(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter, budgets=Budgets(run_s=300.0))

    async def drive_long(call: Call, document: ApiDocument, progress: Progress) -> Outcome:
        loop = asyncio.get_running_loop()
        loop.call_soon(let_pass, loop, 301.0)
        return await bench.devices.drive(call, document, progress)

    bench.devices.behaviours["robot_find"] = drive_long
    result = runner.run(bench.run("robot_find(object='cup')"))
    assert (result.status, result.error_code) == (RunStatus.FAILED, "BUDGET")
    assert outcomes(result) == [("robot_find", "cancelled", "none")]


def test_code_that_raises_fails_with_its_line(runner: asyncio.Runner, bench: Bench) -> None:
    result = run(runner, bench, "t = thermometer_read()\nx = [t][int(t)]")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "PROGRAM")
    assert "line 2: IndexError" in result.summary


def test_a_binding_that_raises_leaves_the_call_in_doubt(runner: asyncio.Runner, bench: Bench) -> None:
    async def broken(_call: Call, _document: ApiDocument, _progress: Progress) -> Outcome:
        raise ZeroDivisionError("oops")

    bench.devices.behaviours["light_on"] = broken
    result = run(runner, bench, "light_on(light='hall')")
    assert result.error_code == "IN_DOUBT"
    assert "its binding failed: ZeroDivisionError: oops" in result.summary


def test_a_kind_that_nothing_performs_is_unavailable(runner: asyncio.Runner, bench: Bench) -> None:
    bench.runner._performer._dispatcher._bindings.clear()  # type: ignore[attr-defined]
    result = run(runner, bench, "light_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.UNAVAILABLE, "NO_BINDING")


def test_a_journal_that_cannot_be_written_keeps_the_call_back(
    runner: asyncio.Runner, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_call: Call, *, durable: bool) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(bench.journal, "begin_call", full)
    result = run(runner, bench, "try:\n    light_on(light='hall')\nexcept BaseException:\n    pass")
    assert (result.status, result.error_code) == (RunStatus.FAILED, "INTERNAL")
    assert bench.sent() == []


def test_a_stop_while_the_journal_writes_keeps_the_call_back(
    runner: asyncio.Runner, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = bench.journal.begin_call

    def stopped_meanwhile(call: Call, *, durable: bool, new: bool = False) -> None:
        begin(call, durable=durable, new=new)
        stopping = threading.Thread(target=bench.latch.latch, args=("the button",))
        stopping.start()
        stopping.join()

    monkeypatch.setattr(bench.journal, "begin_call", stopped_meanwhile)
    result = run(runner, bench, "try:\n    bell_ring()\nexcept Exception:\n    light_on(light='hall')")
    assert (result.status, result.error_code) == (RunStatus.CANCELLED, "STOPPED")
    assert bench.sent() == []
    [(_, call), (_, outcome)] = bench.journal.lines
    assert (outcome.call_id, outcome.status, outcome.error.code) == (call.call_id, Status.CANCELLED, "STOPPED")
    assert "bell_ring was not sent: stopped: the button" in outcome.error.message
    assert [record.outcome for record in result.calls] == [outcome]


def test_a_call_that_may_be_hazardous_is_written_durably(runner: asyncio.Runner, bench: Bench) -> None:
    bench.shelf.put(document("door_open", hazardous_when=['state["door.kind"] == "garage"']))
    bench.state.set("door.kind", "blind", source=SOURCE)
    run(runner, bench, "door_open()")
    assert bench.sent() == ["door_open()"]
    assert [kind for kind, _ in bench.journal.lines] == ["durable", "end"]


def test_a_result_that_code_cannot_hold_fails_the_run_only(runner: asyncio.Runner, bench: Bench) -> None:
    bench.devices.values["thermometer_read"] = object()
    assert run(runner, bench, "t = thermometer_read()").status is RunStatus.FAILED
    bench.devices.values["thermometer_read"] = 20.0
    assert run(runner, bench, "t = thermometer_read()").status is RunStatus.SUCCEEDED
