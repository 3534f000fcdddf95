"""Poses to and from ROS messages."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2


def stamp(seconds: float) -> Time:
    """ROS time of seconds since its zero."""
    nanoseconds = max(0, round(seconds * 1e9))
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def fill_pose(message: Pose, pose: Pose2) -> None:
    """Write a pose on the floor into a message."""
    message.position.x, message.position.y, message.position.z = pose.x_m, pose.y_m, 0.0
    message.orientation.z, message.orientation.w = math.sin(pose.yaw_rad / 2), math.cos(pose.yaw_rad / 2)


def pose_on_floor(frame: str, stamp_s: float, pose: Pose2) -> PoseStamped:
    """Build a stamped pose on the floor."""
    message = PoseStamped()
    message.header.frame_id, message.header.stamp = frame, stamp(stamp_s)
    fill_pose(message.pose, pose)
    return message


def pose_in_space(frame: str, stamp_s: float, pose: Transform) -> PoseStamped:
    """Build a stamped pose of a thing."""
    message = PoseStamped()
    message.header.frame_id, message.header.stamp = frame, stamp(stamp_s)
    x, y, z = (float(v) for v in pose.translation)
    message.pose.position.x, message.pose.position.y, message.pose.position.z = x, y, z
    qx, qy, qz, qw = pose.quaternion()
    message.pose.orientation.x, message.pose.orientation.y = qx, qy
    message.pose.orientation.z, message.pose.orientation.w = qz, qw
    return message


def parse_goal_pose(message: PoseStamped, frame: str) -> Pose2 | None:
    """Read a goal pose; None if the message names no frame, so gives no pose.

    :param frame: the only one that is understood.
    :raises ValueError: another frame, or numbers that are none, or a quaternion without length.
    """
    given = message.header.frame_id.strip()
    if not given:
        return None
    if given != frame:
        raise ValueError(f"the goal's pose is in frame '{given}'; allowed: '{frame}'")
    p, q = message.pose.position, message.pose.orientation
    numbers = (p.x, p.y, q.x, q.y, q.z, q.w)
    if not all(math.isfinite(v) for v in numbers):
        raise ValueError("the goal's pose has numbers that are not finite")
    turned = Transform.from_quaternion((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))
    return Pose2(p.x, p.y, turned.yaw_rad)
