"""Short moves by the wheels' own account: turns and straight lines."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from taskmatrix_ros.robot.body.obstacle_guard import ObstacleGuard
from taskmatrix_ros.robot.geometry.path_follower import FollowLimits, Velocity, turn_rate
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_settings import ApproachSettings, DriveSettings

if TYPE_CHECKING:  # both speak ROS; what a motion makes of them does not
    from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
    from taskmatrix_ros.robot.skill_run import SkillRun

_STANDS_M_S = 0.01
_STANDS_RAD_S = 0.02
_CORRECTIONS = 2
_CORRECT_IN_S = 1.0
"""How slowly what was driven too far is driven back: the loop that was late once may be so again."""


class BaseMotion:
    """Turns on the spot and drives straight. Over half a metre odometry is better than any map."""

    def __init__(
        self, driver: RobotDriver, guard: ObstacleGuard, drive: DriveSettings, approach: ApproachSettings
    ) -> None:
        self._driver = driver
        self._guard = guard
        self._drive = drive
        self._approach = approach

    def stand(self, run: SkillRun) -> None:
        """Stop, and wait until the wheels do."""
        run.drive(Velocity())
        if not run.wait_until(self._stands, 3.0):
            raise SkillError(SkillErrorCode.UNAVAILABLE, "the robot was told to stand and still moves after 3 s")

    def turn_by(self, run: SkillRun, angle_rad: float) -> None:
        """Turn on the spot.

        :param angle_rad: counter-clockwise; more than half a turn goes the short way round.
        """
        goal = wrap_angle(self._odometry().yaw_rad + angle_rad)
        limits = replace(self._drive.limits, arrive_rad=self._approach.arrive_rad)
        settled = 0
        for _ in run.ticks(self._drive.period_s):
            error = wrap_angle(goal - self._odometry().yaw_rad)
            if abs(error) <= limits.arrive_rad:
                run.drive(Velocity())
                settled += 1
                # Once more after it stands: what was measured while turning was already old.
                if settled >= 2 and self._stands():
                    return
                continue
            settled = 0
            run.drive(Velocity(0.0, turn_rate(error, limits)))

    def advance(
        self,
        run: SkillRun,
        distance_m: float,
        *,
        speed_m_s: float | None = None,
        aim_rad: float = 0.0,
        guarded: bool = True,
    ) -> float:
        """Drive straight.

        :param distance_m: negative backs off.
        :param aim_rad: direction of the line from the present heading; a small one, it is steered out on the way.
        :param guarded: stop before what the scanner sees; forwards only, it looks no farther back than its sweep.
        :returns: the way made, metres, with the sign of ``distance_m``; less than asked if something is in the way, if
            the wheels get no farther, or if the bumper touches something ahead.
        """
        start = self._odometry() @ Pose2(0.0, 0.0, aim_rad)
        limits = FollowLimits(
            max_linear_m_s=speed_m_s or self._approach.speed_m_s,
            max_angular_rad_s=self._approach.turn_rad_s,
            linear_acceleration_m_s2=self._approach.acceleration_m_s2,
            angular_acceleration_rad_s2=self._drive.angular_acceleration_rad_s2,
            reaction_s=self._drive.reaction_s,
        )
        sign = math.copysign(1.0, distance_m)
        self._follow_line(run, start, distance_m, sign, limits, guarded=guarded)
        for _ in range(_CORRECTIONS):
            # A loop that was late has gone too far; one that came short was kept from it.
            beyond_m = sign * (start.to(self._odometry()).x_m - distance_m)
            if beyond_m <= self._approach.arrive_m:
                break
            slow = replace(limits, max_linear_m_s=min(limits.max_linear_m_s, beyond_m / _CORRECT_IN_S))
            self._follow_line(run, start, distance_m, -sign, slow, guarded=False)
        return start.to(self._odometry()).x_m

    def _follow_line(
        self, run: SkillRun, start: Pose2, goal_m: float, sign: float, limits: FollowLimits, *, guarded: bool
    ) -> None:
        """Drive along a line until ``goal_m`` on it, and stand.

        :param start: of the line, odom frame. :param sign: 1 forwards, -1 backwards.
        """
        waited_s, best_m, bumps = 0.0, -math.inf, self._driver.bumps
        for step_s in run.ticks(self._drive.period_s):
            here = start.to(self._odometry())
            left_m = sign * (goal_m - here.x_m)
            if left_m <= self._approach.arrive_m / 2:
                break
            if self._driver.bumps > bumps and sign > 0:
                break
            waited_s = 0.0 if sign * here.x_m > best_m + 0.005 else waited_s + step_s
            best_m = max(best_m, sign * here.x_m)
            if waited_s > self._approach.stalled_s:
                break
            free_m = self._guard.free_straight(sign) if guarded else math.inf
            speed = _speed(left_m, limits)
            if free_m <= 0.0:
                speed = 0.0
            elif free_m < left_m:
                speed = min(speed, _speed(free_m, limits))
            # Back to the line, and along it: the lateral error steers the heading that is held.
            wanted = max(-0.3, min(0.3, -2.0 * here.y_m * sign))
            turn = 3.0 * wrap_angle(wanted - here.yaw_rad)
            turn = max(-limits.max_angular_rad_s, min(limits.max_angular_rad_s, turn)) if speed > 0 else 0.0
            run.drive(Velocity(sign * speed, turn))
        self.stand(run)

    def _odometry(self) -> Pose2:
        reading = self._driver.odometry
        if reading is None:
            raise SkillError(SkillErrorCode.UNAVAILABLE, "the robot's driver has not published odom yet")
        return reading.pose

    def _stands(self) -> bool:
        reading = self._driver.odometry
        if reading is None:
            return False
        v = reading.velocity
        return abs(v.linear_m_s) < _STANDS_M_S and abs(v.angular_rad_s) < _STANDS_RAD_S


def _speed(left_m: float, limits: FollowLimits) -> float:
    speed = min(limits.max_linear_m_s, math.sqrt(limits.linear_acceleration_m_s2 * left_m), left_m / limits.reaction_s)
    return max(speed, min(0.02, limits.max_linear_m_s))
