"""From a path to velocities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle


class FollowState(Enum):
    """What the robot does on its path."""

    TURNING = "turning"
    DRIVING = "driving"
    ALIGNING = "aligning"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowLimits:
    """How fast a robot may follow a path: linear in m/s and m/s^2, angular in rad/s and rad/s^2."""

    max_linear_m_s: float
    max_angular_rad_s: float
    linear_acceleration_m_s2: float
    angular_acceleration_rad_s2: float
    lookahead_m: float = 0.35
    arrive_m: float = 0.015
    arrive_rad: float = 0.015
    turn_in_place_rad: float = 0.6
    reaction_s: float = 0.25


@dataclass(frozen=True, slots=True)
class Velocity:
    """A command for a differential drive: forward in m/s, counter-clockwise in rad/s."""

    linear_m_s: float = 0.0
    angular_rad_s: float = 0.0


class PathFollower:
    """Regulated pure pursuit, with turns in place at the ends and at sharp corners.

    :param path_m: ``(N, 2)``, metres, map frame, N >= 1.
    :param goal_yaw_rad: heading at the end; None to end as the path does.
    :source: Coulter, "Implementation of the pure pursuit path tracking algorithm", CMU-RI-TR-92-01; Macenski et al.,
        "Regulated pure pursuit for robot path tracking", 2023 (slower in curves and near obstacles).
    """

    def __init__(self, path_m: NDArray[np.float64], goal_yaw_rad: float | None, limits: FollowLimits) -> None:
        self._path = np.asarray(path_m, dtype=np.float64).reshape(-1, 2)
        self._goal_yaw_rad = goal_yaw_rad
        self._limits = limits
        steps = np.linalg.norm(np.diff(self._path, axis=0), axis=1)
        self._along = np.concatenate([[0.0], np.cumsum(steps)])
        self._progress_m = 0.0
        self.state = FollowState.TURNING

    @property
    def length_m(self) -> float:
        """Of the whole path."""
        return float(self._along[-1])

    @property
    def remaining_m(self) -> float:
        """From the last pose it was told to the end."""
        return max(0.0, self.length_m - self._progress_m)

    def ahead(self, pose: Pose2, reach_m: float, step_m: float = 0.05) -> NDArray[np.float64]:
        """The next piece of the path, closely spaced, from the robot's own spot on.

        :returns: ``(N, 2)``, metres, map frame.
        """
        self._advance(pose)
        along = np.arange(self._progress_m, min(self._progress_m + reach_m, self.length_m), step_m)
        here = np.array([[pose.x_m, pose.y_m]])
        return np.concatenate([here, np.array([self._point_at(a) for a in along]).reshape(-1, 2)])

    def command(self, pose: Pose2, free_m: float = math.inf) -> Velocity:
        """Decide the velocity for now.

        :param pose: of the robot, map frame.
        :param free_m: how far the robot can go ahead before it touches something; it will have stopped by then.
        """
        lim = self._limits
        self._advance(pose)
        end = self._path[-1]
        end_distance_m = pose.distance_to(*end)
        if self.state is FollowState.ARRIVED:
            return Velocity()
        if self.state is not FollowState.ALIGNING and self._at_end(pose, end_distance_m):
            self.state = FollowState.ALIGNING
        if self.state is FollowState.ALIGNING:
            return self._align(pose)
        target = self._point_at(self._progress_m + max(lim.lookahead_m, 0.0))
        bearing = pose.bearing_to(*target)
        threshold = lim.turn_in_place_rad if self.state is FollowState.DRIVING else 0.1
        if abs(bearing) > threshold:
            self.state = FollowState.TURNING
            return Velocity(0.0, self._turn_rate(bearing))
        self.state = FollowState.DRIVING
        distance = max(pose.distance_to(*target), 0.05)
        curvature = 2 * math.sin(bearing) / distance
        speed = min(
            lim.max_linear_m_s,
            _braking_speed(self.remaining_m if end_distance_m > lim.arrive_m else 0.0, lim),
            _braking_speed(free_m, lim),
        )
        if abs(curvature) > 1e-6:
            speed = min(speed, lim.max_angular_rad_s / abs(curvature))
        speed *= max(0.2, math.cos(min(abs(bearing) * 1.5, math.pi / 2)))
        if free_m > 0:
            speed = max(speed, min(0.03, lim.max_linear_m_s))
        return Velocity(speed, max(-lim.max_angular_rad_s, min(lim.max_angular_rad_s, speed * curvature)))

    def _at_end(self, pose: Pose2, distance_m: float) -> bool:
        if distance_m <= self._limits.arrive_m:
            return True
        # Past the end, or beside it: turning round for a centimetre would not come closer.
        forward, _ = pose.local(*self._path[-1])
        return self.remaining_m < 0.05 and distance_m < 0.08 and forward <= 0.005

    def _align(self, pose: Pose2) -> Velocity:
        if self._goal_yaw_rad is None:
            self.state = FollowState.ARRIVED
            return Velocity()
        error = wrap_angle(self._goal_yaw_rad - pose.yaw_rad)
        if abs(error) <= self._limits.arrive_rad:
            self.state = FollowState.ARRIVED
            return Velocity()
        return Velocity(0.0, self._turn_rate(error))

    def _turn_rate(self, error_rad: float) -> float:
        return turn_rate(error_rad, self._limits)

    def _advance(self, pose: Pose2) -> None:
        """Move the progress to the nearest point of the path, never back and never far ahead."""
        if len(self._path) < 2:
            return
        here = np.array([pose.x_m, pose.y_m])
        best, best_distance = self._progress_m, math.inf
        for i in range(len(self._path) - 1):
            if self._along[i + 1] < self._progress_m or self._along[i] > self._progress_m + 1.0:
                continue
            a, b = self._path[i], self._path[i + 1]
            length = self._along[i + 1] - self._along[i]
            if length < 1e-9:
                continue
            t = float(np.clip((here - a) @ (b - a) / length**2, 0.0, 1.0))
            along = max(self._progress_m, float(self._along[i]) + t * float(length))
            distance = float(np.linalg.norm(here - self._point_at(along)))
            if distance < best_distance - 1e-9:
                best, best_distance = along, distance
        self._progress_m = best

    def _point_at(self, along_m: float) -> NDArray[np.float64]:
        along = min(max(along_m, 0.0), self.length_m)
        return np.array([np.interp(along, self._along, self._path[:, k]) for k in (0, 1)])


def turn_rate(error_rad: float, limits: FollowLimits) -> float:
    """Angular velocity that ends a turn without overshoot, rad/s."""
    size = abs(error_rad)
    rate = min(
        limits.max_angular_rad_s,
        math.sqrt(limits.angular_acceleration_rad_s2 * size),
        size / limits.reaction_s,
    )
    return math.copysign(max(rate, min(0.08, limits.max_angular_rad_s)), error_rad)


def _braking_speed(distance_m: float, limits: FollowLimits) -> float:
    if distance_m <= 0:
        return 0.0
    return min(math.sqrt(limits.linear_acceleration_m_s2 * distance_m), distance_m / limits.reaction_s)
