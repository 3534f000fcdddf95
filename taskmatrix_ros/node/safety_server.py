"""``stop``, ``rearm``, the latched ``stop`` topic and the ``alive`` heartbeat."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from std_msgs.msg import Bool

from taskmatrix_interfaces.srv import Rearm, Stop
from taskmatrix_ros.app.safety import Safety
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.executor.gate.stop_latch import StopLatch
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.qos_profiles import LATCHED
from taskmatrix_ros.ros.ros_names import absolute_name

_log = logging.getLogger(__name__)

ALIVE_S = 0.2
"""Wall seconds between heartbeats; the skill server stops the robot after 1 s without one."""


class SafetyServer:
    """Stop is served in the ROS thread and waits for nothing; the heartbeat comes from the loop, so it proves both."""

    def __init__(
        self, thread: NodeThread, safety: Safety, latch: StopLatch, events: EventBus, *, robot_namespace: str
    ) -> None:
        """:param robot_namespace: the driver obeys ``stop`` there, the rest listens to the node's own."""
        self._thread = thread
        self._safety = safety
        self._latch = latch
        self._events = events
        self._loop: asyncio.AbstractEventLoop | None = None
        self._robot_namespace = robot_namespace
        self._stop_publishers: tuple[Any, ...] = ()
        self._alive_publisher: Any = None
        self._entities = NodeEntities(thread)
        self._heart: asyncio.Task[None] | None = None
        self._unlisten: Callable[[], None] = lambda: None

    async def open(self) -> None:
        """Offer the services and publish the latch as it was left."""
        self._loop = asyncio.get_running_loop()
        await self._create()
        self._heart = asyncio.create_task(self._beat(), name="alive")

    async def close(self) -> None:
        """End the heartbeat, and say so: skills stop the robot at once."""
        if self._heart is not None:
            self._heart.cancel()
            await asyncio.gather(self._heart, return_exceptions=True)
            self._heart = None
            await self._thread.run(lambda: self._alive_publisher.publish(Bool(data=False)))
        self._unlisten()
        await self._entities.close()

    async def _create(self) -> None:
        group = MutuallyExclusiveCallbackGroup()
        create = self._entities.create
        namespaces = (self._thread.node.get_namespace(), self._robot_namespace)
        names = dict.fromkeys(absolute_name(namespace, "stop") for namespace in namespaces)
        self._stop_publishers = tuple(
            [await create(lambda node, name=name: node.create_publisher(Bool, name, LATCHED)) for name in names]
        )
        # Whoever stops publishes it, in their own thread: that of ROS, or the loop, may be what hangs.
        self._unlisten = self._latch.listen(lambda _reason: self._announce())
        self._alive_publisher = await create(lambda node: node.create_publisher(Bool, "alive", 1))
        await create(lambda node: node.create_service(Stop, "stop", self._stop, callback_group=group))
        await create(lambda node: node.create_service(Rearm, "rearm", self._rearm, callback_group=group))
        await self._thread.run(self._announce)

    def _announce(self) -> None:
        """Publish the state of now. From any thread: a stop that comes meanwhile has the last word."""
        held = self._latch.holds
        self._say_stop(held)
        if not held and self._latch.holds:
            self._say_stop(True)

    def _say_stop(self, held: bool) -> None:
        for publisher in self._stop_publishers:
            publisher.publish(Bool(data=held))

    def _stop(self, request: Stop.Request, response: Stop.Response) -> Stop.Response:
        reason = request.reason or "stop was asked for"
        report = self._safety.stop(reason)
        response.told = list(report.told)
        response.not_told = list(report.not_told)
        response.latency_s = report.latency_s
        response.success = not report.not_told
        response.message = f"stopped and latched: {reason}; rearm to go on"
        if report.not_told:
            response.error_code = "NOT_TOLD"
        self._publish(Event(kind="stop_latched", data={"reason": reason}))
        return response

    def _rearm(self, request: Rearm.Request, response: Rearm.Response) -> Rearm.Response:
        response.success = True
        response.message = "rearmed" if self._latch.holds else "the stop latch was not set"
        self._latch.rearm(request.comment)
        self._announce()
        self._publish(Event(kind="stop_rearmed", data={"comment": request.comment}))
        return response

    def _publish(self, event: Event) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._events.publish, event)

    def _say_alive(self) -> None:
        self._alive_publisher.publish(Bool(data=True))

    async def _beat(self) -> None:
        while True:
            self._thread.post(self._say_alive)
            await asyncio.sleep(ALIVE_S)
