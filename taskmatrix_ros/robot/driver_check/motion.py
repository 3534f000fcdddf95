"""What odometry and joint states of some time say of a motion, and what two scans say of a turn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from taskmatrix_ros.robot.driver_check.ear import Heard, yaw_rad

_MOVED_M, _MOVED_RAD = 0.02, 0.04
_STANDS_M_S, _STANDS_RAD_S = 0.02, 0.05


@dataclass(frozen=True, slots=True)
class Motion:
    """How a base moved, in m/s and rad/s: by its pose over the time of its stamps, and by its own twist."""

    linear_m_s: float
    angular_rad_s: float
    twist_linear_m_s: float
    twist_angular_rad_s: float

    @property
    def is_none(self) -> bool:
        """Whether the base stood."""
        return (
            max(abs(self.linear_m_s), abs(self.twist_linear_m_s)) < _STANDS_M_S
            and max(abs(self.angular_rad_s), abs(self.twist_angular_rad_s)) < _STANDS_RAD_S
        )


def motion_of(during: Sequence[Heard]) -> Motion | None:
    """Measure the motion over several odometry messages, along the first one's heading; None if they span no time."""
    if len(during) < 2 or (seconds := during[-1].stamp_s - during[0].stamp_s) <= 0:
        return None
    messages = [heard.message for heard in during]
    yaws = np.unwrap([yaw_rad(message) for message in messages])
    a, b, heading = messages[0].pose.pose.position, messages[-1].pose.pose.position, float(yaws[0])
    ahead = (b.x - a.x) * math.cos(heading) + (b.y - a.y) * math.sin(heading)
    return Motion(
        linear_m_s=ahead / seconds,
        angular_rad_s=float(yaws[-1] - yaws[0]) / seconds,
        twist_linear_m_s=float(np.median([message.twist.twist.linear.x for message in messages])),
        twist_angular_rad_s=float(np.median([message.twist.twist.angular.z for message in messages])),
    )


def has_moved(a: Odometry, b: Odometry) -> bool:
    """Tell whether the robot has moved from one to the other."""
    p, q = a.pose.pose.position, b.pose.pose.position
    turned = math.remainder(yaw_rad(b) - yaw_rad(a), 2 * math.pi)
    return math.hypot(q.x - p.x, q.y - p.y) > _MOVED_M or abs(turned) > _MOVED_RAD


def positions_of(message: JointState, joints: tuple[str, ...]) -> list[float] | None:
    """Give the positions of some joints; None if one is not told."""
    known = dict(zip(message.name, message.position, strict=False))
    return [known[name] for name in joints] if all(name in known for name in joints) else None


def rotation_between(before: NDArray[np.float64], after: NDArray[np.float64]) -> float | None:
    """Give the turn of the robot, by how the ranges moved; None where they tell nothing.

    :param before: ``(N, 2)``: angle in rad, range in m.
    """
    angles, ranges = before[:, 0], np.clip(np.nan_to_num(before[:, 1], posinf=10.0, neginf=0.0), 0.0, 10.0)
    later_angles = after[:, 0]
    later = np.clip(np.nan_to_num(after[:, 1], posinf=10.0, neginf=0.0), 0.0, 10.0)
    order, later_order = np.argsort(angles), np.argsort(later_angles)
    angles, ranges = angles[order], ranges[order]
    later_angles, later = later_angles[later_order], later[later_order]
    costs = []
    turns = np.arange(-1.8, 1.8, 0.02)
    for turn in turns:
        shifted = later_angles + turn
        inside = (shifted >= angles[0]) & (shifted <= angles[-1])
        if inside.sum() < 0.25 * len(angles):
            costs.append(np.inf)
            continue
        costs.append(float(np.median(np.abs(np.interp(shifted[inside], angles, ranges) - later[inside]))))
    best = int(np.argmin(costs))
    return float(turns[best]) if np.isfinite(costs[best]) else None
