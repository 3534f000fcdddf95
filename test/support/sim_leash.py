"""Lets simulated time run no faster than its listeners follow, whatever the machine."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Float64

from taskmatrix_ros.ros.node_thread import NodeThread

_CLOCK = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class SimLeash:
    """Tells a simulator to wait for the slowest of the threads that listen to it.

    :param simulated: namespace of the simulator.
    :param length_s: how far simulated time may be ahead of what they have heard.
    """

    def __init__(self, simulated: str, length_s: float = 0.1) -> None:
        self._topic = f"{simulated}/sim/until"
        self._length_s = length_s
        self._lock = threading.Lock()
        self._heard_s: dict[Node, float] = {}

    @property
    def heard_s(self) -> float:
        """Simulated time that all of them have heard of."""
        with self._lock:
            return min(self._heard_s.values(), default=0.0)

    @contextmanager
    def held_by(self, thread: NodeThread, *, free_after: bool = False) -> Iterator[None]:
        """Let a thread hold the leash; with nobody to hold it simulated time stands still.

        :param free_after: let simulated time run freely afterwards.
        """
        node = thread.node
        with self._lock:
            self._heard_s[node] = 0.0  # until it has heard of time, time waits
        publisher = thread.post(lambda: node.create_publisher(Float64, self._topic, 1)).result(60)

        def on_clock(message: Clock) -> None:
            with self._lock:
                self._heard_s[node] = message.clock.sec + message.clock.nanosec * 1e-9
                publisher.publish(Float64(data=min(self._heard_s.values()) + self._length_s))

        subscription = thread.post(lambda: node.create_subscription(Clock, "/clock", on_clock, _CLOCK)).result(60)
        try:
            yield
        finally:
            thread.post(lambda: node.destroy_subscription(subscription)).result(60)
            with self._lock:
                self._heard_s.pop(node, None)
            if free_after:
                publisher.publish(Float64(data=math.inf))
            thread.post(lambda: node.destroy_publisher(publisher)).result(60)
