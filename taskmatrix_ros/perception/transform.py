"""Rigid transforms in three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def rotation_from_rpy(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Matrix:
    """Rotation matrix of fixed-axis roll, pitch, yaw, as URDF and SDF write them.

    :returns: ``(3, 3) float64``.
    """
    cr, sr = math.cos(roll_rad), math.sin(roll_rad)
    cp, sp = math.cos(pitch_rad), math.sin(pitch_rad)
    cy, sy = math.cos(yaw_rad), math.sin(yaw_rad)
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


# A camera's optical frame (z forward, x right, y down) in a body frame (x forward, y left, z up): REP 103.
OPTICAL_IN_BODY: Matrix = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """Pose of a frame B in a frame A: ``point_in_a = rotation @ point_in_b + translation``.

    Named ``a_from_b`` where it is used, so that ``a_from_b @ b_from_c`` reads as ``a_from_c``.

    :param rotation: ``(3, 3) float64``, orthonormal.
    :param translation: ``(3,) float64``, metres.
    """

    rotation: Matrix
    translation: Matrix

    @classmethod
    def identity(cls) -> Transform:
        """Return the transform that changes nothing."""
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def from_rpy(cls, xyz_m: Sequence[float] | Matrix, rpy_rad: Sequence[float] = (0.0, 0.0, 0.0)) -> Transform:
        """Build from a position and fixed-axis roll, pitch, yaw.

        :param xyz_m: position, metres.
        :param rpy_rad: roll, pitch and yaw, rad.
        """
        return cls(rotation_from_rpy(*(float(a) for a in rpy_rad)), np.asarray(xyz_m, dtype=np.float64).reshape(3))

    @classmethod
    def from_plane(cls, x_m: float, y_m: float, yaw_rad: float, z_m: float = 0.0) -> Transform:
        """Build from a pose on the floor."""
        return cls.from_rpy((x_m, y_m, z_m), (0.0, 0.0, yaw_rad))

    @classmethod
    def from_quaternion(cls, xyz_m: Sequence[float], xyzw: Sequence[float]) -> Transform:
        """Build from a position and a unit quaternion in ROS order (x, y, z, w).

        :raises ValueError: the quaternion has no length.
        """
        q = np.asarray(xyzw, dtype=np.float64)
        length = float(np.linalg.norm(q))
        if not length > 1e-9:
            raise ValueError(f"quaternion {list(xyzw)} has no length; give a unit quaternion (x, y, z, w)")
        x, y, z, w = q / length
        rotation = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        return cls(rotation, np.asarray(xyz_m, dtype=np.float64).reshape(3))

    def __matmul__(self, other: Transform) -> Transform:
        return Transform(self.rotation @ other.rotation, self.rotation @ other.translation + self.translation)

    def inverse(self) -> Transform:
        """Return the pose of A in B."""
        back = self.rotation.T
        return Transform(back, -back @ self.translation)

    def apply(self, points_m: ArrayLike) -> Matrix:
        """Take points from frame B to frame A.

        :param points_m: ``(N, 3)`` or ``(3,)``, metres, frame B.
        :returns: the same shape, frame A.
        """
        return np.asarray(points_m, dtype=np.float64) @ self.rotation.T + self.translation

    @property
    def yaw_rad(self) -> float:
        """Angle of the x axis about z, -pi..pi."""
        return math.atan2(float(self.rotation[1, 0]), float(self.rotation[0, 0]))

    @property
    def tilt_rad(self) -> float:
        """Angle between the two z axes, 0..pi."""
        return math.acos(min(1.0, max(-1.0, float(self.rotation[2, 2]))))

    def quaternion(self) -> tuple[float, float, float, float]:
        """Unit quaternion (x, y, z, w) with w >= 0.

        :source: Shepperd, "Quaternion from rotation matrix", 1978: the largest of the four is never near zero.
        """
        r = self.rotation
        trace = float(np.trace(r))
        squares = np.array([r[0, 0], r[1, 1], r[2, 2], trace])
        largest = int(np.argmax(squares))
        if largest == 3:
            q = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], 1.0 + trace])
        else:
            i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
            q = np.empty(4)
            q[i] = 1.0 + 2.0 * r[i, i] - trace
            q[j] = r[j, i] + r[i, j]
            q[k] = r[k, i] + r[i, k]
            q[3] = r[k, j] - r[j, k]
        q /= np.linalg.norm(q)
        if q[3] < 0:
            q = -q
        return float(q[0]), float(q[1]), float(q[2]), float(q[3])
