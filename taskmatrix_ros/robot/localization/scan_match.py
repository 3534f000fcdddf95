"""Laying a scan over the map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle

Array = NDArray[np.float64]

_ITERATIONS = 12
_SEARCH_POINTS = 90
_SEARCH_STEP_M, _SEARCH_STEP_RAD = 0.04, 0.03
_SEARCH_MOST = (6, 3)  # steps to each side, of position and of angle
_SURE_M = 0.05
_EXPLAINED = 0.6
# A face whose distance grows along the beam by more than this looks away: the sine of a grazing beam's angle.
_TURNED_AWAY = 0.3
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


def match_scan(
    prior: Pose2,
    covariance: Array,
    points_m: Array,
    field: DistanceField,
    noise: ScanNoise,
    *,
    begin: Pose2 | None = None,
) -> ScanFit:
    """Find the pose that lays hits on what is on the map, without straying from what is believed already.

    :param covariance: ``(3, 3)`` of the prior.
    :param points_m: ``(N, 2)`` hits, base_link; their beams are taken to come from its origin.
    :param field: distance to everything that stands at the scanner's height.
    :param begin: where to begin, from a search; None to begin at the prior, or to search around it where it is vague.
    :source: Thrun, Burgard, Fox, "Probabilistic Robotics", 2005, ch. 6.4 (likelihood field), solved by Gauss-Newton.
    """
    start = np.array([prior.x_m, prior.y_m, prior.yaw_rad])
    prior_information = np.linalg.inv(covariance + np.eye(3) * 1e-12)
    information, state, share, error = prior_information, start.copy(), 0.0, 0.0
    spread = np.sqrt(np.diag(covariance))
    if begin is not None:
        state = np.array([begin.x_m, begin.y_m, prior.yaw_rad + wrap_angle(begin.yaw_rad - prior.yaw_rad)])
    elif float(spread[:2].max()) > _SURE_M and len(points_m):
        # From afar the nearest way down need not lead to the pose that explains the scan best.
        found = search_scan(prior, points_m, field, noise, 2.0 * float(spread[:2].max()), 2.0 * float(spread[2]))
        if not found.explains:
            return ScanFit(False, prior, covariance, found.explained, error)
        turn_rad = wrap_angle(found.pose.yaw_rad - prior.yaw_rad)
        state = np.array([found.pose.x_m, found.pose.y_m, prior.yaw_rad + turn_rad])
    reach_m = float(np.hypot(points_m[:, 0], points_m[:, 1]).mean()) if len(points_m) else 0.0
    unsure_m = math.sqrt(float(np.trace(covariance[:2, :2])) + reach_m**2 * float(covariance[2, 2]))
    reject_m = min(noise.reject_m, 3.0 * noise.sigma_m + 3.0 * unsure_m)
    for _ in range(_ITERATIONS):
        pose = Pose2(float(state[0]), float(state[1]), float(state[2]))
        distance, slope, visible = _laid_over(field, pose.apply(points_m), _sights(points_m, pose.yaw_rad))
        near = visible & (np.abs(distance) < reject_m)
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


@dataclass(frozen=True, slots=True)
class ScanSearch:
    """What a search around a pose brought.

    :param gain: how much likelier the scan is there than where the search began, as the logarithm of a ratio.
    :param explained: share of the hits that lie on something on the map there, 0..1.
    """

    pose: Pose2
    gain: float
    explained: float

    @property
    def explains(self) -> bool:
        """Whether the map explains so much of the scan there that no other home would do as well."""
        return self.explained >= _EXPLAINED


def search_scan(
    around: Pose2, points_m: Array, field: DistanceField, noise: ScanNoise, reach_m: float, reach_rad: float
) -> ScanSearch:
    """Try poses around one, on a grid, and give the one that explains a scan best.

    :param points_m: ``(N, 2)`` hits, base_link; N > 0.
    :param reach_m: how far to each side, along both axes of the map. :param reach_rad: the same for the yaw.
    :source: Olson, "Real-time correlative scan matching", ICRA 2009, on one level.
    """
    few = points_m[:: max(1, len(points_m) // _SEARCH_POINTS)]
    shifts, turns = (
        _steps(reach_m, _SEARCH_STEP_M, _SEARCH_MOST[0]),
        _steps(reach_rad, _SEARCH_STEP_RAD, _SEARCH_MOST[1]),
    )
    step_m, step_rad = float(shifts[-1]) / (len(shifts) // 2), float(turns[-1]) / (len(turns) // 2)
    # A coarse grid would step over a narrow valley, so there hits may be off by as much as a step.
    rough = _best_on_grid(around, few, field, noise, shifts, turns, noise.sigma_m + step_m)
    inner_m, inner_rad = _steps(step_m, step_m / 3, 3), _steps(step_rad, step_rad / 2, 2)
    best = _best_on_grid(rough, few, field, noise, inner_m, inner_rad, noise.sigma_m)
    cost_here, least = (
        _cost(pose.apply(few), _sights(few, pose.yaw_rad), field, noise, noise.sigma_m) for pose in (around, best)
    )
    distance, _, visible = _laid_over(field, best.apply(few), _sights(few, best.yaw_rad))
    explained = float((visible & (np.abs(distance) < 3 * noise.sigma_m)).mean())
    return ScanSearch(best, 0.5 * float(cost_here - least) * len(points_m) / noise.beams_per_vote, explained)


def _best_on_grid(
    around: Pose2,
    points_m: Array,
    field: DistanceField,
    noise: ScanNoise,
    shifts_m: Array,
    turns_rad: Array,
    sigma_m: float,
) -> Pose2:
    best, least = around, math.inf
    for turn in sorted((float(t) for t in turns_rad), key=abs):
        yaw_rad = wrap_angle(around.yaw_rad + turn)
        turned = Pose2(around.x_m, around.y_m, yaw_rad).apply(points_m)
        moved = turned[None, None] + np.stack(np.meshgrid(shifts_m, shifts_m, indexing="ij"), axis=-1)[:, :, None]
        costs = _cost(moved, _sights(points_m, yaw_rad), field, noise, sigma_m)
        i, k = (int(n) for n in np.unravel_index(int(np.argmin(costs)), costs.shape))
        if float(costs[i, k]) < least - 1e-6:
            least = float(costs[i, k])
            best = Pose2(around.x_m + float(shifts_m[i]), around.y_m + float(shifts_m[k]), yaw_rad)
    return best


def _cost(points_m: Array, sights: Array, field: DistanceField, noise: ScanNoise, sigma_m: float) -> Array:
    """Mean negative log likelihood of hits by a Cauchy distribution, twice: ``(..., N, 2)`` to ``(...)``.

    :param sights: ``(N, 2)`` from :func:`_sights`.
    """
    distance, _, visible = _laid_over(field, points_m, sights)
    off = np.where(visible, np.minimum(np.abs(distance), noise.reject_m), noise.reject_m)
    return np.asarray(np.log1p((off / sigma_m) ** 2).mean(axis=-1))


def _laid_over(field: DistanceField, points_m: Array, sights: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Distances of hits, their slopes, and which of them the scanner could have seen where they lie.

    A beam ends on a face that looks at it. A hit on the far face of a wall would have come through it; to count that as
    a fit makes a pose that is wrong by the wall's thickness as good as the right one.

    :param points_m: ``(..., N, 2)``, map frame.
    :param sights: ``(N, 2)`` from :func:`_sights`.
    """
    distance, slope, covered = field.with_gradient(points_m)
    return distance, slope, covered & ((slope * sights).sum(axis=-1) < _TURNED_AWAY)


def _sights(points_m: Array, yaw_rad: float) -> Array:
    """Which way the beams of hits go, ``(N, 2)`` of length 1, map frame."""
    turned = Pose2(0.0, 0.0, yaw_rad).apply(points_m)
    return np.asarray(turned / np.maximum(np.linalg.norm(turned, axis=-1, keepdims=True), 1e-9))


def _steps(reach: float, step: float, most: int) -> Array:
    """Evenly spaced to both sides of 0, with 0 in the middle."""
    count = max(1, min(most, math.ceil(reach / step)))
    return np.linspace(-count, count, 2 * count + 1) * (reach / count)


def _jacobian(pose: Pose2, points_m: Array, slope: Array) -> Array:
    """Change of each hit's distance with x, y and yaw, ``(N, 3)``."""
    c, s = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    by_yaw = slope[:, 0] * (-s * points_m[:, 0] - c * points_m[:, 1]) + slope[:, 1] * (
        c * points_m[:, 0] - s * points_m[:, 1]
    )
    return np.column_stack([slope, by_yaw])
