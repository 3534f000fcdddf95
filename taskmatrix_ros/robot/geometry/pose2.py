"""Poses on the floor."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


def wrap_angle(angle_rad: float) -> float:
    """Bring an angle into -pi..pi."""
    return math.remainder(angle_rad, 2 * math.pi)


@dataclass(frozen=True, slots=True)
class Pose2:
    """Pose of a frame B on the floor of a frame A; also a displacement.

    :param x_m: metres.
    :param y_m: metres.
    :param yaw_rad: counter-clockwise from x, any number.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    yaw_rad: float = 0.0

    def __matmul__(self, other: Pose2) -> Pose2:
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return Pose2(
            self.x_m + c * other.x_m - s * other.y_m,
            self.y_m + s * other.x_m + c * other.y_m,
            wrap_angle(self.yaw_rad + other.yaw_rad),
        )

    def inverse(self) -> Pose2:
        """Return the pose of A in B."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        return Pose2(-c * self.x_m - s * self.y_m, s * self.x_m - c * self.y_m, wrap_angle(-self.yaw_rad))

    def to(self, other: Pose2) -> Pose2:
        """Return ``other`` as seen from here: ``self @ self.to(other) == other``."""
        return self.inverse() @ other

    def apply(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Take points from frame B to frame A.

        :param points_m: ``(N, 2)`` or ``(2,)``, metres.
        :returns: the same shape.
        """
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        rotation = np.array([[c, s], [-s, c]])
        return np.asarray(points_m, dtype=np.float64) @ rotation + np.array([self.x_m, self.y_m])

    def local(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return a point of frame A as seen from here, metres."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        dx, dy = x_m - self.x_m, y_m - self.y_m
        return c * dx + s * dy, -s * dx + c * dy

    def distance_to(self, x_m: float, y_m: float) -> float:
        """Distance to a point of frame A, metres."""
        return math.hypot(x_m - self.x_m, y_m - self.y_m)

    def bearing_to(self, x_m: float, y_m: float) -> float:
        """Direction of a point of frame A as seen from here, -pi..pi, 0 ahead."""
        return wrap_angle(math.atan2(y_m - self.y_m, x_m - self.x_m) - self.yaw_rad)

    def facing(self, x_m: float, y_m: float) -> Pose2:
        """Return the same spot, turned towards a point."""
        return Pose2(self.x_m, self.y_m, math.atan2(y_m - self.y_m, x_m - self.x_m))

    def ahead(self, distance_m: float) -> Pose2:
        """Return the pose this far along the heading; negative is behind."""
        return self @ Pose2(distance_m, 0.0, 0.0)

    def __str__(self) -> str:
        return f"({self.x_m:.2f}, {self.y_m:.2f}, {math.degrees(self.yaw_rad):.0f} deg)"
