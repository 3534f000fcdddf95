"""The pinhole camera behind a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class CameraModel:
    """Intrinsics as ``sensor_msgs/CameraInfo`` gives them.

    :param matrix: ``(3, 3) float64``, pixels.
    :param distortion: ``(n,) float64``, plumb_bob or rational_polynomial coefficients; empty for none.
    """

    width_px: int
    height_px: int
    matrix: NDArray[np.float64]
    distortion: NDArray[np.float64]

    @classmethod
    def from_info(cls, width_px: int, height_px: int, k: Sequence[float], d: Sequence[float]) -> CameraModel:
        """Build from the fields of a camera_info message.

        :param k: 9 numbers, row major.
        :raises ValueError: no picture size or no focal length.
        """
        matrix = np.asarray(k, dtype=np.float64).reshape(3, 3)
        if width_px <= 0 or height_px <= 0 or not (matrix[0, 0] > 0 and matrix[1, 1] > 0):
            raise ValueError(
                f"camera_info {width_px}x{height_px} with focal lengths {matrix[0, 0]}, {matrix[1, 1]} px is not "
                "calibrated; the driver must publish a size and positive focal lengths"
            )
        return cls(int(width_px), int(height_px), matrix, np.asarray(d, dtype=np.float64).ravel())

    @classmethod
    def from_fovy(cls, width_px: int, height_px: int, fovy_rad: float) -> CameraModel:
        """Build an ideal camera with square pixels.

        :param fovy_rad: vertical field of view, rad.
        """
        f = height_px / 2 / math.tan(fovy_rad / 2)
        matrix = np.array([[f, 0.0, width_px / 2], [0.0, f, height_px / 2], [0.0, 0.0, 1.0]])
        return cls(width_px, height_px, matrix, np.zeros(0))

    @property
    def fovx_rad(self) -> float:
        """Horizontal field of view, rad."""
        return 2 * math.atan2(self.width_px / 2, float(self.matrix[0, 0]))

    @property
    def fovy_rad(self) -> float:
        """Vertical field of view, rad."""
        return 2 * math.atan2(self.height_px / 2, float(self.matrix[1, 1]))

    def project(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Pixels of points.

        :param points_m: ``(N, 3)``, metres, camera optical frame, z > 0.
        :returns: ``(N, 2)``, pixels.
        """
        points = np.asarray(points_m, dtype=np.float64).reshape(-1, 3)
        if not self.distortion.size:
            pixels = points @ self.matrix.T
            return pixels[:, :2] / pixels[:, 2:]
        projected, _ = cv2.projectPoints(points, np.zeros(3), np.zeros(3), self.matrix, self.distortion)
        return np.asarray(projected, dtype=np.float64).reshape(-1, 2)

    def points(self, columns_px: ArrayLike, rows_px: ArrayLike, depth_m: ArrayLike) -> NDArray[np.float64]:
        """Points behind pixels.

        :param columns_px: ``(N,)``. :param rows_px: ``(N,)``. :param depth_m: ``(N,)``, along the optical axis.
        :returns: ``(N, 3)``, metres, camera optical frame.
        """
        pixels = np.stack([np.asarray(columns_px, np.float64), np.asarray(rows_px, np.float64)], axis=-1)
        if self.distortion.size and len(pixels):
            rays = cv2.undistortPoints(pixels.reshape(-1, 1, 2), self.matrix, self.distortion).reshape(-1, 2)
        else:
            rays = (pixels - self.matrix[:2, 2]) / [self.matrix[0, 0], self.matrix[1, 1]]
        depth = np.asarray(depth_m, np.float64)
        return np.concatenate([rays * depth[:, None], depth[:, None]], axis=-1)

    def inside(self, pixels: ArrayLike, margin_px: float = 0.0) -> bool:
        """Whether all pixels lie in the picture, ``margin_px`` away from its border."""
        p = np.asarray(pixels, dtype=np.float64).reshape(-1, 2)
        high = np.array([self.width_px - margin_px, self.height_px - margin_px])
        return bool(np.all(p >= margin_px) and np.all(p <= high))
