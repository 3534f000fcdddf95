"""ROS time from ``/clock``, and how long it has been silent."""

from __future__ import annotations

import time

from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread

CLOCK_SILENT_S = 2.0
"""Wall seconds after which a silent ``/clock`` means that the simulator is unavailable (DESIGN section 7)."""


class SimulatedClock:
    """Follows ``/clock``. Read from any thread."""

    def __init__(self, thread: NodeThread) -> None:
        self._entities = NodeEntities(thread)
        self._now_s = 0.0
        self._heard_s: float | None = None
        self._opened_s = time.monotonic()

    async def open(self) -> None:
        """Subscribe."""
        self._opened_s = time.monotonic()
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        await self._entities.create(lambda node: node.create_subscription(Clock, "/clock", self._hear, qos))

    async def close(self) -> None:
        """Unsubscribe."""
        await self._entities.close()

    def now_s(self) -> float:
        """Seconds of ROS time; 0.0 until the first ``/clock`` arrives."""
        return self._now_s

    def silent_s(self) -> float:
        """Seconds of wall time since ``/clock`` last spoke, or since it was subscribed."""
        return time.monotonic() - (self._opened_s if self._heard_s is None else self._heard_s)

    def _hear(self, message: Clock) -> None:
        self._now_s = message.clock.sec + message.clock.nanosec * 1e-9
        self._heard_s = time.monotonic()


class SystemRosClock:
    """ROS time on hardware: the machine's own, which never falls silent."""

    def now_s(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def silent_s(self) -> float:
        """Never silent."""
        return 0.0
