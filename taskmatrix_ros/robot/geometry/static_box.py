"""Furniture and walls as upright boxes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taskmatrix_ros.robot.geometry.pose2 import Pose2


@dataclass(frozen=True, slots=True)
class StaticBox:
    """A box that stands upright and does not move.

    :param pose: middle of its footprint, map frame.
    :param size_x_m: along its own x axis, metres.
    :param size_y_m: along its own y axis, metres.
    :param bottom_m: height of its lower face over the floor, metres.
    :param top_m: height of its upper face, metres.
    """

    name: str
    pose: Pose2
    size_x_m: float
    size_y_m: float
    bottom_m: float
    top_m: float

    def distance(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Distance of points on the floor to the footprint, negative inside.

        :param points_m: ``(..., 2)``, metres, map frame.
        :returns: ``(...)``, metres.
        """
        points = np.asarray(points_m, dtype=np.float64)
        c, s = math.cos(self.pose.yaw_rad), math.sin(self.pose.yaw_rad)
        dx, dy = points[..., 0] - self.pose.x_m, points[..., 1] - self.pose.y_m
        over_x = np.abs(c * dx + s * dy) - self.size_x_m / 2
        over_y = np.abs(-s * dx + c * dy) - self.size_y_m / 2
        outside = np.hypot(np.maximum(over_x, 0.0), np.maximum(over_y, 0.0))
        return np.asarray(outside + np.minimum(np.maximum(over_x, over_y), 0.0), dtype=np.float64)

    def reaches(self, low_m: float, high_m: float) -> bool:
        """Whether any part of it lies between two heights over the floor."""
        return self.bottom_m < high_m and self.top_m > low_m

    def corners(self) -> NDArray[np.float64]:
        """Footprint, counter-clockwise, ``(4, 2)``, metres, map frame."""
        x, y = self.size_x_m / 2, self.size_y_m / 2
        return self.pose.apply([[x, y], [-x, y], [-x, -y], [x, -y]])
