"""ROS time for motion, and how long it has been standing."""

from __future__ import annotations

import threading
import time

from rclpy.node import Node


class RobotClock:
    """The node's clock, watched. Thread-safe.

    :param node: with ``use_sim_time`` its time comes from ``/clock`` and can fall silent; else it is the machine's.
    """

    def __init__(self, node: Node) -> None:
        self._clock = node.get_clock()
        self._simulated = bool(node.get_parameter_or("use_sim_time").value)
        self._lock = threading.Lock()
        self._last_ns = -1
        self._changed_s = time.monotonic()

    @property
    def simulated(self) -> bool:
        """Whether time comes from ``/clock``."""
        return self._simulated

    def now_s(self) -> float:
        """Seconds of ROS time; 0.0 before the first ``/clock``."""
        now_ns: int = self._clock.now().nanoseconds
        with self._lock:
            if now_ns != self._last_ns:
                self._last_ns, self._changed_s = now_ns, time.monotonic()
        return now_ns * 1e-9

    def silent_s(self) -> float:
        """Wall seconds since ``/clock`` last moved; 0.0 where time is the machine's."""
        if not self._simulated:
            return 0.0
        self.now_s()
        with self._lock:
            return time.monotonic() - self._changed_s
