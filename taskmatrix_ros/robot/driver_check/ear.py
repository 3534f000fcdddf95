"""Hears what a driver publishes, and keeps the latest of it; knows how late it heard it."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, CameraInfo, JointState, LaserScan

from taskmatrix_ros.robot.driver_check.ros_time_line import RosTimeLine

_QOS = QoSProfile(depth=20, reliability=ReliabilityPolicy.BEST_EFFORT)
_KEPT = 2000
_LOOK_S = 0.02
CLOCK_STANDS_WALL_S = 20.0
"""ROS time that has not moved for so long stands still."""
KINDS = {
    "odom": Odometry,
    "joint_states": JointState,
    "scan": LaserScan,
    "camera/camera_info": CameraInfo,
    "battery": BatteryState,
}


class ClockStandsError(Exception):
    """ROS time does not move: nothing can be waited for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, when it arrived, and how many its publisher had sent by then."""

    arrived_ns: int
    number: int | None
    message: Any

    @property
    def stamp_s(self) -> float:
        """Of its header, seconds."""
        stamp = self.message.header.stamp
        return float(stamp.sec) + float(stamp.nanosec) * 1e-9


class DriverEar:
    """Subscribes every topic of the contract but the pictures. Thread-safe.

    A checker that lags must not blame the driver: rates and motion are read from stamps and from the moments at which
    the middleware received a message; how far the reading itself fell behind is told by ``lag_s``.

    :param node: spun by its owner, in another thread than the one that waits here.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._changed = threading.Condition()
        self._heard: dict[str, deque[Heard]] = {topic: deque(maxlen=_KEPT) for topic in KINDS}
        self._lags: deque[tuple[int, float]] = deque(maxlen=100_000)
        group = ReentrantCallbackGroup()
        self._time_line = RosTimeLine(node)
        self._subscriptions = [
            node.create_subscription(kind, topic, partial(self._hear, topic), _QOS, callback_group=group)
            for topic, kind in KINDS.items()
        ]
        self._looked_s, self._looked_wall_s = self.now_s(), time.monotonic()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._look = node.create_timer(_LOOK_S, self._on_look, callback_group=group, clock=steady)

    def close(self) -> None:
        """Hear nothing more."""
        self._node.destroy_timer(self._look)
        self._time_line.close()
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def now_s(self) -> float:
        """ROS time, seconds, as far as it was heard."""
        return float(self._node.get_clock().now().nanoseconds) * 1e-9

    def at_s(self, moment_ns: int) -> float:
        """ROS time at a moment of the system clock."""
        return self._time_line.at(moment_ns)

    def publishers(self, topic: str) -> int:
        """How many offer a topic."""
        return int(self._node.count_publishers(self._node.resolve_topic_name(topic)))

    def arrived_since(self, topic: str, moment_ns: int) -> list[Heard]:
        """Give what arrived on a topic after a moment of the system clock, oldest first."""
        return self._newest_while(topic, lambda heard: heard.arrived_ns > moment_ns)

    def stamped_since(self, topic: str, stamp_s: float) -> list[Heard]:
        """Give what was measured after a moment of ROS time, by its stamp, oldest first."""
        return self._newest_while(topic, lambda heard: heard.stamp_s > stamp_s)

    def newest(self, topic: str) -> Heard | None:
        """Give the newest of a topic; None before the first."""
        with self._changed:
            return self._heard[topic][-1] if self._heard[topic] else None

    def latest(self, topic: str) -> Any:
        """Give the newest message of a topic; None before the first."""
        newest = self.newest(topic)
        return None if newest is None else newest.message

    def lag_s(self, moment_ns: int) -> float:
        """Give how far the reading fell behind since a moment, in ROS time."""
        with self._changed:
            since = takewhile(lambda lag: lag[0] > moment_ns, reversed(self._lags))
            return max((lag_s for _, lag_s in since), default=0.0)

    def note_lag(self, lag_s: float) -> None:
        """Count that something of the checker's own came late by so much ROS time."""
        with self._changed:
            self._lags.append((time.time_ns(), lag_s))

    def wait(self, fact: Callable[[], bool], ros_s: float) -> bool:
        """Wait for a fact, looked at whenever a message comes.

        :param ros_s: most ROS time to wait; wall time is bounded by ``CLOCK_STANDS_WALL_S`` without any ROS time.
        :returns: whether it came about.
        :raises ClockStandsError: ROS time does not move.
        """
        now_s = self.now_s()
        until_s, moved = now_s + ros_s, time.monotonic()
        with self._changed:
            while not fact():
                seen_s, now_s = now_s, self.now_s()
                if now_s != seen_s:
                    moved = time.monotonic()
                if now_s >= until_s:
                    return fact()
                if time.monotonic() - moved > CLOCK_STANDS_WALL_S:
                    raise ClockStandsError
                self._changed.wait(_LOOK_S)
        return True

    def wait_wall(self, fact: Callable[[], bool], wall_s: float) -> bool:
        """Wait for a fact that needs no ROS time, as for peers to be found. :returns: whether it came about."""
        until = time.monotonic() + wall_s
        with self._changed:
            while not fact():
                if time.monotonic() >= until:
                    return False
                self._changed.wait(_LOOK_S)
        return True

    def _newest_while(self, topic: str, wanted: Callable[[Heard], bool]) -> list[Heard]:
        with self._changed:
            return list(takewhile(wanted, reversed(self._heard[topic])))[::-1]

    def _hear(self, topic: str, message: Any, info: Mapping[str, Any]) -> None:
        arrived_ns, now_ns = info["received_timestamp"], time.time_ns()
        with self._changed:
            self._heard[topic].append(Heard(arrived_ns, info.get("publication_sequence_number"), message))
            self._lags.append((now_ns, self.at_s(now_ns) - self.at_s(arrived_ns)))
            self._changed.notify_all()

    def _on_look(self) -> None:
        """Notice how much ROS time has gone by while this look was overdue."""
        now_s, wall_s = self.now_s(), time.monotonic()
        if self._looked_s > 0:  # the first time that is heard of a simulator's clock is no lag
            overdue = max(0.0, 1.0 - _LOOK_S / max(wall_s - self._looked_wall_s, _LOOK_S))
            self.note_lag((now_s - self._looked_s) * overdue)
        self._looked_s, self._looked_wall_s = now_s, wall_s


def yaw_rad(odometry: Odometry) -> float:
    """Heading of an odometry message."""
    q = odometry.pose.pose.orientation
    return math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
