"""Where the robot is on the map."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.tag_detector import TagObservation
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.description.world_description import WallTag
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.localization.odometry_buffer import OdometryBuffer
from taskmatrix_ros.robot.localization.pose_filter import MotionNoise, PoseFilter, TagVerdict
from taskmatrix_ros.robot.localization.scan_match import ScanFit, ScanNoise

Array = NDArray[np.float64]

_MAX_TILT_RAD = math.radians(12)
_MAX_HEIGHT_ERROR_M = 0.25
_MISFITS = 5  # scans in a row that do not fit
_DOUBT_M, _DOUBT_RAD = 0.15, 0.1  # standard deviations added by a doubt
_CHECK_EVERY_S = 1.0
_CLEARLY_BETTER = 1.5  # logarithm of a ratio of likelihoods
_MIN_SIDE_PX = 18.0  # smaller tags are too vague to start from


class LocalizationState(Enum):
    """How far the pose can be believed."""

    UNKNOWN = "unknown"
    TRACKING = "tracking"
    LOST = "lost"


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """The pose at a moment.

    :param pose: of base_link in the map.
    :param covariance: ``(3, 3)`` of x, y (m) and yaw (rad).
    """

    stamp_s: float
    pose: Pose2
    covariance: Array

    @property
    def position_error_m(self) -> float:
        """Largest standard deviation of the position in any direction, metres."""
        return math.sqrt(max(0.0, float(np.linalg.eigvalsh(self.covariance[:2, :2])[-1])))


class Localization:
    """Odometry, corrected by wall tags in pictures and by walls in scans. Thread-safe.

    Unknown until a wall tag is seen or :meth:`start` is told a pose. Measurements are applied at the moment they were
    taken, so a picture that arrives late does not drag the robot back.

    :param tags: the wall tags by number.
    :param field: distance to everything that stands at the scanner's height; None to do without scans.
    :param base_from_camera: pose of the camera optical frame in base_link.
    :param max_speed_m_s: odometry that moves faster than twice this is a fault of the driver, not of the wheels.
    :param lost_error_m: the pose counts as lost when its standard deviation exceeds this.
    """

    def __init__(
        self,
        tags: dict[int, WallTag],
        field: DistanceField | None,
        base_from_camera: Transform,
        *,
        max_speed_m_s: float,
        lost_error_m: float = 0.35,
        motion: MotionNoise | None = None,
        scan: ScanNoise | None = None,
    ) -> None:
        self._tags = tags
        self._field = field
        self._base_from_camera = base_from_camera
        self._max_speed_m_s = max_speed_m_s
        self._lost_error_m = lost_error_m
        self._scan_noise = scan or ScanNoise()
        self._filter = PoseFilter(motion or MotionNoise())
        self._odometry = OdometryBuffer()
        self._last_scan: tuple[float, Pose2] | None = None
        self._scan_points: tuple[float, Array] | None = None
        self._checked_at_s = -math.inf
        self._misfits = 0
        self._outliers = 0
        self._doubt: str | None = None
        self._pending: tuple[Pose2, Array] | None = None
        self._lock = threading.RLock()

    # -- what others read -------------------------------------------------------------------------------------------

    @property
    def state(self) -> LocalizationState:
        """Whether the pose is known."""
        estimate = self.estimate()
        if estimate is None:
            return LocalizationState.UNKNOWN
        return LocalizationState.TRACKING if estimate.position_error_m <= self._lost_error_m else LocalizationState.LOST

    def estimate(self, stamp_s: float | None = None) -> Estimate | None:
        """Pose now, or at a moment of the last 10 s; None while unknown or not covered by odometry."""
        with self._lock:
            latest = self._odometry.latest
            if latest is None:
                return None
            when, odometry = latest
            if stamp_s is not None:
                found = self._odometry.at(stamp_s)
                if found is None:
                    return None
                when, odometry = stamp_s, found
            moved = self._filter.ahead(odometry)
            return None if moved is None else Estimate(when, moved[0], moved[1])

    @property
    def doubts(self) -> str | None:
        """Why the pose should be checked by a look at wall tags; None if nothing speaks against it."""
        return self._doubt

    def doubt(self, reason: str) -> None:
        """Believe the pose less until wall tags confirm it, as after a bump."""
        with self._lock:
            self._doubt = self._doubt or reason
            self._inflate()

    def dismiss_doubt(self) -> None:
        """Go on with the pose as it is: a look all round brought no wall tag that speaks for or against it."""
        self._doubt = None

    # -- what the sensors tell ----------------------------------------------------------------------------------------

    def start(self, pose: Pose2, position_error_m: float = 0.1, yaw_error_rad: float = 0.1) -> None:
        """Be told where the robot is; it takes effect with the first odometry.

        :param position_error_m: standard deviation.
        :param yaw_error_rad: standard deviation.
        """
        covariance = np.diag([position_error_m**2, position_error_m**2, yaw_error_rad**2])
        with self._lock:
            latest = self._odometry.latest
            if latest is None:
                self._pending = (pose, covariance)
            else:
                self._filter.start(pose, covariance, latest[1])

    def believe(self, stamp_s: float, pose: Pose2, position_error_m: float, yaw_error_rad: float) -> None:
        """Take in a pose from somebody who knows, such as a simulator; it settles every doubt.

        :param pose: of base_link in the map at that moment.
        :param position_error_m: standard deviation.
        :param yaw_error_rad: standard deviation.
        """
        with self._lock:
            odometry = self._odometry.at(stamp_s)
            if odometry is None:
                return
            covariance = np.diag([position_error_m**2, position_error_m**2, yaw_error_rad**2])
            self._filter.start(pose, covariance, odometry)
            self._doubt, self._outliers, self._misfits = None, 0, 0

    def on_odometry(self, stamp_s: float, pose: Pose2) -> None:
        """Take in where the wheels say the robot is.

        :param pose: of base_link in the odom frame.
        """
        with self._lock:
            before = self._odometry.latest
            if before is not None and stamp_s > before[0]:
                limit_m = 2 * self._max_speed_m_s * (stamp_s - before[0]) + 0.1
                leap = before[1].to(pose)
                if math.hypot(leap.x_m, leap.y_m) > limit_m:
                    self._filter.predict(before[1])
                    self._filter.jump(pose, _DOUBT_M, _DOUBT_RAD)
                    self._odometry.clear()
                    self._doubt = self._doubt or "the odometry jumped"
            self._odometry.add(stamp_s, pose)
            if self._pending is not None:
                self._filter.start(*self._pending, pose)
                self._pending = None

    def on_scan(self, stamp_s: float, points_m: Array) -> None:
        """Take in a scan.

        :param points_m: ``(N, 2)`` hits, base_link.
        """
        if self._field is None:
            return
        with self._lock:
            self._scan_points = (stamp_s, points_m)
            odometry = self._odometry.at(stamp_s)
            if odometry is None or self._filter.pose is None:
                return
            if self._last_scan is not None:
                step = self._last_scan[1].to(odometry)
                moved = math.hypot(step.x_m, step.y_m) > 0.02 or abs(step.yaw_rad) > 0.02
                # Repeating one view proves nothing new; a glance every second heals what a bad one left.
                if not moved and 0 <= stamp_s - self._last_scan[0] < 1.0:
                    return
            self._last_scan = (stamp_s, odometry)
            self._filter.predict(odometry)
            fit = self._filter.update_scan(points_m, self._field, self._scan_noise)
            self._filter.widen(0.008, 0.006)
            fit = self._checked(stamp_s, points_m, odometry, fit)
            self._misfits = 0 if fit.used else self._misfits + 1
            if self._misfits >= _MISFITS:
                # The map does not explain what is seen: the pose is wrong, or the home was rearranged.
                self._misfits = 0
                self.doubt(f"only {fit.share * 100:.0f} % of the scan fits the map")

    def _checked(self, stamp_s: float, points_m: Array, odometry: Pose2, fit: ScanFit) -> ScanFit:
        """Look now and then whether a pose nearby explains a scan clearly better; then take it."""
        assert self._field is not None
        if not len(points_m) or 0 <= stamp_s - self._checked_at_s < _CHECK_EVERY_S:
            return fit
        self._checked_at_s = stamp_s
        better = self._filter.better_scan(points_m, self._field, self._scan_noise)
        if better.gain < _CLEARLY_BETTER or not better.explains:
            return fit
        self._filter.jump(odometry, _DOUBT_M, _DOUBT_RAD)
        fit = self._filter.update_scan(points_m, self._field, self._scan_noise, begin=better.pose)
        self._filter.widen(0.008, 0.006)
        return fit

    def on_tags(self, stamp_s: float, tags: Iterable[TagObservation], camera: CameraModel) -> int:
        """Take in the tags of one picture; those that are on no wall are passed over.

        :returns: how many tags corrected the pose.
        """
        walls = [(t, self._tags[t.tag_id]) for t in tags if t.tag_id in self._tags]
        if not walls:
            return 0
        with self._lock:
            odometry = self._odometry.at(stamp_s)
            if odometry is None:
                return 0
            if self._filter.pose is None or self._filter.position_error_m > self._lost_error_m:
                if not self._start_from(walls, odometry):
                    return 0
            else:
                self._filter.predict(odometry)
            used, contradicted = self._correct_by(walls, camera)
            if contradicted:
                # A tag that is seen well and is not where it should be: the pose is less sure than it seems.
                self._filter.jump(odometry, _DOUBT_M, _DOUBT_RAD)
                used, _ = self._correct_by(walls, camera)
            self._filter.widen(0.005, 0.004)
            self._outliers = 0 if used else self._outliers + 1
            if used:
                self._doubt = None
            if self._outliers >= 3:
                # Three pictures in a row contradict the pose: believe what is seen.
                self._outliers = 0
                self._start_from(walls, odometry)
            return used

    def _correct_by(self, walls: Sequence[tuple[TagObservation, WallTag]], camera: CameraModel) -> tuple[int, bool]:
        """Correct the pose by tags; gives how many did, and whether one that is seen well contradicts it."""
        used, contradicted = 0, False
        for tag, wall in walls:
            verdict = self._filter.update(
                wall.map_from_tag, wall.corners, tag.corners_px, camera, self._base_from_camera
            )
            used += verdict is TagVerdict.USED
            contradicted |= verdict is TagVerdict.OUTLIER and tag.side_px >= _MIN_SIDE_PX
        return used, contradicted

    def _inflate(self) -> None:
        latest = self._odometry.latest
        if latest is not None:
            self._filter.predict(latest[1])
            self._filter.jump(latest[1], _DOUBT_M, _DOUBT_RAD)

    def _start_from(self, walls: Sequence[tuple[TagObservation, WallTag]], odometry: Pose2) -> bool:
        """Start from what is seen, if one pose explains it clearly better than any other."""
        candidates: list[tuple[float, Pose2, Array]] = []
        for tag, wall in walls:
            if tag.side_px < _MIN_SIDE_PX:
                continue
            for pose in (tag.pose, tag.alternative):
                if pose is None:
                    continue
                base = wall.map_from_tag @ pose.inverse() @ self._base_from_camera.inverse()
                if base.tilt_rad > _MAX_TILT_RAD or abs(float(base.translation[2])) > _MAX_HEIGHT_ERROR_M:
                    continue
                spot = Pose2(float(base.translation[0]), float(base.translation[1]), base.yaw_rad)
                candidates.append((self._score(spot, tag, pose), spot, tag.covariance))
        if not candidates:
            return False
        candidates.sort(key=lambda c: c[0])
        best = candidates[0]
        apart = [
            c for c in candidates[1:] if best[1].distance_to(c[1].x_m, c[1].y_m) > 0.4 or _turned(best[1], c[1]) > 0.4
        ]
        if apart and apart[0][0] < best[0] * 1.5 + 0.02:
            return False
        distance_m = min(t.distance_m for t, _ in walls)
        position = 0.03 + 0.05 * distance_m
        self._filter.start(best[1], np.diag([position**2, position**2, (0.03 + 0.03 * distance_m) ** 2]), odometry)
        return True

    def _score(self, spot: Pose2, tag: TagObservation, pose: Transform) -> float:
        """How badly a pose explains scan and tag; 0 is perfect."""
        blame = 0.0 if pose is tag.pose else 0.05 * (1.0 - tag.ambiguity)
        if self._field is None or self._scan_points is None:
            return blame * 10
        distance, _, covered = self._field.with_gradient(spot.apply(self._scan_points[1]))
        return blame + float(np.mean(np.where(covered, np.minimum(np.abs(distance), 0.5), 0.5)))


def _turned(a: Pose2, b: Pose2) -> float:
    return abs(wrap_angle(a.yaw_rad - b.yaw_rad))
