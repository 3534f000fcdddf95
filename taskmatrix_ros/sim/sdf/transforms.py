"""SDF poses as matrices and quaternions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.sim.sdf.sdf_types import Pose


def matrix_from_pose(pose: Pose) -> NDArray[np.float64]:
    """Homogeneous matrix of a pose, ``(4, 4) float64``: parent from child."""
    transform = Transform.from_rpy(pose.xyz_m, pose.rpy_rad)
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = transform.rotation, transform.translation
    return matrix


def quaternion_wxyz(pose: Pose) -> list[float]:
    """Unit quaternion of a pose in MuJoCo's order, scalar first."""
    x, y, z, w = Transform.from_rpy((0.0, 0.0, 0.0), pose.rpy_rad).quaternion()
    return [w, x, y, z]


def yaw_of_quaternion(w: float, x: float, y: float, z: float) -> float:
    """Angle about the vertical, -pi..pi."""
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def wrapped(angle_rad: float) -> float:
    """Return the same direction in -pi <= angle < pi."""
    return (angle_rad + math.pi) % (2 * math.pi) - math.pi
