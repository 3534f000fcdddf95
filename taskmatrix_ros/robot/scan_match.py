"""Laying a scan over the map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.distance_field import DistanceField
from taskmatrix_ros.robot.pose2 import Pose2, wrap_angle

Array = NDArray[np.float64]

_ITERATIONS = 6
# 99.9 % of true corrections (3 numbers) are smaller than this, in squared standard deviations.
_GATE = 16.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanNoise:
    """How far scans are believed.

    :param sigma_m: standard deviation of a hit, with what the map is wrong by.
    :param reject_m: a hit farther than this from everything on the map is left out, however unsure the pose is; the
        surer it is, the less a hit may be off, so that furniture that is on no map does not pull.
    :param beams_per_vote: neighbouring beams that err alike.
    :param min_points: fewer hits correct nothing.
    :param min_share: nor does a scan that fits the map less than this.
    """

    sigma_m: float = 0.02
    reject_m: float = 0.25
    beams_per_vote: float = 8.0
    min_points: int = 20
    min_share: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ScanFit:
    """How a scan agrees with the map.

    :param used: whether it corrects the pose; if not, pose and covariance are what they were.
    :param covariance: ``(3, 3)`` of x, y (m, map frame) and yaw (rad).
    :param share: of the hits that lie near something on the map, 0..1.
    :param error_m: median distance of those to it.
    """

    used: bool
    pose: Pose2
    covariance: Array
    share: float
    error_m: float


def match_scan(prior: Pose2, covariance: Array, points_m: Array, field: DistanceField, noise: ScanNoise) -> ScanFit:
    """Find the pose that lays hits on what is on the map, without straying from what is believed already.

    :param covariance: ``(3, 3)`` of the prior.
    :param points_m: ``(N, 2)`` hits, base_link.
    :param field: distance to everything that stands at the scanner's height.
    :source: Thrun, Burgard, Fox, "Probabilistic Robotics", 2005, ch. 6.4 (likelihood field), solved by Gauss-Newton.
    """
    start = np.array([prior.x_m, prior.y_m, prior.yaw_rad])
    prior_information = np.linalg.inv(covariance + np.eye(3) * 1e-12)
    information, state, share, error = prior_information, start.copy(), 0.0, 0.0
    reach_m = float(np.hypot(points_m[:, 0], points_m[:, 1]).mean()) if len(points_m) else 0.0
    unsure_m = math.sqrt(float(np.trace(covariance[:2, :2])) + reach_m**2 * float(covariance[2, 2]))
    reject_m = min(noise.reject_m, 3.0 * noise.sigma_m + 3.0 * unsure_m)
    for _ in range(_ITERATIONS):
        pose = Pose2(float(state[0]), float(state[1]), float(state[2]))
        distance, slope, covered = field.with_gradient(pose.apply(points_m))
        near = covered & (np.abs(distance) < reject_m)
        share = float(near.mean()) if len(near) else 0.0
        if int(near.sum()) < noise.min_points or share < noise.min_share:
            return ScanFit(False, prior, covariance, share, error)
        error = float(np.median(np.abs(distance[near])))
        jacobian = _jacobian(pose, points_m[near], slope[near])
        # Cauchy weights: a box that was moved pulls little. Neighbouring beams err alike, so they share one vote.
        weight = 1.0 / (1.0 + (distance[near] / noise.sigma_m) ** 2)
        weight /= noise.sigma_m**2 * noise.beams_per_vote
        weighted = (jacobian * weight[:, None]).T
        information = prior_information + weighted @ jacobian
        step = np.linalg.solve(information, weighted @ distance[near] + prior_information @ (state - start))
        state = state - step
        if float(np.abs(step).max()) < 1e-4:
            break
    moved = state - start
    if float(moved @ prior_information @ moved) > _GATE:
        return ScanFit(False, prior, covariance, share, error)
    pose = Pose2(float(state[0]), float(state[1]), wrap_angle(float(state[2])))
    return ScanFit(True, pose, np.linalg.inv(information), share, error)


def _jacobian(pose: Pose2, points_m: Array, slope: Array) -> Array:
    """Change of each hit's distance with x, y and yaw, ``(N, 3)``."""
    c, s = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    by_yaw = slope[:, 0] * (-s * points_m[:, 0] - c * points_m[:, 1]) + slope[:, 1] * (
        c * points_m[:, 0] - s * points_m[:, 1]
    )
    return np.column_stack([slope, by_yaw])
