"""AprilTags in a picture, with their poses and how sure those are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.corner_refiner import CornerRefiner
from taskmatrix_ros.perception.transform import Transform

Array = NDArray[np.float64]


def tag_corners(size_m: float) -> Array:
    """Corners of a tag in its own frame: x right, y up, z out of the face, towards who looks at it.

    :param size_m: outer edge of the black square, metres.
    :returns: ``(4, 3)``, in the detector's order: top left, top right, bottom right, bottom left.
    """
    h = size_m / 2
    return np.array([[-h, h, 0.0], [h, h, 0.0], [h, -h, 0.0], [-h, -h, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class TagObservation:
    """One tag in one picture.

    :param corners_px: ``(4, 2)``, pixels, order of :func:`tag_corners`.
    :param pose: tag in the camera optical frame.
    :param alternative: the other pose that a square seen from afar allows; None if only one fits.
    :param ambiguity: reprojection error of ``pose`` over that of ``alternative``, 0 (clear) .. 1 (a guess).
    :param reprojection_error_px: root mean square over the corners.
    :param correlation: of the picture with the tag's pattern, 0..1.
    :param covariance: ``(6, 6)`` of translation (m, camera frame) and rotation (rad, tag frame), in this order.
    """

    tag_id: int
    size_m: float
    stamp_s: float
    corners_px: Array
    pose: Transform
    alternative: Transform | None
    ambiguity: float
    reprojection_error_px: float
    correlation: float
    covariance: Array

    @property
    def distance_m(self) -> float:
        """From the camera to the middle of the tag, metres."""
        return float(np.linalg.norm(self.pose.translation))

    @property
    def side_px(self) -> float:
        """Mean side length in the picture, pixels."""
        return float(np.mean(np.linalg.norm(self.corners_px - np.roll(self.corners_px, 1, axis=0), axis=1)))


class TagDetector:
    """Finds AprilTags of the family 36h11.

    :param sizes_m: outer edge of each known tag by its id, metres. Other ids are ignored: their distance is unknown.
    :param corner_noise_px: standard deviation of one corner coordinate; scales the covariances.
    :param max_reprojection_error_px: a pose that fits its corners worse than this is dropped.
    :param min_correlation: a square that looks less like its tag than this is dropped.
    :param upscale: the picture is enlarged by this factor before the search; 2 reaches half as far again.
    :source: Olson, "AprilTag", ICRA 2011 (family); Collins and Bartoli, "Infinitesimal plane-based pose estimation",
        IJCV 2014 (pose from a square and its two solutions).
    """

    def __init__(
        self,
        sizes_m: Mapping[int, float],
        *,
        corner_noise_px: float = 0.15,
        max_reprojection_error_px: float = 2.0,
        min_correlation: float = 0.7,
        upscale: int = 2,
    ) -> None:
        self._sizes_m = dict(sizes_m)
        self._corner_noise_px = corner_noise_px
        self._max_error_px = max_reprojection_error_px
        self._min_correlation = min_correlation
        self._upscale = upscale
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
        parameters = cv2.aruco.DetectorParameters()
        parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
        parameters.minMarkerPerimeterRate = 0.02
        self._detector = cv2.aruco.ArucoDetector(dictionary, parameters)
        self._refiner = CornerRefiner(dictionary)

    def detect(self, frame: CameraFrame) -> list[TagObservation]:
        """Find the known tags.

        :returns: nearest first; a tag that appears twice appears twice.
        """
        gray = frame.gray()
        k = self._upscale
        large = gray if k == 1 else cv2.resize(gray, None, fx=k, fy=k, interpolation=cv2.INTER_CUBIC)
        corners, ids, _ = self._detector.detectMarkers(large)
        numbers = [] if not len(corners) else [int(n) for n in np.asarray(ids).ravel()]
        found = []
        for quad, tag_id in zip(corners, numbers, strict=True):
            if tag_id not in self._sizes_m:
                continue
            rough_px = (np.asarray(quad, np.float64).reshape(4, 2) + 0.5) / k - 0.5
            corners_px, correlation = self._refiner.refine(gray, rough_px, tag_id)
            if correlation < self._min_correlation:
                continue
            observation = self._solve(tag_id, corners_px, correlation, frame)
            if observation is not None:
                found.append(observation)
        return sorted(found, key=lambda o: o.distance_m)

    def _solve(self, tag_id: int, corners_px: Array, correlation: float, frame: CameraFrame) -> TagObservation | None:
        size_m = self._sizes_m[tag_id]
        model = tag_corners(size_m)
        distortion = frame.camera.distortion if frame.camera.distortion.size else None
        count, rotations, translations, errors = cv2.solvePnPGeneric(
            model, corners_px, frame.camera.matrix, distortion, flags=cv2.SOLVEPNP_IPPE_SQUARE
        )
        solutions = []
        for i in range(count):
            rotation, _ = cv2.Rodrigues(rotations[i])
            pose = Transform(np.asarray(rotation, np.float64), np.asarray(translations[i], np.float64).ravel())
            error_px = float(np.ravel(errors[i])[0])
            if pose.translation[2] > 0 and np.isfinite(error_px):
                solutions.append((error_px, pose))
        solutions.sort(key=lambda s: s[0])
        if not solutions or solutions[0][0] > self._max_error_px:
            return None
        error_px, pose = solutions[0]
        alternative, ambiguity = None, 0.0
        if len(solutions) > 1:
            alternative = solutions[1][1]
            # Both errors carry the corner noise: two good fits are ambiguous however small their ratio.
            floor = self._corner_noise_px / 4
            ambiguity = min(1.0, (error_px + floor) / (solutions[1][0] + floor))
        return TagObservation(
            tag_id=tag_id,
            size_m=size_m,
            stamp_s=frame.stamp_s,
            corners_px=corners_px,
            pose=pose,
            alternative=alternative,
            ambiguity=ambiguity,
            reprojection_error_px=error_px,
            correlation=correlation,
            covariance=pose_covariance(pose, model, frame.camera, self._corner_noise_px),
        )


def pose_covariance(pose: Transform, model_m: Array, camera: CameraModel, corner_noise_px: float) -> Array:
    """Spread of a pose that was fitted to noisy corners, to first order.

    Grows with the square of the distance along the line of sight, and is largest in rotation for a face seen frontally.

    :param model_m: ``(N, 3)`` points in the tag's frame.
    :returns: ``(6, 6)`` of translation (m, camera frame) and rotation (rad, tag frame).
    """
    points = pose.apply(model_m)
    fx, fy = camera.matrix[0, 0], camera.matrix[1, 1]
    jacobian = np.empty((2 * len(points), 6))
    for i, (point, local) in enumerate(zip(points, model_m, strict=True)):
        x, y, z = point
        pixel_by_point = np.array([[fx / z, 0.0, -fx * x / z**2], [0.0, fy / z, -fy * y / z**2]])
        cross = np.array([[0.0, -local[2], local[1]], [local[2], 0.0, -local[0]], [-local[1], local[0], 0.0]])
        jacobian[2 * i : 2 * i + 2, :3] = pixel_by_point
        jacobian[2 * i : 2 * i + 2, 3:] = -pixel_by_point @ pose.rotation @ cross
    information = jacobian.T @ jacobian / corner_noise_px**2
    # A prior of 1 m and about 30 degrees keeps the inverse finite where four corners say nothing about an axis.
    information += np.diag([1.0, 1.0, 1.0, 4.0, 4.0, 4.0])
    covariance = np.linalg.inv(information)
    return np.asarray((covariance + covariance.T) / 2, dtype=np.float64)
