"""A run that needs a yes: without one, whatever the reason, nothing is done, and the code can handle that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from fakes import Bench
from home_documents import code

from taskmatrix_ros.core.approval import Approval, ApprovalAnswer, ApprovalRequest, ApprovalScope
from taskmatrix_ros.core.errors import RequestError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.instruction import ApprovalMode, Channel, Instruction
from taskmatrix_ros.core.outcome import Status, utc_now
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.run import Rehearsed, RunStatus
from taskmatrix_ros.core.run_ports import RunResult
from taskmatrix_ros.executor.people.approval_desk import ApprovalDesk
from taskmatrix_ros.executor.rehearsal.rehearsal import Rehearsal
from taskmatrix_ros.executor.sandbox.interpreter import Interpreter

CAUGHT = (
    'try:\n    door_unlock()\nexcept PermissionError as error:\n    say(text=str(error)[:60])\nlight_on(light="hall")'
)
ASKS = {"approve": ["bell_ring", {"apis": ["light_*"], "scope": "run"}], "approval_expires_s": 600}

SOON = {"approval_expires_s": 0.3}
"""For requests that nobody answers."""

Reply = Callable[[ApprovalDesk, str], None]
"""Answers the approval of an id."""


def reply(approved: bool, channel: Channel = Channel.CLI) -> Reply:
    def answer(desk: ApprovalDesk, approval_id: str) -> None:
        desk.answer(ApprovalAnswer(approval_id=approval_id, approved=approved, channel=channel))

    return answer


class Home:
    """A bench with a desk and a person, who replies at once."""

    def __init__(self, interpreter: Interpreter, person: Reply | None, **policy: Any) -> None:
        self.requests: list[Mapping[str, Any]] = []
        """What was told of each."""
        self.refused: list[str] = []
        self._person = person
        events = EventBus()
        events.listen(self._hear)
        rules = Policy.model_validate(policy or {"approval_expires_s": 600})
        self.desk = ApprovalDesk(events, policy=rules)
        self.bench = Bench(interpreter, policy=rules, approvals=self.desk)
        self._rehearsal = Rehearsal(interpreter)

    def _hear(self, event: Event) -> None:
        if event.kind == "approval_requested":
            self.requests.append(event.data)
            asyncio.get_running_loop().call_soon(self._reply, event.data["approval_id"])

    def _reply(self, approval_id: str) -> None:
        try:
            if self._person is not None:
                self._person(self.desk, approval_id)
        except RequestError as error:
            self.refused.append(error.error_code)

    async def run(self, source: str, *, rehearse: bool = False, **instruction: Any) -> RunResult:
        bench = self.bench
        verified = await bench.verifier.verify(code(source, bench.shelf.documents()))
        foretold = await self._rehearsal.rehearse(verified, {}, utc_now()) if rehearse else Rehearsed()
        asked = Instruction(text="do it", **instruction)
        return await bench.runner.run(verified, asked, "run", bench.listener, foretold=foretold)


def sent(home: Home) -> list[str]:
    return [call.api for call in home.bench.devices.calls]


@pytest.mark.parametrize(
    ("person", "channel", "refused"),
    [
        (None, Channel.ROS, []),
        (reply(False), Channel.ROS, []),
        (reply(True, Channel.MQTT), Channel.MQTT, ["CHANNEL_FORBIDDEN"]),
        (reply(True, Channel.MCP), Channel.MCP, ["CHANNEL_FORBIDDEN"]),
        (reply(True, Channel.RULE), Channel.RULE, ["CHANNEL_FORBIDDEN"]),
        (reply(True, Channel.MCP), Channel.CLI, ["CHANNEL_FORBIDDEN"]),
    ],
)
def test_without_a_persons_yes_it_is_not_done_and_the_code_goes_on(
    runner: asyncio.Runner, interpreter: Interpreter, person: Reply | None, channel: Channel, refused: list[str]
) -> None:
    home = Home(interpreter, person, **(SOON if person is None or refused else {}))
    result = runner.run(home.run(CAUGHT, channel=channel))
    assert sent(home) == ["say", "light_on"]
    assert home.bench.devices.calls[0].arguments["text"].startswith("APPROVAL: door_unlock was not approved")
    assert next(record.outcome.status for record in result.calls if record.outcome) is Status.REJECTED
    assert home.refused == refused
    assert home.desk.pending() == ()


def test_a_yes_that_nobody_handles_the_want_of_ends_the_run_not_done(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    home = Home(interpreter, None, **SOON)
    result = runner.run(home.run("door_unlock()"))
    assert (result.status in (RunStatus.FAILED, RunStatus.REFUSED), sent(home)) == (True, [])


def test_a_yes_lets_it_go_out(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    home = Home(interpreter, reply(True))
    runner.run(home.run("door_unlock()"))
    assert sent(home) == ["door_unlock"]
    assert home.requests[0]["reason"] == "door_unlock is hazardous"
    assert ("waiting", "an approval of door_unlock()") in home.bench.listener.statuses


def test_where_the_instruction_allows_none_nobody_is_asked(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    home = Home(interpreter, reply(True))
    runner.run(home.run(CAUGHT, approval=ApprovalMode.DENY))
    assert (sent(home), home.requests) == (["say", "light_on"], [])


class Liar:
    """An approvals port that hands out something else than was asked for."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    async def ask(self, request: ApprovalRequest) -> Approval:
        answer = ApprovalAnswer(approval_id=request.approval_id, approved=True, channel=Channel.CLI)
        for name, value in self.changes.items():
            if name in type(answer).model_fields:
                answer = answer.model_copy(update={name: value})
            else:
                request = request.model_copy(update={name: value})
        return Approval(request=request, answer=answer)

    def answer(self, answer: ApprovalAnswer) -> None: ...

    def pending(self, run_id: str = "") -> tuple[ApprovalRequest, ...]:
        return ()


@pytest.mark.parametrize(
    "changes",
    [
        {"api": "bell_ring"},
        {"run_id": "another"},
        {"expires_at": utc_now() - timedelta(seconds=1)},
        {"approved": False},
        {"channel": Channel.MQTT},
        {"channel": Channel.MCP},
        {"approval_id": "another"},
        {"at": utc_now() + timedelta(days=1)},
    ],
)
def test_the_gate_alone_holds_against_an_approval_that_does_not_fit(
    runner: asyncio.Runner, interpreter: Interpreter, changes: dict[str, Any]
) -> None:
    bench = Bench(interpreter, approvals=Liar(**changes))
    runner.run(bench.run(CAUGHT))
    assert [call.api for call in bench.devices.calls] == ["say", "light_on"]


def test_the_gate_alone_holds_against_a_yes_for_other_arguments(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    other = {"arguments": {"light": "hall", "brightness_pct": 1}}
    bench = Bench(interpreter, policy=Policy.model_validate({"approve": ["light_on"]}), approvals=Liar(**other))
    source = 'try:\n    light_on(light="hall", brightness_pct=100)\nexcept PermissionError:\n    bell_ring()'
    runner.run(bench.run(source))
    assert [call.api for call in bench.devices.calls] == ["bell_ring"]
    runner.run(bench.run('light_on(light="hall", brightness_pct=1)'))
    assert [call.api for call in bench.devices.calls] == ["bell_ring", "light_on"]


def test_one_yes_covers_the_foretold_calls_of_a_run_and_no_others(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    home = Home(interpreter, reply(True), **ASKS)
    source = 'light_on(light="hall")\nbell_ring()\nlight_off(light="hall")\nlight_on(light="kitchen")'
    runner.run(home.run(source, rehearse=True))
    assert sent(home) == ["light_on", "bell_ring", "light_off", "light_on"]
    assert [(request["api"], request["scope"]) for request in home.requests] == [
        ("light_on", ApprovalScope.RUN.value),
        ("bell_ring", ApprovalScope.CALL.value),
    ]
    assert "light.kitchen.state" in home.requests[0]["diff"]


def test_what_was_not_foretold_is_asked_for_by_itself(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    home = Home(interpreter, reply(True), **ASKS)
    source = 'light_on(light="hall")\nif thermometer_read() > 20:\n    light_off(light="hall")'
    home.bench.devices.values["thermometer_read"] = 25.0
    runner.run(home.run(source, rehearse=True))
    assert sent(home) == ["light_on", "thermometer_read", "light_off"]
    assert [request["scope"] for request in home.requests] == [ApprovalScope.RUN.value, ApprovalScope.CALL.value]


def test_asking_again_and_again_for_what_was_denied_ends_the_run(
    runner: asyncio.Runner, interpreter: Interpreter
) -> None:
    home = Home(interpreter, reply(False))
    source = "for _ in range(10):\n    try:\n        door_unlock()\n    except PermissionError:\n        pass"
    result = runner.run(home.run(source))
    assert (len(home.requests), sent(home)) == (3, [])
    assert result.error_code == "BUDGET"


def test_cancel_while_it_waits_ends_it_not_done(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def scenario() -> None:
        home = Home(interpreter, None, approval_expires_s=600)
        running = asyncio.create_task(home.run("door_unlock()"))
        async with asyncio.timeout(60):
            while not home.requests:
                await asyncio.sleep(0.005)
            await home.bench.runner.cancel("run", "changed my mind")
            result = await running
        assert (result.status, sent(home), home.desk.pending()) == (RunStatus.CANCELLED, [], ())

    runner.run(scenario())


def test_stop_while_it_waits_ends_it_not_done(runner: asyncio.Runner, interpreter: Interpreter) -> None:
    async def scenario() -> None:
        home = Home(interpreter, None, approval_expires_s=600)
        running = asyncio.create_task(home.run("door_unlock()"))
        async with asyncio.timeout(60):
            while not home.requests:
                await asyncio.sleep(0.005)
            home.bench.latch.latch("smoke")
            result = await running
        assert (result.error_code, sent(home), home.desk.pending()) == ("STOPPED", [], ())

    runner.run(scenario())
