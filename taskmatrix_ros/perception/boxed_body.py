"""What stands on a known top within a part of a picture: where it is, and how large."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.support import Support
from taskmatrix_ros.perception.transform import Transform

_LEAST_PX = 60
_TALLEST_M = 0.5
_RANGE_M = 3.5
_JUMP_M, _JUMP_RATIO = 0.02, 0.015
_GROWN = 0.08
_UNKNOWN_M = 1e3


@dataclass(frozen=True, slots=True)
class PictureBox:
    """A part of a picture, shares of its width and height from the upper left, 0..1."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        sides = (self.left, self.top, self.right, self.bottom)
        if not (all(0.0 <= side <= 1.0 for side in sides) and self.left < self.right and self.top < self.bottom):
            raise ValueError(f"a box of {sides} is none: left < right and top < bottom, each within 0..1")

    def pixels(self, width_px: int, height_px: int) -> tuple[slice, slice]:
        """Rows and columns of it and a little around it."""
        more_x, more_y = _GROWN * (self.right - self.left), _GROWN * (self.bottom - self.top)
        columns = slice(max(0, int((self.left - more_x) * width_px)), math.ceil((self.right + more_x) * width_px))
        rows = slice(max(0, int((self.top - more_y) * height_px)), math.ceil((self.bottom + more_y) * height_px))
        return rows, columns


@dataclass(frozen=True, slots=True, eq=False)
class BoxedBody:
    """A body by what is seen of it.

    :param pose: of its middle in base_link, upright; x along the longer side of its footprint.
    :param size_m: of the upright box around it, along its own x, y and z.
    :param distance_m: from the camera.
    """

    pose: Transform
    size_m: tuple[float, float, float]
    distance_m: float


def measure_body(
    box: PictureBox,
    depth_m: NDArray[np.float32],
    camera: CameraModel,
    base_from_camera: Transform,
    supports: Sequence[Support],
) -> BoxedBody | None:
    """Measure the body that fills most of a box.

    A camera that looks down sees the top of a thing, so that its footprint is known from one side.

    :param depth_m: ``(H, W)``, along the optical axis; not finite where unknown.
    :returns: None if nothing in the box stands on a support.
    """
    height_px, width_px = depth_m.shape
    rows, columns = box.pixels(width_px, height_px)
    cut = np.asarray(depth_m[rows, columns], np.float32)
    cut = np.where(np.isfinite(cut) & (cut < _RANGE_M), cut, np.float32(_UNKNOWN_M)).astype(np.float32)
    if min(cut.shape) < 5:
        return None
    cut = np.asarray(cv2.medianBlur(cut, 5), np.float32)
    near = cv2.erode(cut, np.ones((3, 3), np.uint8))
    at = np.nonzero((cut > 0.05) & (cut < _RANGE_M) & (cut - near <= _JUMP_M + _JUMP_RATIO * near))
    if len(at[0]) < _LEAST_PX:
        return None
    points = base_from_camera.apply(camera.points(at[1] + columns.start, at[0] + rows.start, cut[at]))
    best: tuple[int, Support, NDArray[np.float64]] | None = None
    for support in supports:
        standing = support.carries(points) & (points[:, 2] < support.height_m + _TALLEST_M)
        labels = np.zeros(cut.shape, np.uint8)
        labels[at[0][standing], at[1][standing]] = 1
        count, numbered, stats, _ = cv2.connectedComponentsWithStats(labels, connectivity=8)
        for number in range(1, count):
            size = int(stats[number, cv2.CC_STAT_AREA])
            if size >= _LEAST_PX and (best is None or size > best[0]):
                best = (size, support, points[(numbered[at] == number) & standing])
    if best is None:
        return None
    _, support, points = best
    low, high = np.percentile(points, [0.5, 99.5], axis=0)
    points = points[((points >= low - 0.005) & (points <= high + 0.005)).all(axis=1)]
    (x_mm, y_mm), (a_mm, b_mm), turn_deg = cv2.minAreaRect((points[:, :2] * 1000).astype(np.float32))
    if b_mm > a_mm:
        a_mm, b_mm, turn_deg = b_mm, a_mm, turn_deg + 90.0
    top_m = float(np.percentile(points[:, 2], 98)) - support.height_m
    pose = Transform.from_plane(x_mm / 1000, y_mm / 1000, math.radians(turn_deg), support.height_m + top_m / 2)
    distance_m = float(np.linalg.norm(pose.translation - base_from_camera.translation))
    return BoxedBody(pose, (a_mm / 1000, b_mm / 1000, top_m), distance_m)
