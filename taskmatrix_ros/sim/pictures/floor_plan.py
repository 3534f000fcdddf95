"""A world seen from straight above, drawn flat: floors, walls and furniture in their own colors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.sdf.sdf_types import Shape, Visual, World
from taskmatrix_ros.sim.sdf.transforms import matrix_from_pose

_WALL_TOP_M = 1.9
_LINTEL_BOTTOM_M = 1.5
_SMALLEST_M = 0.03
_WALL_BGR = (74, 66, 60)
_FRACTION_BITS = 4


@dataclass(frozen=True, slots=True)
class _Outline:
    """A shape from above. :param points_m: ``(N, 2)``, world frame."""

    points_m: NDArray[np.float64]
    bottom_m: float
    top_m: float
    bgr: tuple[int, int, int]


class FloorPlan:
    """Draws static models into a picture, the higher over the lower.

    :param pixels_per_m: scale.
    :param origin_px: where the world's origin is in the picture; x to the right, y upwards.
    """

    def __init__(self, image: NDArray[np.uint8], pixels_per_m: float, origin_px: tuple[float, float]) -> None:
        self._image = image
        self._scale = pixels_per_m
        self._origin = origin_px

    def pixel(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Where a point of the world is in the picture."""
        return self._origin[0] + x_m * self._scale, self._origin[1] - y_m * self._scale

    def draw(self, world: World) -> None:
        """Draw every static model of a world."""
        outlines: list[_Outline] = []
        for model in world.models:
            if not model.is_static:
                continue
            for link in model.links:
                frame = matrix_from_pose(model.pose) @ matrix_from_pose(link.pose)
                outlines.extend(_outline(frame, visual) for visual in link.visuals)
        for outline in sorted(outlines, key=lambda o: o.top_m):
            if outline.top_m <= 0:
                continue  # the ground outside
            if max(outline.points_m.max(axis=0) - outline.points_m.min(axis=0)) < _SMALLEST_M:
                continue
            is_wall = outline.top_m > _WALL_TOP_M
            if is_wall and outline.bottom_m > _LINTEL_BOTTOM_M:
                continue
            self.fill(outline.points_m, _WALL_BGR if is_wall else _soft(outline.bgr))
            if outline.bottom_m > -0.02 and not is_wall:
                self.line(outline.points_m, _darker(outline.bgr), 1, closed=True)

    def fill(self, points_m: NDArray[np.float64], bgr: tuple[int, int, int]) -> None:
        """Fill a polygon, ``(N, 2)`` metres."""
        cv2.fillPoly(self._image, [self._fixed(points_m)], bgr, cv2.LINE_AA, _FRACTION_BITS)

    def line(
        self, points_m: NDArray[np.float64], bgr: tuple[int, int, int], width_px: int, *, closed: bool = False
    ) -> None:
        """Draw a line through points, ``(N, 2)`` metres."""
        cv2.polylines(self._image, [self._fixed(points_m)], closed, bgr, width_px, cv2.LINE_AA, _FRACTION_BITS)

    def _fixed(self, points_m: NDArray[np.float64]) -> NDArray[np.int32]:
        pixels = np.array([self.pixel(x, y) for x, y in points_m])
        return np.round(pixels * (1 << _FRACTION_BITS)).astype(np.int32)


def circle(x_m: float, y_m: float, radius_m: float) -> NDArray[np.float64]:
    """Outline of a circle, ``(32, 2)`` metres."""
    angles = np.linspace(0, 2 * math.pi, 32, endpoint=False)
    return np.stack([x_m + radius_m * np.cos(angles), y_m + radius_m * np.sin(angles)], axis=1)


def _outline(frame: NDArray[np.float64], visual: Visual) -> _Outline:
    matrix = frame @ matrix_from_pose(visual.pose)
    half = np.array(visual.geometry.extent_m) / 2
    reach = np.abs(matrix[:3, :3]) @ half
    center = matrix[:3, 3]
    if visual.geometry.shape is Shape.BOX:
        corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
        points = cv2.convexHull(((corners @ matrix[:3, :3].T + center)[:, :2]).astype(np.float32))[:, 0].astype(float)
    elif visual.geometry.shape is Shape.SPHERE or abs(matrix[2, 2]) > 0.9:
        points = circle(float(center[0]), float(center[1]), visual.geometry.size_m[0])
    else:
        corners = np.array([[x, y] for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1))]) * reach[:2]
        points = corners + center[:2]
    red, green, blue, _ = visual.material.rgba
    bgr = (round(blue * 255), round(green * 255), round(red * 255))
    return _Outline(points, float(center[2] - reach[2]), float(center[2] + reach[2]), bgr)


def _soft(bgr: tuple[int, int, int]) -> tuple[int, int, int]:
    """Paler, so that path and labels stand out."""
    return _mixed(bgr, 255, 0.45)


def _darker(bgr: tuple[int, int, int]) -> tuple[int, int, int]:
    return _mixed(_soft(bgr), 0, 0.3)


def _mixed(bgr: tuple[int, int, int], other: int, share: float) -> tuple[int, int, int]:
    blue, green, red = (round(c * (1 - share) + other * share) for c in bgr)
    return blue, green, red
