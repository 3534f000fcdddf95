"""The driver contract, as the skills see it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState, LaserScan
from std_msgs.msg import Bool

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver.camera_feed import CameraFeed
from taskmatrix_ros.robot.driver.position_command import gripper_command, lift_command
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2

# Depth 1: under load the newest measurement counts, and old ones would only delay it.
_SENSOR_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


@dataclass(frozen=True, slots=True)
class OdometryReading:
    """Pose in the odom frame and velocity, at a moment of ROS time."""

    stamp_s: float
    pose: Pose2
    velocity: Velocity


@dataclass(frozen=True, slots=True)
class JointReading:
    """One joint: position in m or rad, velocity per s, effort in N or Nm (not a number where not measured)."""

    position: float
    velocity: float
    effort: float


@dataclass(frozen=True, slots=True, eq=False)
class ScanReading:
    """Hits of the scanner, ``(N, 2)``, metres, base_link."""

    stamp_s: float
    points_m: NDArray[np.float64]


class RobotDriver:
    """Subscribes to what the driver publishes and publishes what it obeys, but for ``cmd_vel``. Thread-safe.

    :param on_odometry: called with each reading, in the executor.
    :param on_scan: the same.
    """

    def __init__(
        self,
        node: Node,
        robot: RobotDescription,
        *,
        on_odometry: Callable[[OdometryReading], None] = lambda _: None,
        on_scan: Callable[[ScanReading], None] = lambda _: None,
    ) -> None:
        self._robot = robot
        self._tell_odometry = on_odometry
        self._tell_scan = on_scan
        self.camera = CameraFeed(node)
        self.depth = CameraFeed(node, "camera/depth")
        self.changed = threading.Condition()
        self._odometry: OdometryReading | None = None
        self._joints: dict[str, JointReading] = {}
        self._scan: ScanReading | None = None
        self._bumps = 0
        self._heard_wall_s = {"odom": math.nan, "joint_states": math.nan, "scan": math.nan}
        self._lift = lift_command(node, robot, self._lift_position)
        self._gripper = gripper_command(node, robot)
        group = MutuallyExclusiveCallbackGroup()
        self._subscriptions = [
            node.create_subscription(Odometry, "odom", self._on_odometry, _SENSOR_QOS, callback_group=group),
            node.create_subscription(JointState, "joint_states", self._on_joints, _SENSOR_QOS, callback_group=group),
            node.create_subscription(LaserScan, "scan", self._on_scan, _SENSOR_QOS, callback_group=group),
            node.create_subscription(Bool, "bumper", self._on_bumper, _SENSOR_QOS, callback_group=group),
        ]

    @property
    def odometry(self) -> OdometryReading | None:
        """The newest; None before the first."""
        return self._odometry

    @property
    def scan(self) -> ScanReading | None:
        """The newest; None before the first."""
        return self._scan

    @property
    def bumps(self) -> int:
        """How often the bumper said that it touches something."""
        return self._bumps

    def joint(self, name: str) -> JointReading | None:
        """Return the newest reading of a joint; None before the first."""
        return self._joints.get(name)

    def silent_wall_s(self, topic: str) -> float:
        """Wall seconds since ``odom``, ``joint_states`` or ``scan`` last spoke; infinite if it never did."""
        heard = self._heard_wall_s[topic]
        return math.inf if math.isnan(heard) else time.monotonic() - heard

    def command_lift(self, position_m: float) -> None:
        """Move the lift; clipped to its range.

        :param position_m: of its joint.
        """
        lift = self._robot.lift
        self._lift.send(min(max(float(position_m), lift.min_m), lift.max_m))

    def command_gripper(self, position_m: float) -> None:
        """Move the fingers; clipped to their range.

        :param position_m: of each finger from the middle.
        """
        gripper = self._robot.gripper
        self._gripper.send(min(max(float(position_m), gripper.closed_m), gripper.open_m))

    def _lift_position(self) -> float | None:
        reading = self.joint(self._robot.lift.joint)
        return None if reading is None else reading.position

    def _on_odometry(self, message: Odometry) -> None:
        position, q = message.pose.pose.position, message.pose.pose.orientation
        yaw = math.atan2(2 * (q.w * q.z + q.x * q.y), 1 - 2 * (q.y * q.y + q.z * q.z))
        twist = message.twist.twist
        reading = OdometryReading(
            message.header.stamp.sec + message.header.stamp.nanosec * 1e-9,
            Pose2(position.x, position.y, yaw),
            Velocity(twist.linear.x, twist.angular.z),
        )
        self._tell_odometry(reading)
        with self.changed:
            self._odometry = reading
            self._heard_wall_s["odom"] = time.monotonic()
            self.changed.notify_all()

    def _on_joints(self, message: JointState) -> None:
        count = len(message.name)
        velocities = message.velocity if len(message.velocity) == count else [math.nan] * count
        efforts = message.effort if len(message.effort) == count else [math.nan] * count
        joints = {
            name: JointReading(float(p), float(v), float(e))
            for name, p, v, e in zip(message.name, message.position, velocities, efforts, strict=False)
        }
        with self.changed:
            self._joints = {**self._joints, **joints}
            self._heard_wall_s["joint_states"] = time.monotonic()

    def _on_bumper(self, message: Bool) -> None:
        if message.data:
            with self.changed:
                self._bumps += 1

    def _on_scan(self, message: LaserScan) -> None:
        ranges = np.asarray(message.ranges, dtype=np.float64)
        angles = message.angle_min + message.angle_increment * np.arange(len(ranges))
        hit = np.isfinite(ranges) & (ranges > message.range_min) & (ranges < message.range_max * 0.999)
        lidar = self._robot.lidar
        points = np.stack(
            [lidar.x_m + ranges[hit] * np.cos(angles[hit]), lidar.y_m + ranges[hit] * np.sin(angles[hit])], axis=-1
        )
        reading = ScanReading(message.header.stamp.sec + message.header.stamp.nanosec * 1e-9, points)
        self._tell_scan(reading)
        with self.changed:
            self._scan = reading
            self._heard_wall_s["scan"] = time.monotonic()
