"""Where to stand so that the gripper comes straight at something."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.path_planner import PathPlanner
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.skill_settings import SkillSettings

_MAST_TOP_M = 1.4
_BOOM_HALF_HEIGHT_M = 0.04
_SLACK_M = 0.012
_SLACK_RAD = 0.06
_MISSED_M = 0.04  # a stand that was missed by so little does as well: driving there again would end there again


@functools.total_ordering
class _Reason(Enum):
    """Why a stand does not do, in the order the checks are made."""

    NO_SIDE = 0, "it may not be approached from any side"
    UNSEEN = 1, "the camera would not see it from where the gripper reaches it"
    NO_FIT = 2, "the robot does not fit before it"
    NO_TURN = 3, "there is no room to turn before it"
    BASE = 4, "furniture keeps the base too far away"
    BELOW = 5, "furniture is below the hand where it is lowered"
    HAND = 6, "furniture is in the way of the gripper"
    OTHERS = 7, "other objects stand too close to it"
    NO_WAY = 8, "no way leads there"

    def __lt__(self, other: _Reason) -> bool:
        return self.value[0] < other.value[0]


class OutOfReach(Exception):
    """The gripper cannot come straight at it from anywhere. The message says what is in the way."""


@dataclass(frozen=True, slots=True)
class ReachTarget:
    """A spot for the middle of the grasp.

    :param height_m: of the spot over the floor.
    :param look_height_m: of what must be in the picture from the stand.
    :param directions_rad: headings that the gripper may come in with, map frame.
    :param tolerance_rad: how far it may deviate from them.
    """

    x_m: float
    y_m: float
    height_m: float
    look_height_m: float
    directions_rad: tuple[float, ...]
    tolerance_rad: float


@dataclass(frozen=True, slots=True)
class ReachPlan:
    """A stand from which a straight advance brings the grasp to its target.

    :param stand: where to turn towards the target, map frame.
    :param advance_m: from there.
    :param here: whether the robot need not move to stand there.
    """

    stand: Pose2
    advance_m: float
    here: bool
    cost_m: float


class ReachPlanner:
    """Chooses stands: room to turn, the target in the picture, nothing beside the fingers, the shortest way.

    :param others_radius_m: half the diagonal of things on a table, to keep the fingers off them.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        planner: PathPlanner,
        robot: RobotDescription,
        settings: SkillSettings,
        *,
        others_radius_m: float = 0.057,
    ) -> None:
        self._grid = grid
        self._planner = planner
        self._robot = robot
        self._settings = settings
        self._others_radius_m = others_radius_m
        self._bands: dict[tuple[int, int], DistanceField] = {}
        tip_m = robot.gripper.tip_x_m
        self._near_m = tip_m + settings.approach.min_stand_off_m
        self._best_m = tip_m + settings.approach.stand_off_m
        # A little less than reach_m, so that a stand that is missed by a few centimetres is still within reach.
        within_m = robot.gripper.grasp_x_m + settings.grasp.reach_m - settings.drive.arrival_distance_m - 0.02
        self._far_m = max(self._best_m, min(tip_m + settings.approach.max_stand_off_m, within_m))

    def plan(
        self,
        target: ReachTarget,
        here: Pose2,
        others: Sequence[tuple[float, float]] = (),
        *,
        hanging_m: float = 0.0,
    ) -> ReachPlan:
        """Choose the best stand.

        :param here: where the robot is; if it can reach from here by turning alone, it does.
        :param others: x and y of things that the fingers must not touch, map frame.
        :param hanging_m: how far what the hand holds reaches below it.
        :raises OutOfReach: there is none.
        """
        reasons: list[_Reason] = []
        plans = []
        for stand, at_here in self._candidates(target, here):
            problem = self._problem(stand, target, others, hanging_m, at_here=at_here)
            if problem is not None:
                reasons.append(problem)
                continue
            cost = 0.0 if at_here else self._planner.cost_m((here.x_m, here.y_m), (stand.x_m, stand.y_m)) + 0.6
            if math.isinf(cost):
                reasons.append(_Reason.NO_WAY)
                continue
            off = min(abs(wrap_angle(stand.yaw_rad - d)) for d in target.directions_rad)
            distance = stand.distance_to(target.x_m, target.y_m)
            cost += 2.0 * off + 0.5 * abs(distance - self._best_m)
            plans.append(ReachPlan(stand, distance - self._robot.gripper.grasp_x_m, at_here, cost))
        if not plans:
            # The candidate that came farthest tells most: what keeps the robot off from the far side is no news.
            reason = max(reasons, default=_Reason.NO_SIDE).value[1]
            raise OutOfReach(f"no stand lets the gripper reach ({target.x_m:.2f}, {target.y_m:.2f}): {reason}")
        return min(plans, key=lambda p: p.cost_m)

    def _candidates(self, target: ReachTarget, here: Pose2) -> Iterable[tuple[Pose2, bool]]:
        towards = here.facing(target.x_m, target.y_m)
        distance = here.distance_to(target.x_m, target.y_m)
        off = min((abs(wrap_angle(towards.yaw_rad - d)) for d in target.directions_rad), default=math.pi)
        if off <= target.tolerance_rad + _SLACK_RAD and self._near_m - _MISSED_M <= distance <= self._far_m + _MISSED_M:
            yield towards, True
        backs = [float(b) for b in np.linspace(self._near_m, self._best_m, 3)]
        backs += [float(b) for b in np.linspace(self._best_m, self._far_m, 4)[1:]]
        for direction in target.directions_rad:
            for ratio in (0.0, 0.33, -0.33, 0.67, -0.67, 1.0, -1.0):
                yaw = direction + ratio * target.tolerance_rad
                for back in backs:
                    x, y = target.x_m - back * math.cos(yaw), target.y_m - back * math.sin(yaw)
                    yield Pose2(x, y, wrap_angle(yaw)), False

    def _problem(
        self,
        stand: Pose2,
        target: ReachTarget,
        others: Sequence[tuple[float, float]],
        hanging_m: float,
        *,
        at_here: bool,
    ) -> _Reason | None:
        base, approach, gripper = self._robot.base, self._settings.approach, self._robot.gripper
        # A stand that was just driven to is missed by a centimetre or two; it must not be refused for that.
        slack = _SLACK_M if at_here else 0.0
        final = stand.ahead(stand.distance_to(target.x_m, target.y_m) - gripper.grasp_x_m)
        if not at_here:
            problem = self._problem_of_stand(stand, target, hanging_m)
            if problem is not None:
                return problem
        line = self._grid.line_clearance_m((stand.x_m, stand.y_m), (final.x_m, final.y_m))
        if line < base.footprint_radius_m + approach.furniture_margin_m - slack:
            return _Reason.BASE
        half = self._settings.carry.hand_half_height_m
        lowest = min(target.height_m, self._settings.carry.height_m) - hanging_m - half
        if not self._hand_free(stand, lowest, self._settings.carry.height_m + half):
            return _Reason.BELOW
        if not self._hand_free(final, target.height_m - _BOOM_HALF_HEIGHT_M, target.height_m + _BOOM_HALF_HEIGHT_M):
            return _Reason.HAND
        if any(self._in_the_way(stand, target, other, slack) for other in others):
            return _Reason.OTHERS
        return None

    def _problem_of_stand(self, stand: Pose2, target: ReachTarget, hanging_m: float) -> _Reason | None:
        """Check what matters only for getting there: sight, room to stand and room to turn."""
        drive, carry = self._settings.drive, self._settings.carry
        if not self.sees(stand, target.x_m, target.y_m, target.look_height_m):
            return _Reason.UNSEEN
        if self._grid.clearance_m(stand.x_m, stand.y_m) < self._robot.base.footprint_radius_m + drive.path_margin_m:
            return _Reason.NO_FIT
        low = carry.height_m - carry.hand_half_height_m - hanging_m
        if float(self._band(low, _MAST_TOP_M).at([stand.x_m, stand.y_m])) < (
            self._robot.reach_radius_m + drive.turn_margin_m
        ):
            return _Reason.NO_TURN
        return None

    def sees(self, stand: Pose2, x_m: float, y_m: float, z_m: float) -> bool:
        """Whether a spot is in the picture, well inside its lower and upper border."""
        camera = self._robot.camera
        ahead, left = stand.local(x_m, y_m)
        ahead, left = ahead - camera.x_m, left - camera.y_m
        if ahead <= 0.05:
            return False
        model = camera.ideal_model()
        down = math.atan2(camera.z_m - z_m, math.hypot(ahead, left)) - camera.pitch_rad
        edge = self._settings.look.edge_rad
        return abs(down) <= model.fovy_rad / 2 - edge and abs(math.atan2(left, ahead)) <= model.fovx_rad / 2 - edge

    def _band(self, low_m: float, high_m: float) -> DistanceField:
        key = (round(low_m * 50), round(high_m * 50))
        if key not in self._bands:
            self._bands[key] = self._grid.band(key[0] / 50, key[1] / 50)
        return self._bands[key]

    def _hand_free(self, base: Pose2, low_m: float, high_m: float) -> bool:
        """Whether nothing on the map is where boom and fingers are, between two heights."""
        along = np.arange(0.1, self._robot.gripper.tip_x_m + 0.02, 0.03)
        points: NDArray[np.float64] = base.apply(np.stack([along, np.zeros_like(along)], axis=-1))
        return bool(np.all(self._band(low_m, high_m).at(points) > self._robot.gripper.open_m + 0.03))

    def _in_the_way(self, stand: Pose2, target: ReachTarget, other: tuple[float, float], slack_m: float) -> bool:
        ahead, left = stand.local(*other)
        reach = stand.distance_to(target.x_m, target.y_m) + 0.06 + self._others_radius_m
        clear = self._robot.gripper.open_m + 0.025 + self._others_radius_m + self._settings.approach.finger_margin_m
        return 0.0 < ahead < reach and abs(left) < clear - slack_m
