"""The ROS 2 binding against real action, service and topic peers in another rclpy context."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

from find_server import FindServer
from given_catalogue import GivenCatalogue

from taskmatrix_ros.bindings.ros2 import Ros2Binding
from taskmatrix_ros.core.api_document import ApiDocument, StateSpec
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.ids import id_to_bytes, new_id
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.simulated_clock import SystemRosClock

FIND = {"kind": "ros2_action", "name": "robot/find", "type": "taskmatrix_interfaces/action/RobotFind"}
TRIGGER = {"kind": "ros2_service", "name": "robot/trigger", "type": "std_srvs/srv/Trigger"}
SAY = {"kind": "ros2_topic", "name": "robot/say", "type": "std_msgs/msg/String", "arguments": {"data": "please {text}"}}
TEXT = {"type": "string"}


def document(name: str, binding: dict, parameters: dict | None = None, **more: object) -> ApiDocument:
    fields = {"name": name, "description": "for tests", "binding": binding, "parameters": parameters or {}} | more
    return ApiDocument.model_validate(fields)


find = document(
    "robot_find", FIND, {"object": TEXT}, returns={"type": "object", "properties": {"object": TEXT}}, effect="actuate"
)
trigger = document("robot_trigger", TRIGGER)
say = document("robot_say", SAY, {"text": TEXT})
holding = StateSpec.model_validate(
    {
        "key": "robot.holding",
        "type": "string",
        "stale_after_s": 5,
        "from": {
            "kind": "ros2_topic",
            "name": "robot/state",
            "type": "taskmatrix_interfaces/msg/RobotState",
            "path": "holding",
            "null_if": "",
        },
    }
)


class SilentClock:
    """A ``/clock`` that has stopped."""

    def __init__(self) -> None:
        self.silent = 0.0

    def now_s(self) -> float:
        return 0.0

    def silent_s(self) -> float:
        return self.silent


class Bench:
    """Binding and server, each in a context of its own, so that every message crosses the middleware."""

    def __init__(
        self,
        *documents: ApiDocument,
        clock: object | None = None,
        connect_s: float = 60.0,
        served: bool = True,
        states: tuple[StateSpec, ...] = (),
    ) -> None:
        self.contexts = [RosContext(), RosContext()]
        self.threads = [NodeThread(context, name) for context, name in zip(self.contexts, ("client", "server"))]
        self.state = StateStore()
        catalogue = GivenCatalogue(documents or (find, trigger), states)
        self.binding = Ros2Binding(
            self.threads[0], catalogue, self.state, clock or SystemRosClock(), connect_s=connect_s
        )
        self.served = served
        self.server = FindServer(self.threads[1])
        self.reports: list = []

    async def __aenter__(self) -> Bench:
        for context, thread in zip(self.contexts, self.threads):
            context.open()
            thread.open()
        try:
            if self.served:
                await self.server.open()
            await self.binding.open()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.server.release_all()
        await self.binding.close()
        await self.server.close()
        for context, thread in zip(self.contexts, self.threads):
            thread.close()
            context.close()

    def call(self, target: ApiDocument, deadline_s: float = 60.0, **arguments: object):
        self.last = Call(run_id=new_id(), api=target.name, arguments=arguments, deadline_s=deadline_s)
        return self.binding.call(self.last, target, self.reports.append)


def run(scenario) -> None:
    asyncio.run(scenario())


def test_a_goal_succeeds_with_its_value_and_the_calls_id() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            outcome = await bench.call(find, object="cup")
            assert (outcome.status, outcome.value) == (Status.SUCCEEDED, {"object": "cup"})
            assert bench.server.goal_ids == [id_to_bytes(bench.last.call_id)]
            assert [(report.completion, report.message) for report in bench.reports] == [(0.5, "looking for cup")]

    run(scenario)


def test_a_hundred_goals_each_get_their_own_answer() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            outcomes = await asyncio.gather(*(bench.call(find, 600.0, object=f"cup {n}") for n in range(100)))
            assert [outcome.value for outcome in outcomes] == [{"object": f"cup {n}"} for n in range(100)]

    run(scenario)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("unicorn", Status.FAILED, "NOT_FOUND"),
        ("away", Status.UNAVAILABLE, "UNAVAILABLE"),
        ("rejected", Status.REJECTED, "REJECTED"),
        ("crash", Status.FAILED, "FAILED"),
    ],
)
def test_a_goal_that_fails_says_why(name: str, status: Status, code: str) -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            outcome = await bench.call(find, object=name)
            assert (outcome.status, outcome.error.code) == (status, code)
            assert outcome.error.message

    run(scenario)


def test_a_goal_that_was_not_answered_when_the_binding_closes_is_in_doubt() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            pending = asyncio.ensure_future(bench.call(find, 600.0, object="undecided"))
            while not bench.server.deciding.is_set():
                await asyncio.sleep(0.01)
            try:
                await bench.binding.close()
                outcome = await asyncio.wait_for(pending, 60)
            finally:
                bench.server.decide.set()
            assert outcome.status is Status.IN_DOUBT, outcome

    run(scenario)


def test_cancel_is_confirmed_by_the_server() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            pending = asyncio.ensure_future(bench.call(find, object="slow"))
            while not bench.reports:
                await asyncio.sleep(0.01)
            await bench.binding.cancel(bench.last.call_id)
            outcome = await pending
            assert outcome.status is Status.CANCELLED

    run(scenario)


def test_stop_cancels_from_another_thread() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            pending = asyncio.ensure_future(bench.call(find, object="slow"))
            while not bench.reports:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(bench.binding.stop)
            assert (await pending).status is Status.CANCELLED

    run(scenario)


def test_a_stop_while_the_server_decides_reaches_the_goal_that_it_takes() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            pending = asyncio.ensure_future(bench.call(find, 600.0, object="undecided slow"))
            while not bench.server.deciding.is_set():
                await asyncio.sleep(0.01)
            try:
                await asyncio.to_thread(bench.binding.stop)
            finally:
                bench.server.decide.set()
            outcome = await asyncio.wait_for(pending, 60)
            assert outcome.status is Status.CANCELLED, outcome

    run(scenario)


def test_a_goal_past_its_deadline_is_cancelled() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            outcome = await bench.call(find, 3.0, object="slow")
            assert outcome.status is Status.TIMED_OUT

    run(scenario)


def test_without_a_server_nothing_is_sent() -> None:
    async def scenario() -> None:
        elsewhere = document("robot_lost", FIND | {"name": "nowhere/find"}, {"object": TEXT})
        async with Bench(elsewhere, connect_s=0.3) as bench:
            outcome = await bench.call(elsewhere, object="cup")
            assert outcome.status is Status.UNAVAILABLE
            assert "/nowhere/find" in outcome.error.message
            assert bench.server.goals == []

    run(scenario)


def test_a_goal_of_an_earlier_life_is_known_by_its_id() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            await bench.call(find, object="cup")
            ended = bench.last
            pending = asyncio.ensure_future(bench.call(find, object="slow"))
            while "slow" not in bench.server.goals:
                await asyncio.sleep(0.01)
            running = bench.last
            later = Ros2Binding(bench.threads[0], GivenCatalogue((find,)), StateStore(), SystemRosClock())
            await later.open()
            outcome = await later.recover(ended, find, bench.reports.append)
            assert (outcome.status, outcome.value) == (Status.SUCCEEDED, {"object": "cup"})
            recovering = asyncio.ensure_future(later.recover(running, find, bench.reports.append))
            await asyncio.wait({recovering}, timeout=0.3)
            assert not recovering.done(), "a goal that goes on is waited for"
            await later.cancel(running.call_id)
            assert (await recovering).status is Status.CANCELLED
            assert (await pending).status is Status.CANCELLED
            unknown = running.model_copy(update={"call_id": new_id()})
            assert await later.recover(unknown, find, bench.reports.append) is None
            assert bench.server.goals == ["cup", "slow"], "asking does nothing again"
            await later.close()

    run(scenario)


def test_servers_and_states_that_come_in_time_are_found_at_the_start() -> None:
    async def scenario() -> None:
        bench = Bench(find, connect_s=60.0, served=False, states=(holding,))
        opening = asyncio.ensure_future(bench.__aenter__())
        try:
            await asyncio.wait({opening}, timeout=0.5)
            assert not opening.done(), "it did not wait for the server"
            await bench.server.open()
            while not opening.done():
                await bench.server.publish(holding="cup")
                await asyncio.wait({opening}, timeout=0.05)
            assert bench.state.read("robot.holding").value == "cup"
            assert (await bench.call(find, object="cup")).status is Status.SUCCEEDED
        finally:
            await bench.__aexit__()

    run(scenario)


def test_a_silent_clock_makes_the_simulator_unavailable() -> None:
    async def scenario() -> None:
        clock = SilentClock()
        async with Bench(clock=clock) as bench:
            pending = asyncio.ensure_future(bench.call(find, object="slow"))
            while not bench.reports:
                await asyncio.sleep(0.01)
            clock.silent = 3.0
            outcome = await pending
            assert outcome.status is Status.UNAVAILABLE
            assert "/clock has been silent" in outcome.error.message
            sent = len(bench.server.goals)
            assert (await bench.call(find, object="cup")).status is Status.UNAVAILABLE
            assert len(bench.server.goals) == sent

    run(scenario)


def test_a_service_answers_and_refuses() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            assert (await bench.call(trigger)).status is Status.SUCCEEDED
            bench.server.trigger_success = False
            outcome = await bench.call(trigger)
            assert (outcome.status, outcome.error.message) == (Status.FAILED, "the device refused")
            assert bench.server.triggers == 2

    run(scenario)


def test_a_message_goes_out_only_if_somebody_listens() -> None:
    async def scenario() -> None:
        from std_msgs.msg import String

        async with Bench(say, connect_s=1.0) as bench:
            assert (await bench.call(say, text="hello")).status is Status.UNAVAILABLE
            bench.binding._connect_s = 60.0
            heard: list[str] = []
            await bench.threads[1].run(
                lambda: bench.threads[1].node.create_subscription(
                    String, "/robot/say", lambda message: heard.append(message.data), 10
                )
            )
            assert (await bench.call(say, text="hello")).status is Status.SUCCEEDED
            async with asyncio.timeout(60):
                while not heard:
                    await asyncio.sleep(0.01)
            assert heard == ["please hello"]

    run(scenario)


@pytest.mark.parametrize("kind", ["ros2_action", "ros2_service", "ros2_topic"])
def test_what_waits_for_its_peer_is_not_sent_after_a_stop(kind: str) -> None:
    async def scenario() -> None:
        from std_msgs.msg import String
        from std_srvs.srv import Trigger

        heard: list[str] = []

        def answer(_request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            heard.append("trigger")
            response.success = True
            return response

        async with Bench(find, connect_s=120.0) as bench:
            node = bench.threads[1].node
            target, arguments, appear = {
                "ros2_action": (
                    document("late_find", FIND | {"name": "late/find"}, {"object": TEXT}),
                    {"object": "cup"},
                    lambda: None,
                ),
                "ros2_service": (
                    document("late_trigger", TRIGGER | {"name": "late/trigger"}),
                    {},
                    lambda: node.create_service(Trigger, "late/trigger", answer),
                ),
                "ros2_topic": (
                    document("late_say", SAY | {"name": "late/say"}, {"text": TEXT}),
                    {"text": "hello"},
                    lambda: node.create_subscription(String, "late/say", lambda said: heard.append(said.data), 10),
                ),
            }[kind]
            pending = asyncio.ensure_future(bench.call(target, 120.0, **arguments))
            await asyncio.wait({pending}, timeout=0.3)
            assert not pending.done(), "it did not wait for its peer"
            await asyncio.to_thread(bench.binding.stop)
            await bench.threads[1].run(appear)
            assert (await pending).status is Status.CANCELLED
            if kind != "ros2_action":
                assert (await bench.call(target, 120.0, **arguments)).status is Status.SUCCEEDED
                async with asyncio.timeout(60):
                    while not heard:
                        await asyncio.sleep(0.01)
                assert len(heard) == 1, "what was asked for before the stop was sent"

    run(scenario)


@pytest.mark.parametrize("target", [trigger, say])
def test_a_stop_between_the_peers_word_and_the_sending_counts(
    target: ApiDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with Bench() as bench:

            async def found(*_given: object) -> bool:
                await asyncio.to_thread(bench.binding.stop)
                return True

            monkeypatch.setattr(bench.binding, "_until", found)
            outcome = await bench.call(target, **({"text": "hello"} if target is say else {}))
            assert (outcome.status, outcome.error.code if outcome.error else "") == (Status.CANCELLED, "STOPPED")
            assert bench.server.triggers == 0

    run(scenario)


def test_topics_feed_the_state() -> None:
    async def scenario() -> None:
        async with Bench(states=(holding,), connect_s=0.1) as bench:
            async with asyncio.timeout(60):
                while bench.state.get("robot.holding") != "cup":
                    await bench.server.publish(holding="cup")
                    await asyncio.sleep(0.05)
            assert bench.state.read("robot.holding").source == "ros2:/robot/state"
            async with asyncio.timeout(60):
                while "robot.holding" in bench.state:  # what it had said before may still be on its way
                    await bench.server.publish(holding="")
                    await asyncio.sleep(0.05)

    run(scenario)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"type": "taskmatrix_interfaces/action/RobotFnd"}, "nearest: 'taskmatrix_interfaces/action/RobotFind'"),
        ({"type": "no_such_package/action/RobotFind"}, "no package 'no_such_package'"),
        ({"arguments": {"thing": "{object}"}}, "has no field 'thing'"),
    ],
)
def test_a_wrong_type_or_field_is_told_at_the_start(changed: dict, said: str) -> None:
    async def scenario() -> None:
        wrong = document("robot_wrong", FIND | changed, {"object": TEXT})
        with pytest.raises(ConfigError, match=said) as caught:
            async with Bench(wrong):
                pass
        assert "robot_wrong" in caught.value.message

    run(scenario)


def test_an_argument_of_the_wrong_type_is_rejected_before_sending() -> None:
    async def scenario() -> None:
        async with Bench() as bench:
            outcome = await bench.call(find, object=["cup"])
            assert (outcome.status, outcome.error.code) == (Status.REJECTED, "BAD_ARGUMENT")
            assert bench.server.goals == []

    run(scenario)
