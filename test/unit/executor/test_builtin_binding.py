"""Waiting for a time, for the world, for a person; also over a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import pytest
from fakes import SOURCE, Bench
from home_documents import DOCUMENTS, Shelf
from sandbox_workers import workers

from taskmatrix_ros.core.approval import Question
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.clocks import SteadyClock, WallClock
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.outcome import Outcome, Status
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import CallRecord, RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.people.question_desk import QuestionDesk
from taskmatrix_ros.executor.running.builtin_binding import BuiltinBinding
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.registry.registry import Registry


def time_documents() -> Registry:
    registry = Registry()
    registry.load([Path(resource("api_manifests/time.yaml"))])
    return registry


TIME = time_documents()


class JumpingClock(SteadyClock):
    """Steady time that a test moves on: sleeping costs nothing."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    async def sleep(self, duration_s: float) -> None:
        self.slept_s.append(duration_s)
        await asyncio.sleep(0)


class Waits:
    """The binding with its desk, around an empty world."""

    def __init__(self, clock: SteadyClock | None = None, state: StateStore | None = None) -> None:
        self.state = StateStore() if state is None else state
        self.desk = QuestionDesk(EventBus())
        self.binding = BuiltinBinding(self.state, self.desk, WallClock(), clock or SteadyClock())
        self.said: list[str] = []

    def do(self, api: str, **arguments: object) -> Awaitable[Outcome]:
        document = TIME.get(api)
        assert document is not None
        self.call = Call(run_id="run", api=api, arguments=document.with_defaults(arguments), deadline_s=9)
        return self.binding.call(self.call, document, lambda report: self.said.append(report.message))

    def recover(self, call: Call) -> Awaitable[Outcome | None]:
        document = TIME.get(call.api)
        assert document is not None
        return self.binding.recover(call, document, lambda _report: None)


def old_call(api: str, age_s: float, **arguments: object) -> Call:
    """A call whose id says that it was made some time ago."""
    import time

    from taskmatrix_ros.core.ids import id_from_bytes

    made = int((time.time() - age_s) * 1000)
    document = TIME.get(api)
    assert document is not None
    call_id = id_from_bytes(made.to_bytes(6, "big") + bytes(10))
    return Call(run_id="run", api=api, arguments=document.with_defaults(arguments), deadline_s=9, call_id=call_id)


def test_a_wait_takes_its_time_and_says_until_when() -> None:
    clock = JumpingClock()
    waits = Waits(clock)
    outcome = asyncio.run(waits.do("wait", duration_s=600))  # type: ignore[arg-type]
    assert (outcome.status, clock.slept_s) == (Status.SUCCEEDED, [600.0])
    assert waits.said[0].startswith("until ")


def test_a_wait_of_an_earlier_life_takes_what_is_left() -> None:
    clock = JumpingClock()
    asyncio.run(Waits(clock).recover(old_call("wait", 400, duration_s=600)))  # type: ignore[arg-type]
    (slept_s,) = clock.slept_s
    assert 100 < slept_s <= 200
    clock = JumpingClock()
    asyncio.run(Waits(clock).recover(old_call("wait", 4000, duration_s=600)))  # type: ignore[arg-type]
    assert clock.slept_s == [0.0], "it was over while the node was away"


def test_waiting_for_the_world() -> None:
    async def scenario() -> tuple[Outcome, Outcome]:
        waits = Waits()
        waiting = asyncio.ensure_future(waits.do("wait_until", condition='state["door.state"] == "closed"'))
        await asyncio.sleep(0)
        waits.state.set("door.state", "open", source=SOURCE)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        waits.state.set("door.state", "closed", source=SOURCE)
        came_true = await waiting
        never = await waits.do("wait_until", condition='state["door.state"] == "open"', timeout_s=0.02)
        return came_true, never

    came_true, never = asyncio.run(scenario())
    assert (came_true.status, came_true.value) == (Status.SUCCEEDED, True)
    assert (never.status, never.value) == (Status.SUCCEEDED, False)


def test_a_condition_that_is_none_is_refused() -> None:
    outcome = asyncio.run(Waits().do("wait_until", condition="when it rains"))  # type: ignore[arg-type]
    assert (outcome.status, outcome.error.code) == (Status.REJECTED, "CONDITION")


def test_a_question_is_answered_or_not() -> None:
    async def scenario() -> tuple[Outcome, Outcome]:
        waits = Waits()
        asking = asyncio.ensure_future(waits.do("ask_user", question="Which?", choices=["coke", "water"]))
        while not waits.desk.pending():
            await asyncio.sleep(0)
        question: Question = waits.desk.pending()[0]
        assert (question.text, question.choices, question.call_id) == ("Which?", ("coke", "water"), waits.call.call_id)
        with pytest.raises(RequestError):
            waits.desk.answer(question.question_id, "tea")
        waits.desk.answer(question.question_id, "water")
        answered = await asking
        silence = await waits.do("ask_user", question="Anybody?", timeout_s=0.01)
        return answered, silence

    answered, silence = asyncio.run(scenario())
    assert (answered.status, answered.value) == (Status.SUCCEEDED, "water")
    assert (silence.status, silence.error.code) == (Status.FAILED, "NO_ANSWER")


@pytest.mark.parametrize(
    ("api", "arguments"), [("wait", {"duration_s": 60}), ("wait_until", {"condition": 'state["a.b"] == 1'})]
)
def test_a_wait_can_be_cancelled(api: str, arguments: dict[str, object]) -> None:
    async def scenario() -> Outcome:
        waits = Waits()
        waiting = asyncio.ensure_future(waits.do(api, **arguments))
        await asyncio.sleep(0.01)
        await waits.binding.cancel(waits.call.call_id)
        return await waiting

    assert asyncio.run(scenario()).status is Status.CANCELLED


def test_a_run_that_waits_says_so_and_holds_no_worker(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    """Ten runs wait at once, more than there are workers; one more runs through meanwhile."""
    shelf = Shelf((*DOCUMENTS, *TIME.documents()))
    state = StateStore()
    waits = Waits(state=state)
    bench = Bench(interpreter, shelf=shelf, bindings=[waits.binding])

    async def scenario() -> tuple[list[RunResult], RunResult]:
        source = "if wait_until(condition='state[\"door.state\"] == \"open\"'):\n    say(text='open')"
        waiting = [asyncio.ensure_future(bench.run(source, f"run{number}")) for number in range(10)]
        async with asyncio.timeout(60):
            while [status for status, _ in bench.listener.statuses].count("waiting") < 10:
                await asyncio.sleep(0.01)
            other = await bench.run("light_on(light='kitchen')", "other")
        assert not any(task.done() for task in waiting)
        state.set("door.state", "open", source=SOURCE)
        return await asyncio.gather(*waiting), other

    results, other = runner.run(scenario())
    assert other.status is RunStatus.SUCCEEDED
    assert {result.status for result in results} == {RunStatus.SUCCEEDED}
    assert len(workers()) <= 8, "four for code that is quick, four for code that is not"


def test_a_run_goes_on_waiting_after_a_crash(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    clock = JumpingClock()
    waits = Waits(clock)
    bench = Bench(interpreter, shelf=Shelf((*DOCUMENTS, *TIME.documents())), bindings=[waits.binding])
    log = [CallRecord(call=old_call("wait", 100, duration_s=600).model_copy(update={"sequence": 1}))]
    result = runner.run(bench.run("wait(duration_s=600)\nlight_on(light='hall')", log=log))
    assert result.status is RunStatus.SUCCEEDED
    (slept_s,) = clock.slept_s
    assert 400 < slept_s <= 500


def test_an_orderly_end_leaves_a_run_that_waits_to_the_next_life(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    waits = Waits()
    bench = Bench(interpreter, shelf=Shelf((*DOCUMENTS, *TIME.documents())), bindings=[waits.binding])
    source = "light_on(light='hall')\nwait(duration_s=600)\nlight_on(light='kitchen')"

    async def scenario() -> None:
        task = asyncio.ensure_future(bench.run(source))
        async with asyncio.timeout(60):
            while not bench.listener.statuses:
                await asyncio.sleep(0.005)
        assert bench.runner.leave("run")
        with pytest.raises(asyncio.CancelledError):
            await task

    runner.run(scenario())
    ended = {outcome.call_id for kind, outcome in bench.journal.lines if kind == "end"}
    began = [call for kind, call in bench.journal.lines if kind == "begin"]
    assert [call.call_id in ended for call in began] == [True, False], "as a crash would leave it"


def test_a_run_that_acts_is_not_left(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    bench = Bench(interpreter)
    bench.devices.behaviours["robot_find"] = bench.devices.drive

    async def scenario() -> RunStatus:
        task = asyncio.ensure_future(bench.run("robot_find(object='cup')"))
        await bench.devices.began.wait()
        assert not bench.runner.leave("run")
        await bench.runner.cancel("run", "the node ends")
        return (await task).status

    assert runner.run(scenario()) is RunStatus.CANCELLED
