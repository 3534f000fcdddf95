"""A person's yes: for one call with its arguments, while it lasts, from who may give it. Everything else is a no."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from home_documents import Shelf, document
from test_gate import Door

from taskmatrix_ros.core.approval import (
    Approval,
    ApprovalAnswer,
    ApprovalRequest,
    ApprovalScope,
    ForetoldCall,
    Question,
)
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import ApprovalRequired, CallRefused, RequestError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.core.instruction import Channel, Instruction
from taskmatrix_ros.core.outcome import utc_now
from taskmatrix_ros.core.policy import Policy
from taskmatrix_ros.core.ports import Approvals, Questions
from taskmatrix_ros.executor.people.approval_desk import ApprovalDesk
from taskmatrix_ros.executor.people.question_desk import QuestionDesk

START = datetime(2030, 1, 1, tzinfo=UTC)


class HandWall:
    """A wall clock that is set by hand."""

    moment = START

    def now(self) -> datetime:
        return self.moment


def request(api: str = "door_unlock", **fields: Any) -> ApprovalRequest:
    given: dict[str, Any] = {
        "run_id": "run",
        "call_id": "call",
        "api": api,
        "arguments": {},
        "effect": Effect.HAZARDOUS,
        "reason": f"{api} is hazardous",
        "channel": Channel.ROS,
        "expires_at": START + timedelta(seconds=60),
    }
    return ApprovalRequest(**(given | fields))


def yes(asked: ApprovalRequest, **fields: Any) -> Approval:
    given: dict[str, Any] = {"approval_id": asked.approval_id, "approved": True, "channel": Channel.CLI, "at": START}
    return Approval(request=asked, answer=ApprovalAnswer(**(given | fields)))


def said(asked: ApprovalRequest, approved: bool = True, channel: Channel = Channel.ROS) -> ApprovalAnswer:
    return ApprovalAnswer(approval_id=asked.approval_id, approved=approved, channel=channel)


class GuardedDoor(Door):
    """A gate whose approvals expire by a clock that is set by hand."""

    def __init__(self, *documents: Any, **settings: Any) -> None:
        self.wall = HandWall()
        super().__init__(*documents, approval_clock=self.wall, **settings)

    def pass_with(self, api: str, approval: Approval | None, run_id: str = "run", **arguments: Any) -> None:
        entry = self.shelf.get(api)
        assert entry is not None
        call = Call(run_id=run_id, api=api, arguments=arguments, deadline_s=1.0)
        self.gate.admit(call, entry, Instruction(text="do it"), approval)

    def why_not(self, api: str, approval: Approval | None, **more: Any) -> str:
        with pytest.raises(ApprovalRequired) as refused:
            self.pass_with(api, approval, **more)
        return refused.value.message


# --- what the Gate makes of an approval -------------------------------------------------------------------------------


def test_a_yes_lets_one_call_pass_once() -> None:
    door = GuardedDoor()
    assert "door_unlock is hazardous" in door.why_not("door_unlock", None)
    approval = yes(request())
    door.pass_with("door_unlock", approval)
    assert "used already" in door.why_not("door_unlock", approval)


@pytest.mark.parametrize(
    ("approval", "why"),
    [
        (yes(request(), approved=False), "no yes to that request"),
        (yes(request(), approval_id="another"), "no yes to that request"),
        (yes(request(), channel=Channel.MQTT), "nobody may approve on channel mqtt"),
        (yes(request(), channel=Channel.MCP), "nobody may approve on channel mcp"),
        (yes(request(), channel=Channel.RULE), "nobody may approve on channel rule"),
        (yes(request(run_id="other")), "it is for run other"),
        (yes(request(expires_at=START)), "it expired at"),
        (yes(request(), at=START + timedelta(hours=1)), "the clock was set back"),
        (yes(request("bell_ring")), "it is for bell_ring"),
        (yes(request(arguments={"gently": True})), None),
        (
            yes(request(scope=ApprovalScope.RUN, covers=(ForetoldCall(api="door_unlock", arguments={}),))),
            "for each call",
        ),
    ],
)
def test_what_is_no_yes_to_this_call_does_not_count(approval: Approval, why: str | None) -> None:
    door = GuardedDoor()
    if why is None:  # an argument the document does not have: it changes nothing that could be sent
        door.pass_with("door_unlock", approval)
    else:
        assert why in door.why_not("door_unlock", approval)


def test_a_yes_for_other_arguments_does_not_count() -> None:
    door = GuardedDoor(policy=Policy.model_validate({"approve": ["light_on"]}))
    approval = yes(request("light_on", arguments={"light": "hall", "brightness_pct": 10}))
    assert "other arguments" in door.why_not("light_on", approval, light="hall", brightness_pct=100)
    assert "other arguments" in door.why_not("light_on", approval, light="hall")
    door.pass_with("light_on", approval, light="hall", brightness_pct=10)


def test_true_is_not_one() -> None:
    entry = document("set_to", parameters={"value": {"type": "object"}})
    door = GuardedDoor(entry, policy=Policy.model_validate({"approve": ["set_to"]}))
    approval = yes(request("set_to", arguments={"value": {"a": 1}}))
    assert "other arguments" in door.why_not("set_to", approval, value={"a": True})
    door.pass_with("set_to", approval, value={"a": 1})


def test_a_yes_ends_with_its_time() -> None:
    door = GuardedDoor()
    approval = yes(request())
    door.wall.moment = START + timedelta(seconds=60)
    assert "expired" in door.why_not("door_unlock", approval)
    door.wall.moment = START + timedelta(seconds=59)
    door.pass_with("door_unlock", approval)


def test_a_refused_call_does_not_use_a_yes_up() -> None:
    door = GuardedDoor(document("open_up", effect="hazardous", requires=['state["a.b"] == 1']))
    approval = yes(request("open_up"))
    with pytest.raises(CallRefused, match="requires"):
        door.pass_with("open_up", approval)
    door.state.set("a.b", 1, source="x")
    door.pass_with("open_up", approval)


def test_a_yes_for_the_run_covers_what_was_foretold() -> None:
    policy = Policy.model_validate({"approve": [{"apis": ["light_on", "bell_ring"], "scope": "run"}]})
    door = GuardedDoor(policy=policy)
    covers = (
        ForetoldCall(api="light_on", arguments={"light": "hall"}),
        ForetoldCall(api="bell_ring", arguments={}),
        ForetoldCall(api="bell_ring", arguments={}),
        ForetoldCall(api="door_unlock", arguments={}),
    )
    approval = yes(request("light_on", scope=ApprovalScope.RUN, covers=covers))
    for _ in range(3):
        door.pass_with("light_on", approval, light="hall")  # idempotent: as often as it comes
    assert "does not cover" in door.why_not("light_on", approval, light="kitchen")
    door.pass_with("bell_ring", approval)
    door.pass_with("bell_ring", approval)
    assert "foretold 2 times" in door.why_not("bell_ring", approval)
    assert "one for each call" in door.why_not("door_unlock", approval)  # hazardous, and the policy does not name it
    assert "for run run" in door.why_not("light_on", approval, run_id="other", light="hall")


def test_a_policy_may_leave_fewer_channels_to_answer_from() -> None:
    door = GuardedDoor(policy=Policy.model_validate({"answers_from": ["cli"]}))
    assert "channel ros" in door.why_not("door_unlock", yes(request(), channel=Channel.ROS))
    door.pass_with("door_unlock", yes(request(), channel=Channel.CLI))


# --- the desk ---------------------------------------------------------------------------------------------------------


class Desk:
    """A desk, and what it told."""

    def __init__(self, **settings: Any) -> None:
        self.events: list[Event] = []
        bus = EventBus()
        bus.listen(self.events.append)
        self.desk = ApprovalDesk(bus, catalogue=Shelf(), **settings)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    async def asked(self, wanted: ApprovalRequest) -> asyncio.Task[Approval]:
        task = asyncio.create_task(self.desk.ask(wanted))
        while not self.desk.pending():
            await asyncio.sleep(0)
        return task


def soon(seconds: float = 600.0) -> datetime:
    return utc_now() + timedelta(seconds=seconds)


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(main())


def test_they_are_the_ports() -> None:
    approvals: Approvals = ApprovalDesk(EventBus())
    questions: Questions = QuestionDesk(EventBus())
    assert approvals.pending() == questions.pending() == ()


def test_a_yes_comes_back_with_its_request() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        assert desk.desk.pending("run") == (wanted,)
        assert desk.desk.pending("other run") == ()
        desk.desk.answer(said(wanted))
        approval = await task
        assert (approval.request, approval.answer.approved) == (wanted, True)
        assert desk.desk.pending() == ()
        assert desk.kinds == ["approval_requested", "approval_answered"]
        door = GuardedDoor()
        door.wall.moment = utc_now()
        door.pass_with("door_unlock", approval)

    play(scenario)


def test_a_no_is_a_refusal_with_its_comment() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        desk.desk.answer(said(wanted, approved=False).model_copy(update={"comment": "the cat is out"}))
        with pytest.raises(CallRefused, match="a person said no: the cat is out"):
            await task

    play(scenario)


def test_no_answer_is_a_no() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon(0.05))
        with pytest.raises(CallRefused, match="nobody answered in time") as refused:
            await desk.desk.ask(wanted)
        assert refused.value.error_code == "APPROVAL"
        assert not isinstance(refused.value, ApprovalRequired)
        assert desk.kinds == ["approval_requested", "approval_expired"]
        with pytest.raises(RequestError, match="waits for an answer"):
            desk.desk.answer(said(wanted))

    play(scenario)


def test_a_request_that_has_expired_already_is_a_no() -> None:
    async def scenario() -> None:
        with pytest.raises(CallRefused, match="nobody answered in time"):
            await Desk().desk.ask(request(expires_at=soon(-1)))

    play(scenario)


def test_an_answer_after_the_wall_clock_passed_the_expiry_is_refused() -> None:
    async def scenario() -> None:
        wall = HandWall()
        desk = Desk(clock=wall)
        wanted = request(expires_at=START + timedelta(seconds=60))
        task = await desk.asked(wanted)
        wall.moment = START + timedelta(seconds=61)
        assert desk.desk.pending() == ()
        with pytest.raises(RequestError, match="expired at") as refused:
            desk.desk.answer(said(wanted))
        assert refused.value.error_code == "EXPIRED"
        with pytest.raises(CallRefused, match="nobody answered in time"):
            await task  # steady time has not passed; the jump is noticed within a second

    play(scenario)


def test_a_wall_clock_that_stands_still_does_not_keep_a_request_alive() -> None:
    async def scenario() -> None:
        desk = Desk(clock=HandWall())
        with pytest.raises(CallRefused, match="nobody answered in time"):
            await desk.desk.ask(request(expires_at=START + timedelta(seconds=0.1)))

    play(scenario)


@pytest.mark.parametrize("channel", [Channel.MQTT, Channel.MCP, Channel.RULE])
def test_the_channel_of_a_device_a_model_or_a_rule_cannot_answer(channel: Channel) -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon(), channel=channel)
        task = await desk.asked(wanted)
        with pytest.raises(RequestError, match=f"nobody may approve on channel {channel.value}") as refused:
            desk.desk.answer(said(wanted, channel=channel))
        assert refused.value.error_code == "CHANNEL_FORBIDDEN"
        assert desk.desk.pending() == (wanted,)  # it goes on waiting for a person
        desk.desk.answer(said(wanted, channel=Channel.CLI))
        assert (await task).answer.channel is Channel.CLI

    play(scenario)


def test_an_unknown_request_leaves_others_waiting() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        with pytest.raises(RequestError, match="no approval 'nonsense' waits"):
            desk.desk.answer(ApprovalAnswer(approval_id="nonsense", approved=True, channel=Channel.CLI))
        assert desk.desk.pending() == (wanted,)
        desk.desk.answer(said(wanted))
        await task

    play(scenario)


def test_the_same_word_twice_is_heard_once_and_another_word_is_too_late() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        desk.desk.answer(said(wanted))
        desk.desk.answer(said(wanted))
        with pytest.raises(RequestError):
            desk.desk.answer(said(wanted, approved=False))
        assert (await task).answer.approved
        desk.desk.answer(said(wanted))
        assert desk.kinds.count("approval_answered") == 1

    play(scenario)


def test_a_run_that_ends_takes_its_request_along() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert desk.desk.pending() == ()
        assert desk.kinds == ["approval_requested", "approval_withdrawn"]
        with pytest.raises(RequestError):
            desk.desk.answer(said(wanted))

    play(scenario)


def test_a_request_cannot_be_asked_twice() -> None:
    async def scenario() -> None:
        desk = Desk()
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        with pytest.raises(CallRefused, match="asked before"):
            await desk.desk.ask(wanted)
        desk.desk.answer(said(wanted))
        await task
        with pytest.raises(CallRefused, match="asked before"):
            await desk.desk.ask(wanted)

    play(scenario)


def test_where_nobody_may_answer_nobody_is_asked() -> None:
    async def scenario() -> None:
        desk = Desk(policy=Policy(answers_from=frozenset()))
        with pytest.raises(CallRefused, match="nobody may give one here"):
            await desk.desk.ask(request(expires_at=soon()))
        assert desk.kinds == []

    play(scenario)


def test_what_is_sensitive_is_not_told() -> None:
    async def scenario() -> None:
        events: list[Event] = []
        bus = EventBus()
        bus.listen(events.append)
        entry = document("safe_open", parameters={"pin": {"type": "string", "sensitive": True}}, effect="hazardous")
        desk = ApprovalDesk(bus, catalogue=Shelf([entry]))
        with pytest.raises(CallRefused):
            await desk.ask(request("safe_open", arguments={"pin": "1234"}, expires_at=soon(0.02)))
        assert [event.data["arguments"] for event in events] == [{"pin": "***"}] * 2

    play(scenario)


class BrokenAudit:
    """A full disk."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.full = True

    def record(self, kind: str, fields: Any, *, durable: bool = False) -> None:
        if self.full:
            raise OSError("no space left on device")
        self.kinds.append(kind)


def test_what_cannot_be_written_down_is_not_asked_and_not_approved() -> None:
    async def scenario() -> None:
        audit = BrokenAudit()
        desk = Desk(audit=audit)
        with pytest.raises(CallRefused, match="nobody could be asked: the audit log cannot be written"):
            await desk.desk.ask(request(expires_at=soon()))
        assert desk.kinds == []
        audit.full = False
        wanted = request(expires_at=soon())
        task = await desk.asked(wanted)
        audit.full = True
        with pytest.raises(RequestError, match="was not taken"):
            desk.desk.answer(said(wanted))
        assert desk.desk.pending() == (wanted,)
        audit.full = False
        desk.desk.answer(said(wanted))
        await task
        assert audit.kinds == ["approval_requested", "approval_answered"]

    play(scenario)


# --- questions --------------------------------------------------------------------------------------------------------


class QuestionTable:
    """A desk for questions, and what it told."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        bus = EventBus()
        bus.listen(lambda event: self.kinds.append(event.kind))
        self.desk = QuestionDesk(bus)

    async def asked(self, question: Question) -> asyncio.Task[str | None]:
        task = asyncio.create_task(self.desk.ask(question))
        while not self.desk.pending():
            await asyncio.sleep(0)
        return task


def question(seconds: float = 600.0, **fields: Any) -> Question:
    return Question(run_id="run", call_id="call", text="Which cup?", expires_at=soon(seconds), **fields)


def test_a_question_is_answered_by_a_choice_or_free_words() -> None:
    async def scenario() -> None:
        table = QuestionTable()
        wanted = question(choices=("red", "blue"))
        task = await table.asked(wanted)
        for wrong in ("green", "", "   "):
            with pytest.raises(RequestError) as refused:
                table.desk.answer(wanted.question_id, wrong)
            assert refused.value.error_code == "BAD_ANSWER"
        assert table.desk.pending("run") == (wanted,)
        table.desk.answer(wanted.question_id, " BLUE ")
        assert await task == "blue"
        table.desk.answer(wanted.question_id, "blue")  # not heard the first time
        free = question()
        task = await table.asked(free)
        with pytest.raises(RequestError, match="1 to 4000"):
            table.desk.answer(free.question_id, "x" * 5000)
        table.desk.answer(free.question_id, "the one by the sink")
        assert await task == "the one by the sink"
        assert table.kinds == ["question_asked", "question_answered"] * 2

    play(scenario)


def test_a_question_without_an_answer_ends() -> None:
    async def scenario() -> None:
        table = QuestionTable()
        assert await table.desk.ask(question(0.02)) is None
        assert table.kinds == ["question_asked", "question_expired"]
        task = await table.asked(question())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert table.desk.pending() == ()
        assert table.kinds[-1] == "question_withdrawn"

    play(scenario)
