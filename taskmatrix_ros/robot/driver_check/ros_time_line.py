"""Which ROS time it was at a moment of this machine's own clock."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

_QOS = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)


class RosTimeLine:
    """Keeps when each message of ``/clock`` arrived: who reads late still knows what time it was then.

    Moments are nanoseconds of the system clock, with which the middleware marks what it receives. Without simulated
    time the two clocks are one. Thread-safe.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._known: list[tuple[int, float]] = []
        self._subscription = None
        if node.get_parameter_or("use_sim_time").value:
            group = ReentrantCallbackGroup()
            self._subscription = node.create_subscription(Clock, "/clock", self._on_clock, _QOS, callback_group=group)

    def close(self) -> None:
        """Hear no clock any more."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)

    def at(self, moment_ns: int) -> float:
        """ROS time at a moment, s: that of the clock message before it, or of the first one; 0 before any."""
        if self._subscription is None:
            return moment_ns * 1e-9
        if not self._known:
            return 0.0
        return self._known[max(0, bisect.bisect_right(self._known, (moment_ns, math.inf)) - 1)][1]

    def _on_clock(self, message: Clock, info: Mapping[str, Any]) -> None:
        self._known.append((info["received_timestamp"], message.clock.sec + message.clock.nanosec * 1e-9))
