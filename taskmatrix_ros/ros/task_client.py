"""A client of the node: its action with live feedback, its services, its heartbeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from std_msgs.msg import Bool

from taskmatrix_interfaces.action import ExecuteTask
from taskmatrix_ros.core.errors import CallUnavailable
from taskmatrix_ros.core.ids import id_to_bytes, new_id
from taskmatrix_ros.ros.action_call import ActionCall, ActionPeer, GoalEnd, GoalReport
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_names import absolute_name

POLL_S = 0.02
SILENT_S = 5.0
"""Wall seconds without a heartbeat after which the node counts as gone: generous, for loaded machines."""
DAY_S = 86_400.0


class TaskClient:
    """Talks to one node."""

    def __init__(self, thread: NodeThread, namespace: str = "/taskmatrix", *, connect_s: float = 5.0) -> None:
        self._thread = thread
        self._namespace = namespace
        self._connect_s = connect_s
        self._entities = NodeEntities(thread)
        self._peer: ActionPeer | None = None
        self._call: ActionCall | None = None
        self._alive_s: float | None = None

    async def open(self) -> None:
        """Create the action client and listen to the heartbeat."""
        name, alive = (absolute_name(self._namespace, part) for part in ("execute_task", "alive"))
        self._peer = await self._entities.create(lambda node: ActionPeer(node, ExecuteTask, name))
        await self._entities.create(lambda node: node.create_subscription(Bool, alive, self._hear_alive, 1))

    async def close(self) -> None:
        """Destroy the client."""
        self._peer = None
        await self._entities.close()

    async def execute(self, goal: ExecuteTask.Goal, on_feedback: Callable[[Any], None]) -> ExecuteTask.Result:
        """Send an instruction and wait for its end.

        :param on_feedback: called in the loop's thread.
        :raises CallUnavailable: no node, it rejects goals, or it went away before the end.
        """
        assert self._peer is not None
        loop = asyncio.get_running_loop()
        name = self._peer.name
        self._call = ActionCall(self._thread, self._peer)
        self._alive_s = None
        report: GoalReport = await self._call.run(
            goal,
            goal_id=id_to_bytes(new_id()),
            on_feedback=lambda feedback: loop.call_soon_threadsafe(on_feedback, feedback),
            connect_s=self._connect_s,
            deadline_s=DAY_S,
            lost=self._gone,
        )
        if report.result is not None:
            return report.result
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

    async def request(self, kind: Any, name: str, request: Any, *, timeout_s: float = 10.0) -> Any:
        """Call a service of the node.

        :raises CallUnavailable: no such service within ``connect_s``, or no answer within ``timeout_s``.
        """
        full = absolute_name(self._namespace, name)
        client = await self._entities.create(lambda node: node.create_client(kind, full))
        try:
            until = time.monotonic() + self._connect_s
            while not await self._thread.run(client.service_is_ready):
                if time.monotonic() >= until:
                    raise CallUnavailable(
                        f"no service {full} within {self._connect_s:g} s; start the node with `taskmatrix up`"
                    )
                await asyncio.sleep(POLL_S)
            async with asyncio.timeout(timeout_s):
                return await self._thread.result(partial(client.call_async, request))
        except TimeoutError as error:
            raise CallUnavailable(f"service {full} did not answer within {timeout_s:g} s") from error
        finally:
            await self._entities.destroy(client)

    def _hear_alive(self, _message: Bool) -> None:
        self._alive_s = time.monotonic()

    def _gone(self) -> str | None:
        if self._alive_s is None or time.monotonic() - self._alive_s < SILENT_S:
            return None
        return f"the node went away: no heartbeat for {SILENT_S:g} s; its log says why"
