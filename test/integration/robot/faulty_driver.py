"""A driver with a planted fault: it stands between a good one and whoever uses it, and says one thing wrongly."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import BatteryState, CameraInfo, Image, JointState, LaserScan
from std_msgs.msg import Bool, Float64

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SENSOR = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
SAYS = {
    "odom": Odometry,
    "joint_states": JointState,
    "scan": LaserScan,
    "camera/camera_info": CameraInfo,
    "camera/image": Image,
    "camera/depth": Image,
    "battery": BatteryState,
}
HEARS = {"cmd_vel": Twist, "lift/command": Float64, "gripper/command": Float64, "stop": Bool}

Change = Callable[[Any], Any]


class FaultyDriver:
    """Relays every topic of ``good`` below ``bad`` and back, each message changed by the fault's function.

    :param faults: topic -> what becomes of its messages; None: the message is lost.
    """

    def __init__(self, node: Node, good: str, bad: str, faults: dict[str, Change]) -> None:
        self._node = node
        self._made: list[Any] = []
        for topic, kind in SAYS.items():
            self._relay(kind, f"{good}/{topic}", f"{bad}/{topic}", faults.get(topic), SENSOR)
        for topic, kind in HEARS.items():
            if faults.get(topic) is deaf:
                continue
            qos = LATCHED if topic == "stop" else 5
            self._relay(kind, f"{bad}/{topic}", f"{good}/{topic}", faults.get(topic), qos)
        self.last_velocity = Twist()
        self._stopped = False

    def keep_driving(self, good: str) -> None:
        """Repeat the last velocity for ever: a driver without a watchdog."""
        publisher = self._node.create_publisher(Twist, f"{good}/cmd_vel", 5)
        self._made += [publisher, self._node.create_timer(0.02, lambda: publisher.publish(self.last_velocity))]

    def close(self) -> None:
        for entity in self._made:
            for destroy in ("destroy_publisher", "destroy_subscription", "destroy_timer"):
                if getattr(self._node, destroy)(entity):
                    break

    def _relay(self, kind: type[Any], source: str, target: str, change: Change | None, qos: Any) -> None:
        # A picture is many packets: offered reliably, as the simulator does.
        offered = 5 if qos is SENSOR else qos
        publisher = self._node.create_publisher(kind, target, offered)

        def pass_on(message: Any) -> None:
            changed = message if change is None else change(copy.deepcopy(message))
            if kind is Twist and changed is not None:
                self.last_velocity = changed
            if changed is not None:
                publisher.publish(changed)

        self._made += [publisher, self._node.create_subscription(kind, source, pass_on, 5 if kind is Image else qos)]


def one_in(count: int) -> Change:
    """Let only one of so many through."""
    seen = 0

    def change(message: Any) -> Any:
        nonlocal seen
        seen += 1
        return message if seen % count == 1 else None

    return change


def turned_wrong_way(message: Twist) -> Twist:
    message.angular.z = -message.angular.z
    return message


def driven_backwards(message: Twist) -> Twist:
    message.linear.x = -message.linear.x
    return message


def degrees_in_twist(message: Odometry) -> Odometry:
    message.twist.twist.angular.z = math.degrees(message.twist.twist.angular.z)
    return message


def centimetres_in_odometry(message: Odometry) -> Odometry:
    message.pose.pose.position.x *= 100
    message.pose.pose.position.y *= 100
    return message


def wrong_frame(message: Any) -> Any:
    message.header.frame_id = "map"
    return message


def no_stamp(message: Any) -> Any:
    message.header.stamp.sec = 0
    message.header.stamp.nanosec = 0
    return message


def millimetres(message: Float64) -> Float64:
    message.data /= 1000.0
    return message


def mirrored(message: LaserScan) -> LaserScan:
    message.ranges = message.ranges[::-1]
    return message


def longer_focal_length(message: CameraInfo) -> CameraInfo:
    message.k = [1.3 * v if n in (0, 4) else v for n, v in enumerate(message.k)]
    return message


def millimetres_in_depth(message: Image) -> Image:
    message.data = (np.frombuffer(bytes(message.data), np.float32) * 1000).tobytes()
    return message


def percent(message: BatteryState) -> BatteryState:
    message.percentage *= 100
    return message


def lost(_message: Any) -> None:
    return None


def deaf(_message: Any) -> None:
    """Stands for a topic that is not even subscribed."""
