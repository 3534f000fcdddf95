"""Getting from here to there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.body.hand_guard import HandGuard
from taskmatrix_ros.robot.body.obstacle_guard import ObstacleGuard
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.path_follower import FollowState, PathFollower, Velocity
from taskmatrix_ros.robot.geometry.path_planner import NoPath, PathPlanner
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.localization.localization import Estimate, Localization, LocalizationState
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skill_settings import DriveSettings

_BEHIND_M, _BACK_STEP_M = 0.03, 0.02
_MOVES_M_S, _MOVES_RAD_S = 0.05, 0.15
"""A command from which on a base that works moves."""

Tell = Callable[[float, str, str, float], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a drive ended, and how far from its goal that is by the robot's own account."""

    pose: Pose2
    distance_error_m: float
    angle_error_rad: float

    def within(self, distance_m: float, angle_rad: float) -> bool:
        """Whether both errors are small enough."""
        return self.distance_error_m <= distance_m and self.angle_error_rad <= angle_rad


class Navigator:
    """Plans on the map, follows, avoids what was not on the map, and says where it was blocked.

    :param grid: of walls and furniture.
    """

    def __init__(
        self,
        grid: OccupancyGrid,
        localization: Localization,
        driver: RobotDriver,
        motion: BaseMotion,
        guard: ObstacleGuard,
        hand_guard: HandGuard,
        robot: RobotDescription,
        drive: DriveSettings,
    ) -> None:
        self._grid = grid
        self._driver = driver
        self._hand_guard = hand_guard
        self._localization = localization
        self._motion = motion
        self._guard = guard
        self._robot = robot
        self._drive = drive
        self._radius_m = robot.base.footprint_radius_m + drive.path_margin_m
        self._planner = PathPlanner(grid, self._radius_m, drive.comfort_m)

    @property
    def planner(self) -> PathPlanner:
        """Of the map without what was seen on the way."""
        return self._planner

    @property
    def turn_radius_m(self) -> float:
        """Room that a turn on the spot needs around the middle of the base."""
        return self._robot.reach_radius_m + self._drive.turn_margin_m

    def where(self) -> Estimate:
        """Say where the robot is.

        :raises SkillError: LOST.
        """
        estimate = self._localization.estimate()
        if estimate is None:
            raise SkillError(SkillErrorCode.LOST, "the robot has not seen a wall tag yet and knows no initial pose")
        if self._localization.state is LocalizationState.LOST:
            raise SkillError(
                SkillErrorCode.LOST,
                f"the robot knows its position only to {estimate.position_error_m:.2f} m; it must see wall tags again",
            )
        return estimate

    def go(self, run: SkillRun, goal: Pose2, tell: Tell | None = None) -> Arrival:
        """Drive to a pose.

        :param goal: map frame.
        :param tell: given completion, state, message and the metres that are left.
        :raises SkillError: NO_PATH, BLOCKED with where, LOST, and whatever ends a run.
        """
        report = tell or _say_nothing
        obstacles: list[NDArray[np.float64]] = []
        driven_from = self.where().pose
        whole_m = max(driven_from.distance_to(goal.x_m, goal.y_m), 0.1)
        for attempt in range(self._drive.replans + 1):
            planner = self._planner
            if obstacles:
                planner = PathPlanner(
                    self._grid.with_obstacles(np.concatenate(obstacles)), self._radius_m, self._drive.comfort_m
                )
            report(-1.0 if attempt == 0 else 0.0, "planning", f"looking for a way to {goal}", whole_m)
            follower = PathFollower(
                self._plan(planner, goal, blocked=bool(obstacles)), goal.yaw_rad, self._drive.limits
            )
            blocked = self._follow(run, follower, report)
            if blocked is None:
                break
            here = self.where().pose
            seen = self._guard.unexpected(here)
            obstacles.append(seen if len(seen) else np.array([blocked]))
            if attempt == self._drive.replans:
                raise SkillError(
                    SkillErrorCode.BLOCKED,
                    f"something stands in the way at ({blocked[0]:.2f}, {blocked[1]:.2f}) on the map; "
                    f"{self._drive.replans} ways round were tried; clear it and try again",
                )
            report(0.0, "recovering", f"something is in the way at ({blocked[0]:.2f}, {blocked[1]:.2f})", whole_m)
            self.back(run, self._drive.back_off_m, self._drive.back_off_m_s)
        self._motion.stand(run)
        return self.arrival(goal)

    def arrival(self, goal: Pose2) -> Arrival:
        """Compare where the robot is with where it should be."""
        pose = self.where().pose
        return Arrival(pose, pose.distance_to(goal.x_m, goal.y_m), abs(wrap_angle(goal.yaw_rad - pose.yaw_rad)))

    def _plan(self, planner: PathPlanner, goal: Pose2, *, blocked: bool) -> NDArray[np.float64]:
        here = self.where().pose
        if here.distance_to(goal.x_m, goal.y_m) <= self._drive.arrive_m:
            return np.array([[goal.x_m, goal.y_m]])
        try:
            return planner.plan((here.x_m, here.y_m), (goal.x_m, goal.y_m))
        except NoPath as error:
            if blocked:
                raise SkillError(
                    SkillErrorCode.BLOCKED, f"what stands in the way at {here.ahead(0.5)} leaves no way round: {error}"
                ) from error
            raise SkillError(SkillErrorCode.NO_PATH, str(error)) from error

    def _follow(self, run: SkillRun, follower: PathFollower, report: Tell) -> tuple[float, float] | None:
        """Follow to the end; returns where it was blocked, None on arrival."""
        waited_s = unmoved_s = 0.0
        told_s = -1.0
        bumps = self._driver.bumps
        for step_s in run.ticks(self._drive.period_s):
            pose = self.where().pose
            if self._driver.bumps > bumps:
                run.drive(Velocity())
                self._localization.doubt("the bumper touched something, so the wheels may have slipped")
                touched = pose.ahead(self._robot.base.footprint_radius_m)
                return touched.x_m, touched.y_m
            free_m, where = self._guard.free_along(pose, follower.ahead(pose, 1.5))
            velocity = follower.command(pose, free_m)
            if follower.state is FollowState.ARRIVED:
                run.drive(Velocity())
                return None
            if not self._hand_guard.free(pose, velocity, self._guard.unexpected(pose, reach_m=1.0)):
                free_m, where = 0.0, where or (pose.ahead(0.4).x_m, pose.ahead(0.4).y_m)
            elif follower.state is not FollowState.DRIVING:
                free_m = math.inf
            if free_m <= 0.0:
                run.drive(Velocity())
                waited_s += step_s
                if waited_s > self._drive.blocked_after_s and where is not None:
                    return where
                continue
            waited_s = 0.0
            run.drive(velocity)
            unmoved_s = unmoved_s + step_s if self._stands_though(velocity) else 0.0
            if unmoved_s > self._drive.deaf_after_s:
                raise SkillError(
                    SkillErrorCode.UNAVAILABLE,
                    f"told to move, the base has stood for {unmoved_s:.0f} s; see whether its driver hears cmd_vel",
                )
            if run.elapsed_s - told_s > 0.25:
                told_s = run.elapsed_s
                self._tell(follower, report)
        return None

    def _stands_though(self, velocity: Velocity) -> bool:
        """Whether the wheels say that the base stands though it is told to move."""
        if abs(velocity.linear_m_s) < _MOVES_M_S and abs(velocity.angular_rad_s) < _MOVES_RAD_S:
            return False
        odometry = self._driver.odometry
        if odometry is None:
            return True
        told = odometry.velocity
        return abs(told.linear_m_s) < 0.2 * _MOVES_M_S and abs(told.angular_rad_s) < 0.2 * _MOVES_RAD_S

    def _tell(self, follower: PathFollower, report: Tell) -> None:
        done = 1.0 - follower.remaining_m / max(follower.length_m, 0.01)
        state = "driving" if follower.state is FollowState.DRIVING else "turning"
        report(min(max(done, 0.0), 0.99), state, f"{follower.remaining_m:.1f} m to go", follower.remaining_m)

    def back(self, run: SkillRun, distance_m: float, speed_m_s: float) -> float:
        """Back off, but never into furniture: the scanner does not see what is behind, and the map does.

        :returns: the way made, metres, 0 or less.
        """
        estimate = self._localization.estimate()
        allowed_m = distance_m
        if estimate is not None:
            pose = estimate.pose
            here_m = self._grid.clearance_m(pose.x_m, pose.y_m)
            # What is too near already, as the table it leans over, may not come nearer.
            least_m = min(here_m, self._robot.base.footprint_radius_m + _BEHIND_M) - 1e-3
            steps = [*np.arange(_BACK_STEP_M, distance_m, _BACK_STEP_M), distance_m]
            spots = [pose.ahead(-float(way)) for way in steps]
            blocked = [self._grid.clearance_m(spot.x_m, spot.y_m) < least_m for spot in spots]
            if any(blocked):
                allowed_m = float(steps[blocked.index(True) - 1]) if blocked.index(True) else 0.0
        return self._motion.advance(run, -allowed_m, speed_m_s=speed_m_s) if allowed_m > 0.0 else 0.0

    def make_room(self, run: SkillRun) -> None:
        """Back off until there is room for the base to turn, as after leaning over a table."""
        for _ in range(4):
            pose = self.where().pose
            here = self._grid.clearance_m(pose.x_m, pose.y_m)
            behind = pose.ahead(-self._drive.back_off_m)
            if here >= self._radius_m or self._grid.clearance_m(behind.x_m, behind.y_m) <= here:
                return
            made = self.back(run, self._drive.back_off_m, self._drive.back_off_m_s)
            if abs(made) < self._drive.back_off_m / 2:
                return

    def has_room(self, pose: Pose2) -> bool:
        """Whether the robot can turn on the spot there with the hand at any height."""
        return self._grid.clearance_m(pose.x_m, pose.y_m) >= self.turn_radius_m

    def hand_free(self, pose: Pose2) -> bool:
        """Whether nothing on the map is below or beside the hand of a robot that stands there."""
        gripper = self._robot.gripper
        along = np.arange(0.1, gripper.tip_x_m + 0.02, 0.04)
        points = pose.apply(np.stack([along, np.zeros_like(along)], axis=-1))
        return bool(np.all(self._grid.field.at(points) > gripper.open_m + 0.04))

    @property
    def is_lost(self) -> bool:
        """Whether the pose is unknown or too vague."""
        return self._localization.state is not LocalizationState.TRACKING


def _say_nothing(completion: float, state: str, message: str, left_m: float) -> None:
    del completion, state, message, left_m
