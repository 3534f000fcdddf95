"""A real action, service and topic server for the binding's tests, told by the goal's object what to do."""

from __future__ import annotations

import asyncio
import threading

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_srvs.srv import Trigger

from taskmatrix_interfaces.action import RobotFind
from taskmatrix_interfaces.msg import RobotState
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread


class FindServer:
    """``robot/find`` ends by the object's name: ``cup`` is found, ``unicorn`` is not, ``away`` finds the robot's
    driver silent, ``rejected`` never begins, ``undecided`` neither until ``decide``, ``slow`` waits for a cancel, as
    does ``undecided slow``, ``deaf`` ignores it, ``crash`` raises."""

    def __init__(self, thread: NodeThread) -> None:
        self._thread = thread
        self._entities = NodeEntities(thread)
        self.goals: list[str] = []
        self.goal_ids: list[bytes] = []
        self.deciding = threading.Event()
        self.decide = threading.Event()
        self.triggers = 0
        self.trigger_success = True
        self._waiting: dict[bytes, Future] = {}

    async def open(self) -> None:
        await self._entities.create(
            lambda node: ActionServer(
                node,
                RobotFind,
                "/robot/find",
                execute_callback=self._execute,
                goal_callback=self._decide,
                cancel_callback=self._cancel,
                callback_group=ReentrantCallbackGroup(),
            )
        )
        await self._entities.create(lambda node: node.create_service(Trigger, "/robot/trigger", self._trigger))
        self.state = await self._entities.create(lambda node: node.create_publisher(RobotState, "/robot/state", 10))

    async def close(self) -> None:
        await self._entities.close()

    async def publish(self, **fields: object) -> None:
        await self._thread.run(lambda: self.state.publish(RobotState(**fields)))

    async def release_all(self) -> None:
        for future in self._waiting.values():
            self._thread.complete(future, None)
        await asyncio.sleep(0)

    def _decide(self, goal: RobotFind.Goal) -> GoalResponse:
        if goal.object.startswith("undecided"):
            self.deciding.set()
            self.decide.wait(120)
        return GoalResponse.REJECT if goal.object == "rejected" else GoalResponse.ACCEPT

    def _cancel(self, handle) -> CancelResponse:
        if handle.request.object == "deaf":
            return CancelResponse.REJECT
        waiting = self._waiting.get(bytes(handle.goal_id.uuid))
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        return CancelResponse.ACCEPT

    async def _execute(self, handle) -> RobotFind.Result:
        name = handle.request.object
        self.goals.append(name)
        self.goal_ids.append(bytes(handle.goal_id.uuid))
        handle.publish_feedback(RobotFind.Feedback(completion=0.5, state="looking", message=f"looking for {name}"))
        if name == "crash":
            raise RuntimeError("planted fault of the server")
        if name in ("slow", "deaf", "undecided slow"):
            self._waiting[bytes(handle.goal_id.uuid)] = released = Future()
            if not handle.is_cancel_requested:
                await released
            if handle.is_cancel_requested:
                handle.canceled()
                return RobotFind.Result(error_code="CANCELLED", message="cancelled")
        if name == "unicorn":
            handle.abort()
            return RobotFind.Result(error_code="NOT_FOUND", message="looked everywhere")
        if name == "away":
            handle.abort()
            return RobotFind.Result(error_code="UNAVAILABLE", message="/clock has been silent for 2 s")
        handle.succeed()
        return RobotFind.Result(success=True, object=name, confidence_ratio=0.9)

    def _trigger(self, _request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.triggers += 1
        response.success = self.trigger_success
        response.message = "" if self.trigger_success else "the device refused"
        return response
