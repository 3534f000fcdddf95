"""An extended Kalman filter for the robot's pose on the floor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.localization.scan_match import ScanFit, ScanNoise, ScanSearch, match_scan, search_scan

Array = NDArray[np.float64]

# 99.9 % of true measurements of four corners (8 numbers) are closer than this, in squared standard deviations.
_GATE_8 = 26.1
_ITERATIONS = 6
_CORRELATED = 0.1
_AROUND_M, _AROUND_RAD = 0.20, 0.06


class TagVerdict(Enum):
    """What became of one sighting of a wall tag."""

    USED = "used"
    OUTLIER = "outlier"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionNoise:
    """How wrong odometry gets while the robot moves.

    :param per_metre: standard deviation of the distance, as a ratio of the distance driven.
    :param angle_per_metre_rad: of the angle, per metre driven.
    :param angle_per_rad: of the angle, as a ratio of the angle turned.
    :param floor_m: of the position, per update, so that a standing robot never becomes certain.
    """

    per_metre: float = 0.04
    angle_per_metre_rad: float = 0.03
    angle_per_rad: float = 0.04
    floor_m: float = 0.0002


class PoseFilter:
    """Pose of the robot in the map, with covariance, from odometry and wall tags.

    The corners of a tag in the picture are compared with where they should be: no tag pose is computed in between, so
    the two solutions of a square seen from afar do no harm.

    :param noise: of the odometry.
    :param corner_noise_px: standard deviation of a corner coordinate, with what the map and the mount of the camera
        are wrong by.
    :source: Thrun, Burgard, Fox, "Probabilistic Robotics", 2005, ch. 3.3 and 7.4; Bell and Cathey, "The iterated
        Kalman filter update as a Gauss-Newton method", 1993.
    """

    def __init__(self, noise: MotionNoise, corner_noise_px: float = 1.0) -> None:
        self._noise = noise
        self._corner_noise_px = corner_noise_px
        self._pose: Pose2 | None = None
        self._covariance: Array = np.eye(3)
        self._odometry: Pose2 | None = None

    @property
    def pose(self) -> Pose2 | None:
        """Pose in the map at the last odometry pose it was told; None while unknown."""
        return self._pose

    @property
    def covariance(self) -> Array:
        """``(3, 3)`` of x, y (m, map frame) and yaw (rad)."""
        return self._covariance.copy()

    @property
    def position_error_m(self) -> float:
        """Largest standard deviation of the position in any direction, metres; infinite while unknown."""
        if self._pose is None:
            return math.inf
        return math.sqrt(max(0.0, float(np.linalg.eigvalsh(self._covariance[:2, :2])[-1])))

    def start(self, pose: Pose2, covariance: Array, odometry: Pose2) -> None:
        """Set where the robot is.

        :param covariance: ``(3, 3)`` of x, y (m) and yaw (rad).
        :param odometry: pose in the odom frame at the same moment.
        """
        self._pose, self._covariance, self._odometry = pose, np.asarray(covariance, np.float64).copy(), odometry

    def forget(self) -> None:
        """Know nothing."""
        self._pose, self._odometry = None, None

    def ahead(self, odometry: Pose2) -> tuple[Pose2, Array] | None:
        """Pose and covariance at another odometry pose, without going there; None while unknown.

        :param odometry: pose in the odom frame, later or earlier than the last one.
        """
        if self._pose is None or self._odometry is None:
            return None
        step = self._odometry.to(odometry)
        distance_m, turned_rad = math.hypot(step.x_m, step.y_m), abs(step.yaw_rad)
        if distance_m + turned_rad < 1e-9:
            return self._pose, self._covariance.copy()
        c, s = math.cos(self._pose.yaw_rad), math.sin(self._pose.yaw_rad)
        by_pose = np.array(
            [[1.0, 0.0, -s * step.x_m - c * step.y_m], [0.0, 1.0, c * step.x_m - s * step.y_m], [0.0, 0.0, 1.0]]
        )
        by_step = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        n = self._noise
        # Variances grow with the way, so many short steps sum to the same as one long one; the noise figures are those
        # of a way of 10 cm or a turn of 0.1 rad, over which a wrong wheel radius or track width errs the same way.
        along = n.per_metre**2 * _CORRELATED * distance_m + n.floor_m**2
        angle = n.angle_per_metre_rad**2 * _CORRELATED * distance_m + n.angle_per_rad**2 * _CORRELATED * turned_rad
        spread = by_step @ np.diag([along, along / 4, angle]) @ by_step.T
        return self._pose @ step, by_pose @ self._covariance @ by_pose.T + spread

    def predict(self, odometry: Pose2) -> None:
        """Move as the wheels say.

        :param odometry: pose in the odom frame now.
        """
        moved = self.ahead(odometry)
        if moved is not None:
            self._pose, self._covariance = moved
            self._odometry = odometry

    def jump(self, odometry: Pose2, position_m: float, angle_rad: float) -> None:
        """Take a leap of the odometry that no wheel can have made: stay where it was, much less sure.

        :param position_m: standard deviation to add.
        :param angle_rad: the same for the yaw.
        """
        if self._pose is not None:
            self._odometry = odometry
            self._covariance = self._covariance + np.diag([position_m**2, position_m**2, angle_rad**2])

    def widen(self, position_m: float, angle_rad: float) -> None:
        """Never be surer than this: measurements that repeat each other must not add up to certainty.

        :param position_m: least standard deviation.
        :param angle_rad: the same for the yaw.
        """
        floor = np.array([position_m, position_m, angle_rad]) ** 2
        short = np.maximum(floor - np.diag(self._covariance), 0.0)
        self._covariance = self._covariance + np.diag(short)

    def update(
        self,
        map_from_tag: Transform,
        model_m: Array,
        corners_px: Array,
        camera: CameraModel,
        base_from_camera: Transform,
    ) -> TagVerdict:
        """Correct the pose by one wall tag.

        :param map_from_tag: where the tag hangs.
        :param model_m: ``(4, 3)`` corners in the tag's frame.
        :param corners_px: ``(4, 2)`` where they were seen, in the same order.
        :param base_from_camera: pose of the camera optical frame in base_link.
        :raises RuntimeError: the pose is unknown; start it first.
        """
        if self._pose is None:
            raise RuntimeError("the pose is unknown: start the filter before updating it")
        corners_map = map_from_tag.apply(model_m)
        camera_from_base = base_from_camera.inverse()
        prior = np.array([self._pose.x_m, self._pose.y_m, self._pose.yaw_rad])
        noise = np.eye(2 * len(corners_map)) * self._corner_noise_px**2
        state = prior.copy()
        gain = jacobian = innovation = None
        for iteration in range(_ITERATIONS):
            seen = _predict_corners(state, corners_map, camera_from_base, camera)
            if seen is None:
                return TagVerdict.BEHIND
            jacobian = _jacobian(state, corners_map, camera_from_base, camera)
            if jacobian is None:
                return TagVerdict.BEHIND
            innovation = (corners_px - seen).ravel()
            spread = jacobian @ self._covariance @ jacobian.T + noise
            if iteration == 0 and float(innovation @ np.linalg.solve(spread, innovation)) > _GATE_8:
                return TagVerdict.OUTLIER
            gain = np.linalg.solve(spread, jacobian @ self._covariance).T
            moved = prior + gain @ (innovation - jacobian @ (prior - state))
            step, state = moved - state, moved
            if float(np.abs(step).max()) < 1e-6:
                break
        assert gain is not None  # the loop ran at least once
        assert jacobian is not None
        keep = np.eye(3) - gain @ jacobian
        self._covariance = keep @ self._covariance @ keep.T + gain @ noise @ gain.T
        self._pose = Pose2(float(state[0]), float(state[1]), wrap_angle(float(state[2])))
        return TagVerdict.USED

    def update_scan(
        self, points_m: Array, field: DistanceField, noise: ScanNoise, *, begin: Pose2 | None = None
    ) -> ScanFit:
        """Correct the pose by a scan of walls and furniture that are on the map.

        :param points_m: ``(N, 2)`` hits of the scanner, base_link.
        :param field: distance to everything that stands at the scanner's height.
        :param begin: a pose from which to lay the scan over the map, where that is known better than the pose.
        :raises RuntimeError: the pose is unknown; start it first.
        """
        if self._pose is None:
            raise RuntimeError("the pose is unknown: start the filter before updating it")
        fit = match_scan(self._pose, self._covariance, points_m, field, noise, begin=begin)
        if fit.used:
            self._pose, self._covariance = fit.pose, fit.covariance
        return fit

    def better_scan(self, points_m: Array, field: DistanceField, noise: ScanNoise) -> ScanSearch:
        """Look around the pose for one that explains a scan better, whatever is believed.

        :param points_m: ``(N, 2)`` hits, base_link; N > 0.
        :raises RuntimeError: the pose is unknown; start it first.
        """
        if self._pose is None:
            raise RuntimeError("the pose is unknown: start the filter before looking around it")
        return search_scan(self._pose, points_m, field, noise, _AROUND_M, _AROUND_RAD)


def _predict_corners(
    state: Array, corners_map: Array, camera_from_base: Transform, camera: CameraModel
) -> Array | None:
    base_from_map = Transform.from_plane(float(state[0]), float(state[1]), float(state[2])).inverse()
    in_camera = camera_from_base.apply(base_from_map.apply(corners_map))
    if float(in_camera[:, 2].min()) < 0.05:
        return None
    return camera.project(in_camera)


def _jacobian(state: Array, corners_map: Array, camera_from_base: Transform, camera: CameraModel) -> Array | None:
    columns = []
    for axis, h in enumerate((1e-4, 1e-4, 1e-4)):
        step = np.zeros(3)
        step[axis] = h
        high = _predict_corners(state + step, corners_map, camera_from_base, camera)
        low = _predict_corners(state - step, corners_map, camera_from_base, camera)
        if high is None or low is None:
            return None
        columns.append(((high - low) / (2 * h)).ravel())
    return np.stack(columns, axis=1)
