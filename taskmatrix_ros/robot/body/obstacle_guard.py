"""What the scanner sees in the way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2

if TYPE_CHECKING:  # the driver speaks ROS; what is done with its scans does not
    from taskmatrix_ros.robot.driver.robot_driver import RobotDriver

_BEYOND_M = 2.0
_EXPLAINED_M = 0.12  # this near to something on the map, a hit is taken for it


class ObstacleGuard:
    """Measures how far the base can go.

    :param mapped: distance to what is on the map at the scanner's height.
    :param radius_m: of the base.
    :param side_m: what may pass beside the base as close as this.
    :param margin_m: how far before something on the map the base must have stopped; plans keep the hand off that.
    :param unknown_margin_m: the same before anything else, which may be as high as the hand.
    """

    def __init__(
        self,
        driver: RobotDriver,
        mapped: DistanceField,
        *,
        radius_m: float,
        side_m: float,
        margin_m: float,
        unknown_margin_m: float,
    ) -> None:
        self._driver = driver
        self._mapped = mapped
        self._radius_m = radius_m
        self._side_m = side_m
        self._margin_m = margin_m
        self._unknown_margin_m = unknown_margin_m

    def free_straight(self, sign: float = 1.0) -> float:
        """How far the base can go along its heading.

        :param sign: 1 ahead, -1 behind.
        :returns: metres; 0 or less if it is too close already.
        """
        scan = self._driver.scan
        if scan is None or not len(scan.points_m):
            return math.inf
        x, y = scan.points_m[:, 0] * sign, scan.points_m[:, 1]
        reach = self._radius_m + self._side_m
        ahead = (np.abs(y) < reach) & (x > 0)
        if not ahead.any():
            return math.inf
        front = np.sqrt(self._radius_m**2 - np.minimum(np.abs(y[ahead]), self._radius_m) ** 2)
        return float((x[ahead] - front).min()) - self._margin_m

    def free_along(self, pose: Pose2, path_m: NDArray[np.float64]) -> tuple[float, tuple[float, float] | None]:
        """How far the base can follow a path.

        :param pose: of the robot, map frame.
        :param path_m: ``(N, 2)``, metres, map frame, from the robot on, closely spaced.
        :returns: metres along the path, and the spot of the first obstacle on the map; (infinite, None) if it is free.
        """
        scan = self._driver.scan
        if scan is None or not len(scan.points_m) or not len(path_m):
            return math.inf, None
        points = pose.apply(scan.points_m)
        near = np.hypot(points[:, 0] - pose.x_m, points[:, 1] - pose.y_m) < _BEYOND_M + self._radius_m
        points = points[near]
        if not len(points):
            return math.inf, None
        apart = np.hypot(path_m[:, None, 0] - points[None, :, 0], path_m[:, None, 1] - points[None, :, 1])
        # What is beside the robot now and falls behind as it goes is no obstacle.
        start = apart[0]
        closing = apart <= np.minimum(start[None, :], self._radius_m + self._side_m) - 1e-6
        hit = np.argwhere(closing)
        if not len(hit):
            return math.inf, None
        first, which = int(hit[0, 0]), int(hit[0, 1])
        steps = np.linalg.norm(np.diff(path_m[: first + 1], axis=0), axis=1)
        spot = (float(points[which, 0]), float(points[which, 1]))
        unknown = float(self._mapped.at(spot)) > _EXPLAINED_M
        return float(steps.sum()) - (self._unknown_margin_m if unknown else self._margin_m), spot

    def unexpected(self, pose: Pose2, *, reach_m: float = 1.5) -> NDArray[np.float64]:
        """Hits near the robot that nothing on the map explains.

        :returns: ``(N, 2)``, metres, map frame, thinned to one per 5 cm.
        """
        scan = self._driver.scan
        if scan is None or not len(scan.points_m):
            return np.empty((0, 2))
        near = np.hypot(scan.points_m[:, 0], scan.points_m[:, 1]) < reach_m
        points = pose.apply(scan.points_m[near])
        if not len(points):
            return np.empty((0, 2))
        strange = points[self._mapped.at(points) > _EXPLAINED_M]
        return np.unique(np.round(strange / 0.05), axis=0) * 0.05
