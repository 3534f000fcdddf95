"""A client of the node: its action with live feedback, its services, its heartbeat."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from rclpy.parameter import Parameter as NodeParameter
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Bool

from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_interfaces.msg import Parameter
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.ids import id_to_bytes, new_id
from taskmatrix_ros.core.instruction import Image, Mode
from taskmatrix_ros.ros.action_call import ActionCall, ActionPeer, GoalEnd, GoalReport
from taskmatrix_ros.ros.interface_types import interface_type
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_names import absolute_name
from taskmatrix_ros.ros.task_messages import feedback_to_plain, result_to_plain

POLL_S = 0.02
SILENT_S = 5.0
"""Wall seconds without a heartbeat after which the node counts as gone: generous, for loaded machines."""
REPEAT_S = 3.0
DAY_S = 86_400.0


_MODE = {
    Mode.RUN: ExecuteTask.Goal.MODE_RUN,
    Mode.OUTLINE_ONLY: ExecuteTask.Goal.MODE_OUTLINE_ONLY,
    Mode.DRY_RUN: ExecuteTask.Goal.MODE_DRY_RUN,
}


class TaskClient:
    """Talks to one node."""

    def __init__(self, thread: NodeThread, namespace: str = "/taskmatrix", *, connect_s: float = 5.0) -> None:
        self._thread = thread
        self._namespace = namespace
        self._connect_s = connect_s
        self._entities = NodeEntities(thread)
        self._peer: ActionPeer | None = None
        self._call: ActionCall | None = None
        self._services: dict[str, Any] = {}
        self._alive_s: float | None = None

    async def open(self) -> None:
        """Create the action client and listen to the heartbeat."""
        name, alive = (absolute_name(self._namespace, part) for part in ("execute_task", "alive"))
        self._peer = await self._entities.create(lambda node: ActionPeer(node, ExecuteTask, name))
        await self._entities.create(lambda node: node.create_subscription(Bool, alive, self._hear_alive, 1))

    async def close(self) -> None:
        """Destroy the client."""
        self._peer = None
        self._services.clear()
        await self._entities.close()

    async def execute(
        self,
        instruction: str,
        on_feedback: Callable[[dict[str, Any]], None],
        *,
        mode: Mode = Mode.RUN,
        request_id: str = "",
        outline_id: str = "",
        parameters: Mapping[str, str] | None = None,
        images: Sequence[Image] = (),
        **more: str,
    ) -> dict[str, Any]:
        """Send an instruction and wait for its end.

        :param on_feedback: told ``task_messages.feedback_to_plain``, in the loop's thread.
        :param outline_id: an outline or template to run; the instruction may then be empty.
        :param parameters: of the template.
        :param more: text fields of the goal: ``conversation_id``, ``speaker``, ``area``, ``locale``.
        :returns: ``task_messages.result_to_plain``.
        :raises CallUnavailable: no node, it rejects goals, or it went away before the end.
        """
        assert self._peer is not None
        loop = asyncio.get_running_loop()
        name = self._peer.name
        self._call = ActionCall(self._thread, self._peer)
        self._alive_s = None
        known = {"request_id": request_id, "outline_id": outline_id, **more}
        goal = ExecuteTask.Goal(instruction=instruction, mode=_MODE[mode], **known)
        for image in images:
            goal.images.append(CompressedImage(format=image.format, data=image.data))
        for key, value in (parameters or {}).items():
            goal.parameters.append(Parameter(name=key, value_json=json.dumps(value)))
        report: GoalReport = await self._call.run(
            goal,
            goal_id=id_to_bytes(new_id()),
            on_feedback=lambda feedback: loop.call_soon_threadsafe(on_feedback, feedback_to_plain(feedback)),
            connect_s=self._connect_s,
            deadline_s=DAY_S,
            lost=self._gone,
        )
        if report.result is not None:
            return result_to_plain(report.result)
        if report.end is GoalEnd.REJECTED:
            raise CallUnavailable(f"{name} takes no goals now: the node is not active; activate it")
        if report.end is GoalEnd.NO_SERVER:
            raise CallUnavailable(
                f"{report.reason}; start one with `taskmatrix up --profile demo`, or set ROS_DOMAIN_ID to its domain"
            )
        raise CallUnavailable(report.reason)

    def cancel(self) -> None:
        """Cancel the pending goal; ``execute`` then returns its result."""
        if self._call is not None:
            self._call.cancel()

    async def request(
        self, kind: str, name: str, /, *, timeout_s: float = 10.0, repeatable: bool = True, **fields: Any
    ) -> Any:
        """Call a service.

        A server that has not discovered a new client yet drops its answer, unseen by both. So a request that may be
        served twice is sent again after ``REPEAT_S`` of silence, and clients are kept.

        :param kind: ``package/srv/Type``.
        :param name: relative to the node's namespace, or absolute.
        :param repeatable: whether being served twice does no harm.
        :param fields: of the request.
        :returns: the response message.
        :raises CallUnavailable: no such service within ``connect_s``, or no answer within ``timeout_s``.
        """
        full = absolute_name(self._namespace, name)
        service = interface_type(kind)
        client = await self._service(service, full)
        until = time.monotonic() + timeout_s
        while (left_s := until - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left_s, REPEAT_S) if repeatable else left_s):
                    return await self._thread.result(partial(client.call_async, service.Request(**fields)))
            except TimeoutError:
                continue
        raise CallUnavailable(f"service {full} did not answer within {timeout_s:g} s")

    async def set_parameter(self, node: str, name: str, value: str) -> str:
        """Set a text parameter of one of the namespace's nodes. :returns: why it was refused, empty if it was not.

        :raises CallUnavailable: the node does not answer.
        """
        parameter = NodeParameter(name, NodeParameter.Type.STRING, value).to_parameter_msg()
        response = await self.request(
            "rcl_interfaces/srv/SetParameters", f"{node}/set_parameters", parameters=[parameter]
        )
        (result,) = response.results
        return "" if result.successful else (result.reason or "it was refused")

    async def parameter(self, node: str, name: str) -> str:
        """Give a text parameter of one of the namespace's nodes, empty where it has none of that name.

        :raises CallUnavailable: the node does not answer.
        """
        response = await self.request("rcl_interfaces/srv/GetParameters", f"{node}/get_parameters", names=[name])
        return "".join(value.string_value for value in response.values)

    async def _service(self, service: Any, full: str) -> Any:
        if full not in self._services:
            self._services[full] = await self._entities.create(lambda node: node.create_client(service, full))
        client = self._services[full]
        until = time.monotonic() + self._connect_s
        while not await self._thread.run(client.service_is_ready):
            if time.monotonic() >= until:
                raise CallUnavailable(
                    f"no service {full} within {self._connect_s:g} s; start the node with `taskmatrix up`"
                )
            await asyncio.sleep(POLL_S)
        return client

    def _hear_alive(self, _message: Bool) -> None:
        self._alive_s = time.monotonic()

    def _gone(self) -> str | None:
        if self._alive_s is None or time.monotonic() - self._alive_s < SILENT_S:
            return None
        return f"the node went away: no heartbeat for {SILENT_S:g} s; its log says why"
