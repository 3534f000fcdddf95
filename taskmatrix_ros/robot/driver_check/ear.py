"""Hears what a driver publishes, and keeps the latest of it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, CameraInfo, JointState, LaserScan

_QOS = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
_KEPT = 1000
KINDS = {
    "odom": Odometry,
    "joint_states": JointState,
    "scan": LaserScan,
    "camera/camera_info": CameraInfo,
    "battery": BatteryState,
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message with the ROS time at which it came, in seconds."""

    at_s: float
    message: Any

    @property
    def stamp_s(self) -> float:
        """Of its header, seconds."""
        stamp = self.message.header.stamp
        return float(stamp.sec) + float(stamp.nanosec) * 1e-9


class DriverEar:
    """Subscribes every topic of the contract but the pictures. Thread-safe.

    :param node: spun by its owner, in another thread than the one that waits here.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._changed = threading.Condition()
        self._heard: dict[str, deque[Heard]] = {topic: deque(maxlen=_KEPT) for topic in KINDS}
        group = ReentrantCallbackGroup()
        self._subscriptions = [
            node.create_subscription(kind, topic, partial(self._hear, topic), _QOS, callback_group=group)
            for topic, kind in KINDS.items()
        ]

    def close(self) -> None:
        """Hear nothing more."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def now_s(self) -> float:
        """ROS time, seconds."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def since(self, topic: str, at_s: float) -> list[Heard]:
        """Give what came on a topic after a moment of ROS time, oldest first."""
        with self._changed:
            return [heard for heard in self._heard[topic] if heard.at_s > at_s]

    def latest(self, topic: str) -> Any:
        """Give the newest message of a topic; None before the first."""
        with self._changed:
            return self._heard[topic][-1].message if self._heard[topic] else None

    def pause(self, seconds: float, wall_factor: float = 10.0) -> bool:
        """Wait for some ROS time. :returns: whether it passed; a clock that stands is not waited for for ever."""
        until, wall = self.now_s() + seconds, time.monotonic() + wall_factor * seconds + 2.0
        return self.wait(lambda: self.now_s() >= until, wall - time.monotonic())

    def wait(self, fact: Callable[[], bool], wall_s: float) -> bool:
        """Wait for a fact, looked at whenever a message comes. :returns: whether it came about in so much wall time."""
        until = time.monotonic() + wall_s
        with self._changed:
            while not fact():
                if time.monotonic() >= until:
                    return False
                self._changed.wait(0.02)
        return True

    def _hear(self, topic: str, message: Any) -> None:
        at_s = self.now_s()
        with self._changed:
            self._heard[topic].append(Heard(at_s, message))
            self._changed.notify_all()


def yaw_rad(odometry: Odometry) -> float:
    """Heading of an odometry message."""
    q = odometry.pose.pose.orientation
    return math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
