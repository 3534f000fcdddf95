"""Where the robot can stand, turn and drive."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.static_box import StaticBox


class OccupancyGrid:
    """The floor, with everything a robot of some height would hit.

    :param boxes: of the world description.
    :param bounds_m: least x, least y, greatest x, greatest y, map frame.
    :param height_m: of the robot: what hangs above it is no obstacle.
    :param step_m: between grid points.
    :param seen_m: ``(N, 2)`` obstacles that are on no plan, map frame.
    """

    def __init__(
        self,
        boxes: Iterable[StaticBox],
        bounds_m: tuple[float, float, float, float],
        *,
        height_m: float,
        step_m: float = 0.05,
        seen_m: ArrayLike = (),
    ) -> None:
        self.boxes = tuple(boxes)
        self.bounds_m = bounds_m
        self._height_m = height_m
        field = DistanceField.from_boxes((b for b in self.boxes if b.reaches(0.02, height_m)), bounds_m, step_m)
        self.field = field.with_points(seen_m)

    def band(self, low_m: float, high_m: float) -> DistanceField:
        """Distances to what reaches between two heights, for a part of the robot that sticks out there."""
        return DistanceField.from_boxes(
            (b for b in self.boxes if b.reaches(low_m, high_m)), self.bounds_m, self.field.step_m
        )

    def with_obstacles(self, points_m: ArrayLike) -> OccupancyGrid:
        """Return the grid with obstacles that were seen and are on no plan.

        :param points_m: ``(N, 2)``, metres, map frame.
        """
        return OccupancyGrid(
            self.boxes, self.bounds_m, height_m=self._height_m, step_m=self.field.step_m, seen_m=points_m
        )

    def clearance_m(self, x_m: float, y_m: float) -> float:
        """Distance of a spot to the nearest obstacle, metres, negative inside one."""
        return float(self.field.at([x_m, y_m]))

    def free(self, radius_m: float) -> NDArray[np.bool_]:
        """Grid points where a disc fits, ``(rows, columns)``."""
        return self.field.values_m > radius_m

    def line_clearance_m(self, a: ArrayLike, b: ArrayLike) -> float:
        """Least clearance along a straight line, metres.

        :param a: ``(2,)`` start, metres, map frame.
        :param b: ``(2,)`` end.
        """
        start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
        count = max(2, int(np.ceil(float(np.linalg.norm(end - start)) / (self.field.step_m / 2))) + 1)
        ratio = np.linspace(0.0, 1.0, count)[:, None]
        return float(self.field.at(start + ratio * (end - start)).min())
