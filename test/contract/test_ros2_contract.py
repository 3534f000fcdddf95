from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")
pytestmark = [pytest.mark.ros]

from binding_contract import PATIENCE_S, BindingContract, ContractPeer, Request, wait_for
from given_catalogue import GivenCatalogue
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_msgs.msg import Bool

from taskmatrix_interfaces.action import RobotFind
from taskmatrix_interfaces.msg import RobotState
from taskmatrix_ros.bindings.ros2 import Ros2Binding
from taskmatrix_ros.core.api_document import ApiPackage
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.ros.simulated_clock import SystemRosClock

REFUSED = "nothing"

PACKAGE = ApiPackage.model_validate(
    {
        "package": "contract",
        "version": "1.0.0",
        "state": [
            {
                "key": "robot.holding",
                "type": "string",
                "stale_after_s": 2,
                "from": {
                    "kind": "ros2_topic",
                    "name": "contract/state",
                    "type": "taskmatrix_interfaces/msg/RobotState",
                    "path": "holding",
                },
            }
        ],
        "apis": [
            {
                "name": "contract_find",
                "parameters": {"object": {"type": "string"}},
                "description": "Find an object.",
                "binding": {
                    "kind": "ros2_action",
                    "name": "contract/find",
                    "type": "taskmatrix_interfaces/action/RobotFind",
                },
            }
        ],
    }
)


class Robot:
    """An action server with a node, thread and context of its own: every message crosses the middleware."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.held = False
        self._waiting: list[Future] = []
        self._context = RosContext()
        self._thread: NodeThread | None = None

    async def start(self) -> None:
        self._context.open()
        thread = self._thread = NodeThread(self._context, "contract_robot")
        thread.open()
        self._entities = NodeEntities(thread)
        await self._entities.create(
            lambda node: ActionServer(
                node,
                RobotFind,
                "/contract/find",
                execute_callback=self._execute,
                goal_callback=lambda goal: GoalResponse.REJECT if goal.object == REFUSED else GoalResponse.ACCEPT,
                cancel_callback=self._cancel,
                callback_group=ReentrantCallbackGroup(),
            )
        )
        self._states = await self._entities.create(
            lambda node: node.create_publisher(RobotState, "/contract/state", 10)
        )

    async def say(self, value: str) -> None:
        thread = self._thread
        assert thread is not None

        async def heard() -> bool:
            return bool(await thread.run(self._states.get_subscription_count))

        await wait_for(heard, "somebody listens")
        await thread.run(lambda: self._states.publish(RobotState(holding=value)))

    async def release(self) -> None:
        self.held = False
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if self._thread is not None:
                self._thread.complete(future, None)

    async def kill(self) -> None:
        """Go away with everything that was being done."""
        thread, self._thread = self._thread, None
        self.held = False
        self._waiting.clear()
        if thread is not None:
            await self._entities.close()
            thread.close()
            self._context.close()

    def _cancel(self, _handle: Any) -> CancelResponse:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        return CancelResponse.ACCEPT

    async def _execute(self, handle: Any) -> RobotFind.Result:
        if self.held:
            released = Future()
            self._waiting.append(released)
            await released
        if handle.is_cancel_requested:
            handle.canceled()
            return RobotFind.Result(error_code="CANCELLED", message="cancelled")
        self.done.append(handle.request.object)
        handle.succeed()
        return RobotFind.Result(success=True, object=handle.request.object)


class Ros2Peer:
    """Losing the peer takes its node out of the graph; holding it lets its goals go on for ever."""

    def __init__(self, thread: NodeThread) -> None:
        self.robot = Robot()
        self._store = StateStore()
        self._thread = thread
        self.binding = Ros2Binding(thread, GivenCatalogue.of(PACKAGE), self._store, SystemRosClock(), connect_s=2.0)
        self._number = 0

    def request(self, *, deadline_s: float = PATIENCE_S) -> Request:
        self._number += 1
        return self._call(str(self._number), deadline_s)

    def refused_request(self) -> Request:
        return self._call(REFUSED, PATIENCE_S)

    def _call(self, name: str, deadline_s: float) -> Request:
        call = Call(run_id="r", api="contract_find", arguments={"object": name}, deadline_s=deadline_s)
        return call, PACKAGE.apis[0]

    async def done(self) -> int:
        assert len(set(self.robot.done)) == len(self.robot.done), "a goal was done twice"
        return len(self.robot.done)

    async def hold(self) -> None:
        self.robot.held = True

    async def release(self) -> None:
        await self.robot.release()

    async def lose(self) -> None:
        await self.robot.kill()

    async def restore(self) -> None:
        await self.robot.start()

    async def connected(self) -> bool:
        return "/contract/find" not in await self.binding._missing()

    async def say_garbage(self) -> None:
        """Publish messages of another type on the state's topic; the robot goes on telling its own meanwhile."""
        believed = self.state()
        context = RosContext()
        context.open()
        thread = NodeThread(context, "contract_stranger")
        thread.open()
        entities = NodeEntities(thread)
        try:
            publisher = await entities.create(lambda node: node.create_publisher(Bool, "/contract/state", 10))
            for _ in range(10):
                await self.robot.say(believed)  # all this takes a slow machine longer than a state stays fresh
                await thread.run(lambda: publisher.publish(Bool(data=True)))
                await asyncio.sleep(0.02)
                assert self.state() in (believed, None)
        finally:
            await entities.close()
            thread.close()
            context.close()

        async def fresh() -> bool:
            await self.robot.say(believed)
            return self.state() is not None

        await wait_for(fresh, "what was believed is fresh again")

    async def say_state(self, value: str) -> None:
        await self.robot.say(value)

    def state(self) -> Any:
        return self._store.get("robot.holding")

    def resources(self) -> int:
        return 0


@asynccontextmanager
async def ros2_peer() -> AsyncIterator[Ros2Peer]:
    context = RosContext()
    context.open()
    thread = NodeThread(context, "contract_client")
    thread.open()
    peer = Ros2Peer(thread)
    try:
        await peer.robot.start()
        yield peer
    finally:
        await peer.binding.close()
        await peer.robot.kill()
        thread.close()
        context.close()


@pytest.fixture(autouse=True)
def middleware(ros_domain: int) -> None:
    """Let the middleware open what it keeps for the life of the process, before sockets are counted."""
    context = RosContext()
    context.open()
    thread = NodeThread(context, "contract_first")
    thread.open()
    thread.close()
    context.close()


class TestRos2(BindingContract):
    cancelled_statuses = frozenset({Status.CANCELLED, Status.SUCCEEDED})  # the goal may end before the cancel comes

    def peer(self, folder: Path) -> AbstractAsyncContextManager[ContractPeer]:
        return ros2_peer()
