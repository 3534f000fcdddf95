"""What the hand, which sticks out ahead of the base, would run into."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2

_STEPS = 5


class HandGuard:
    """Looks a moment ahead: where hand and boom will be, and what is as high as they are.

    A turn on the spot swings the hand through half a metre, which a planner for the round base knows nothing of.

    :param tall: distance to what on the map reaches the height at which the hand is carried.
    :param horizon_s: how far ahead; a bit more than it takes to stand.
    :param margin_m: between the hand and anything.
    """

    def __init__(
        self, tall: DistanceField, robot: RobotDescription, *, horizon_s: float = 0.5, margin_m: float = 0.03
    ) -> None:
        self._tall = tall
        self._horizon_s = horizon_s
        self._margin_m = margin_m
        gripper = robot.gripper
        half = gripper.open_m + 0.02
        along = np.arange(robot.base.footprint_radius_m, gripper.tip_x_m + 0.001, 0.05)
        boom = np.stack([along, np.zeros_like(along)], axis=-1)
        # The hand is filled, not outlined: what is found may be a single point between the fingers.
        across = np.linspace(-half, half, 5)
        hand = np.array([[x, y] for x in np.linspace(gripper.palm_x_m, gripper.tip_x_m, 4) for y in across])
        self._points = np.concatenate([boom, hand])

    def free(self, pose: Pose2, velocity: Velocity, unknown_m: NDArray[np.float64]) -> bool:
        """Whether a motion keeps the hand clear; one that leads away from what is too close already does.

        :param pose: of base_link, map frame.
        :param unknown_m: ``(N, 2)`` hits that nothing on the map explains, map frame; they may be of any height.
        """
        now = self._clearance_m(pose, unknown_m)
        for step in range(1, _STEPS + 1):
            time_s = self._horizon_s * step / _STEPS
            turn = velocity.angular_rad_s * time_s
            ahead = Pose2(velocity.linear_m_s * time_s, 0.0, turn)
            later = self._clearance_m(pose @ Pose2(0.0, 0.0, turn / 2) @ ahead @ Pose2(0.0, 0.0, -turn / 2), unknown_m)
            if later < self._margin_m and later < now - 1e-3:
                return False
        return True

    def _clearance_m(self, pose: Pose2, unknown_m: NDArray[np.float64]) -> float:
        points = pose.apply(self._points)
        nearest = float(self._tall.at(points).min())
        if len(unknown_m):
            apart = np.hypot(points[:, None, 0] - unknown_m[None, :, 0], points[:, None, 1] - unknown_m[None, :, 1])
            nearest = min(nearest, float(apart.min()))
        return nearest
