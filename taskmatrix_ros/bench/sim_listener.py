"""Hears a simulator as a robot's programs do, and tells how its time and its pictures came."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import Image, LaserScan

from taskmatrix_ros.ros.node_thread import NodeThread

_PICTURES = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)


@dataclass(frozen=True, slots=True)
class Heard:
    """One message: when it came, and which simulated moment it is of, both in seconds."""

    wall_s: float
    stamp_s: float


class SimListener:
    """Subscribes odometry, scan and, where wanted, the camera; keeps the times of what it hears."""

    def __init__(self, thread: NodeThread, *, camera: bool) -> None:
        self.odometry: list[Heard] = []
        self.scans: list[Heard] = []
        self.pictures: list[Heard] = []
        self._first = threading.Event()
        node = thread.node
        self._entities = [
            node.create_subscription(Odometry, "odom", partial(self._hear, self.odometry), 50),
            node.create_subscription(LaserScan, "scan", partial(self._hear, self.scans), qos_profile_sensor_data),
        ]
        if camera:
            self._entities.append(
                node.create_subscription(Image, "camera/image", partial(self._hear, self.pictures), _PICTURES)
            )
        self._node = node

    def wait(self, timeout_s: float) -> bool:
        """Wait for the first odometry. :returns: whether it came."""
        return self._first.wait(timeout_s)

    def close(self) -> None:
        """Hear nothing more."""
        for entity in self._entities:
            self._node.destroy_subscription(entity)

    def _hear(self, heard: list[Heard], message: Any) -> None:
        stamp = message.header.stamp
        heard.append(Heard(time.monotonic(), stamp.sec + stamp.nanosec * 1e-9))
        if heard is self.odometry:
            self._first.set()


def pace(heard: list[Heard]) -> float:
    """Give simulated seconds per wall second between the first and the last."""
    if len(heard) < 2:
        return 0.0
    return (heard[-1].stamp_s - heard[0].stamp_s) / (heard[-1].wall_s - heard[0].wall_s)
