"""The node over real ROS: its action, services, lifecycle, and what a restart finds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

sys.path.insert(0, str(Path(__file__).parents[1] / "ros"))
from find_server import FindServer

from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_interfaces.srv import Rearm
from taskmatrix_ros.app import safety
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.app.safety import Safety
from taskmatrix_ros.core.errors import CallUnavailable, ConfigError
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.ids import id_to_bytes
from taskmatrix_ros.core.instruction import Mode
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.node.safety_server import SafetyServer
from taskmatrix_ros.node.task_node import TaskNode
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.qos_profiles import LATCHED
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.task_client import TaskClient
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal

PATIENCE_S = 400.0
"""A scenario that takes longer has failed; some start the command line half a dozen times."""

MANIFEST = """
package: finder
version: 1.0.0
state:
  - key: robot.located
    type: array
    from: {kind: ros2_topic, name: robot/state, type: taskmatrix_interfaces/msg/RobotState, path: located}
apis:
  - name: robot_find
    description: Look for an object.
    parameters:
      object: {type: string}
    sentences: {en: ["find the {object}"]}
    ensures: ['args.object in state["robot.located"]']
    effect: actuate
    idempotent: true
    resources: [robot]
    deadline_s: 300
    confirm_s: 5
    binding: {kind: ros2_action, name: robot/find, type: taskmatrix_interfaces/action/RobotFind}
"""


class Graph:
    """A node, the robot's side and a client, each in a ROS context of its own."""

    def __init__(self, folder: Path, manifest: str = MANIFEST, more: str = "") -> None:
        (folder / "finder.yaml").write_text(manifest)
        profile = folder / "profile.yaml"
        settings = f"manifests: ['{folder}/finder.yaml']\nstate_folder: '{folder}'\nros: {{connect_s: 60}}\n"
        profile.write_text(settings + more)
        self.node = TaskNode(load_settings(str(profile)))
        self.contexts = [RosContext(), RosContext()]
        self.threads = [NodeThread(context, name) for context, name in zip(self.contexts, ("robot", "client"))]
        self.robot = FindServer(self.threads[0])
        self.client = TaskClient(self.threads[1], connect_s=120.0)
        self.feedback: list[dict[str, Any]] = []
        self._located: list[str] = []
        self._publisher: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Graph:
        try:
            for context, thread in zip(self.contexts, self.threads):
                context.open()
                thread.open()
            await self.robot.open()
            await self.client.open()
            await self.node.open()
        except BaseException:
            await self.__aexit__()
            raise
        self._publisher = asyncio.create_task(self._publish())
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._publisher is not None:
            self._publisher.cancel()
            await asyncio.gather(self._publisher, return_exceptions=True)
        await self.robot.release_all()
        await self.node.close()
        await self.client.close()
        await self.robot.close()
        for context, thread in zip(self.contexts, self.threads):
            thread.close()
            context.close()

    async def _publish(self) -> None:
        while True:
            await self.robot.publish(located=self._located)
            await asyncio.sleep(0.05)

    async def locate(self, *names: str) -> None:
        """Have the robot say what it has located, and wait until the node has heard it."""
        self._located = list(names)
        while self.node.system is None or self.node.system.state.get("robot.located") != list(names):
            await asyncio.sleep(0.01)

    def do(self, text: str, **more: Any) -> Awaitable[dict[str, Any]]:
        return self.client.execute(text, self.feedback.append, **more)

    async def request(self, kind: str, name: str, /, **fields: Any) -> Any:
        return await self.client.request(f"taskmatrix_interfaces/srv/{kind}", name, timeout_s=PATIENCE_S, **fields)

    async def lifecycle(self, transition: int) -> str:
        """Ask for a transition. :returns: the state after it. A request whose answer was lost is sent again, and
        then refused, so the state tells more than the answer."""
        from lifecycle_msgs.msg import Transition

        asked = Transition(id=transition)
        change, get = "lifecycle_msgs/srv/ChangeState", "lifecycle_msgs/srv/GetState"
        await self.client.request(change, "lifecycle/change_state", timeout_s=PATIENCE_S, transition=asked)
        response = await self.client.request(get, "lifecycle/get_state", timeout_s=PATIENCE_S)
        return str(response.current_state.label)


def play(folder: Path, scenario: Callable[[Graph], Awaitable[None]], manifest: str = MANIFEST, more: str = "") -> None:
    async def main() -> None:
        async with asyncio.timeout(PATIENCE_S), Graph(folder, manifest, more) as graph:
            await scenario(graph)

    asyncio.run(main())


def test_an_instruction_is_done_told_and_kept(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        result = await graph.do("find the cup", request_id="r1")
        assert (result["status"], result["succeeded"]) == ("succeeded", True)
        [call] = result["calls"]
        assert (call["status"], call["confirmation"]) == ("succeeded", "confirmed")
        assert graph.robot.goal_ids == [id_to_bytes(call["call_id"])]
        assert {entry["run_id"] for entry in graph.feedback} == {result["run_id"]}
        again = await graph.do("find the cup", request_id="r1")
        assert again["run_id"] == result["run_id"]
        assert len(graph.robot.goal_ids) == 1
        listed = await graph.request("ListRuns", "list_runs")
        assert [run.run_id for run in listed.runs] == [result["run_id"]]
        shown = await graph.request("GetRun", "get_run", run_id=result["run_id"])
        assert (shown.run.code, shown.run.calls[0].api) == ('robot_find(object="cup")', "robot_find")
        state = await graph.request("GetState", "get_state", keys=["robot."])
        assert [(value.key, value.value_json, value.stale) for value in state.values] == [
            ("robot.located", '["cup"]', False)
        ]
        found = await graph.request("SearchApis", "search_apis", query="look for something", with_yaml=True)
        assert found.apis[0].name == "robot_find"
        assert "RobotFind" in found.apis[0].yaml

    play(tmp_path, scenario)


def test_a_success_the_world_does_not_show_is_none(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate()
        result = await graph.do("find the cup")
        assert (result["succeeded"], result["calls"][0]["confirmation"]) == (False, "contradicted")
        assert any("robot.located" in line for line in result["calls"][0]["evidence"])

    play(tmp_path, scenario)


def test_cancel_reaches_the_child_goal(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        pending = asyncio.ensure_future(graph.do("find the slow"))
        while not graph.robot.goals:
            await asyncio.sleep(0.01)
        graph.client.cancel()
        result = await pending
        assert result["status"] == "cancelled"
        assert [call["status"] for call in result["calls"]] == ["cancelled"]
        await graph.locate("cup")
        assert (await graph.do("find the cup"))["succeeded"]

    play(tmp_path, scenario)


def test_cancel_by_service_names_what_it_cancelled(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        pending = asyncio.ensure_future(graph.do("find the slow"))
        while not graph.robot.goals:
            await asyncio.sleep(0.01)
        cancelled = await graph.request("CancelRun", "cancel_run")
        result = await pending
        assert list(cancelled.run_ids) == [result["run_id"]]
        assert result["status"] == "cancelled"
        unknown = await graph.request("CancelRun", "cancel_run", run_id=result["run_id"])
        assert (unknown.success, unknown.error_code) == (False, "NOT_ACTIVE")

    play(tmp_path, scenario)


def who_is_told_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not how fast this machine and its disk are."""
    monkeypatch.setattr(safety, "TOLD_WITHIN_S", PATIENCE_S)
    monkeypatch.setattr(safety, "KEPT_WITHIN_S", PATIENCE_S)


def test_stop_ends_what_runs_and_holds_over_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who_is_told_counts(monkeypatch)

    async def first(graph: Graph) -> None:
        await graph.node.start()
        pending = asyncio.ensure_future(graph.do("find the slow"))
        while not graph.robot.goals:
            await asyncio.sleep(0.01)
        stopped = await graph.request("Stop", "stop", reason="test")
        assert stopped.success, stopped.not_told
        assert list(stopped.told) == ["HttpBinding", "FunctionBinding", "Ros2Binding"]
        assert (await pending)["succeeded"] is False
        assert not (await graph.do("find the cup"))["succeeded"]
        assert graph.robot.goals == ["slow"]

    async def after_a_restart(graph: Graph) -> None:
        await graph.node.start()
        await graph.locate("cup")
        refused = await graph.do("find the cup")
        assert "test" in refused["summary"]
        assert graph.robot.goals == []
        assert (await graph.request("Rearm", "rearm", comment="looked")).success
        assert (await graph.do("find the cup"))["succeeded"]

    play(tmp_path, first)
    play(tmp_path, after_a_restart)


def test_every_stop_is_published_once_from_whatever_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Driver and skill server obey the topic, so a stop that is no request of the graph must get there too."""

    who_is_told_counts(monkeypatch)

    async def scenario(graph: Graph) -> None:
        from std_msgs.msg import Bool

        await graph.node.start()
        system = graph.node.system
        assert system is not None
        heard: dict[str, list[bool]] = {"/taskmatrix/stop": [], "/stop": []}
        robot = graph.threads[0]
        for name, said in heard.items():
            await robot.run(
                lambda name=name, said=said: robot.node.create_subscription(
                    Bool, name, lambda message: said.append(message.data), LATCHED
                )
            )

        async def said(*wanted: bool) -> None:
            async with asyncio.timeout(60):
                while any(len(said) < len(wanted) for said in heard.values()):
                    await asyncio.sleep(0.01)
            assert list(heard.values()) == [list(wanted)] * 2

        await said(False)
        await asyncio.to_thread(system.safety.stop, "the stop button of the house")
        await said(False, True)
        assert (await graph.request("Rearm", "rearm", comment="looked")).success
        await said(False, True, False)
        await graph.node.halt()
        await said(False, True, False, True)
        assert (await graph.request("Rearm", "rearm", comment="looked")).success
        assert (await graph.request("Stop", "stop", reason="test")).success
        await said(False, True, False, True, False, True)

    play(tmp_path, scenario)


def test_a_stop_during_a_rearm_has_the_last_word() -> None:
    """The driver would go on otherwise, while the latch holds."""
    published: list[bool] = []

    class Publisher:
        def publish(self, message: Any) -> None:
            if not message.data and not latch.holds:
                latch.latch("meanwhile")
            published.append(message.data)

    database = Database(None)
    database.open()
    latch = StopLatch(SqliteJournal(database))
    latch.restore()
    thread = NodeThread(RosContext(), "unopened")
    server = SafetyServer(thread, Safety(latch, []), latch, EventBus(), robot_namespace="")
    server._stop_publishers = (Publisher(),)
    server._rearm(Rearm.Request(comment="looked"), Rearm.Response())
    assert (published, latch.holds) == ([False, True], True)
    database.close()


async def asked_again(graph: Graph, ask: Callable[[], Any]) -> Any:
    """Ask until an answer comes: a server that has not discovered a new client yet drops its answer."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                return await graph.threads[1].result(ask)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"instruction": ""}, "text (0 characters)"),
        ({"instruction": "x" * 1_000_000}, "text (1000000 characters)"),
        ({"instruction": "find the cup", "mode": 99}, "mode 99"),
        ({"instruction": "dance the tango"}, "dance"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused_in_one_line(tmp_path: Path, fields: dict, said: str) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        peer = graph.client._peer
        while not await graph.threads[1].run(peer.client.server_is_ready):
            await asyncio.sleep(0.02)
        handle = await asked_again(graph, lambda: peer.client.send_goal_async(ExecuteTask.Goal(**fields)))
        answer = await asked_again(graph, handle.get_result_async)
        assert answer.result.status_name == "refused"
        assert said in answer.result.summary
        assert "\n" not in answer.result.summary
        assert graph.robot.goals == []

    play(tmp_path, scenario)


def test_the_lifecycle_decides_who_may_ask(tmp_path: Path) -> None:
    from lifecycle_msgs.msg import Transition

    async def scenario(graph: Graph) -> None:
        assert await graph.lifecycle(Transition.TRANSITION_CONFIGURE) == "inactive"
        await graph.locate("cup")
        with pytest.raises(CallUnavailable, match="not active"):
            await graph.do("find the cup")
        assert await graph.lifecycle(Transition.TRANSITION_ACTIVATE) == "active"
        assert (await graph.do("find the cup"))["succeeded"]
        pending = asyncio.ensure_future(graph.do("find the slow"))
        while "slow" not in graph.robot.goals:
            await asyncio.sleep(0.01)
        assert await graph.lifecycle(Transition.TRANSITION_DEACTIVATE) == "inactive"
        assert (await pending)["status"] == "cancelled"
        assert await graph.lifecycle(Transition.TRANSITION_CLEANUP) == "unconfigured"
        assert await graph.lifecycle(Transition.TRANSITION_CONFIGURE) == "inactive"
        await graph.locate("cup")
        assert await graph.lifecycle(Transition.TRANSITION_ACTIVATE) == "active"
        assert (await graph.do("find the cup"))["succeeded"]

    play(tmp_path, scenario)


def test_a_closed_node_leaves_the_graph(tmp_path: Path) -> None:
    """What it leaves behind would take part under the same names, and fill the domain."""

    async def scenario(graph: Graph) -> None:
        names = ("lifecycle/get_state", "get_run", "execute_task/_action/send_goal")
        seen = graph.threads[1].node

        async def until(count: int) -> None:
            async with asyncio.timeout(60):
                while [seen.count_services(f"/taskmatrix/{name}") for name in names] != [count] * len(names):
                    await asyncio.sleep(0.02)

        await graph.node.start()
        await until(1)
        await graph.node.close()
        await until(0)

    play(tmp_path, scenario)


def test_dry_run_and_outline_only_send_nothing(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        planned = await graph.do("find the cup", mode=Mode.DRY_RUN)
        assert (planned["status"], [call["status"] for call in planned["calls"]]) == ("dry_run", ["pending"])
        assert planned["code"] == 'robot_find(object="cup")'
        outlined = await graph.do("find the cup", mode=Mode.OUTLINE_ONLY)
        assert ([step["text"] for step in outlined["outline"]["steps"]], outlined["code"]) == (["find the cup"], "")
        assert graph.robot.goals == []

    play(tmp_path, scenario)


def test_a_wrong_type_fails_configure_with_its_reason(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        with pytest.raises(ConfigError, match="nearest: 'taskmatrix_interfaces/action/RobotFind'"):
            await graph.node.start()

    play(tmp_path, scenario, MANIFEST.replace("action/RobotFind", "action/RobotFnd"))


def test_two_nodes_do_not_share_a_journal(tmp_path: Path) -> None:
    async def scenario(graph: Graph) -> None:
        await graph.node.start()
        second = TaskNode(load_settings(str(tmp_path / "profile.yaml"), ["ros.namespace=/other"]))
        try:
            await second.open()
            with pytest.raises(ConfigError):
                await second.start()
        finally:
            await second.close()

    play(tmp_path, scenario)
