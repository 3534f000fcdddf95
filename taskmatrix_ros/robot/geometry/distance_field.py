"""How far every spot of the floor is from the nearest obstacle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taskmatrix_ros.robot.geometry.static_box import StaticBox


@dataclass(frozen=True, slots=True, eq=False)
class DistanceField:
    """Distances on a regular grid, read between its points by bilinear interpolation.

    :param x_m: of the grid's first column, map frame.
    :param y_m: of the grid's first row.
    :param step_m: between neighbouring points.
    :param values_m: ``(rows, columns) float64``, rows along y; negative inside obstacles.
    """

    x_m: float
    y_m: float
    step_m: float
    values_m: NDArray[np.float64]

    @classmethod
    def from_boxes(
        cls,
        boxes: Iterable[StaticBox],
        bounds_m: tuple[float, float, float, float],
        step_m: float = 0.05,
        *,
        far_m: float = 5.0,
    ) -> DistanceField:
        """Measure the distance to boxes.

        :param bounds_m: least x, least y, greatest x, greatest y.
        :param far_m: value where there is no box at all.
        """
        x0, y0, x1, y1 = bounds_m
        columns, rows = math.ceil((x1 - x0) / step_m) + 1, math.ceil((y1 - y0) / step_m) + 1
        xs, ys = np.meshgrid(x0 + step_m * np.arange(columns), y0 + step_m * np.arange(rows))
        points = np.stack([xs, ys], axis=-1)
        values = np.full((rows, columns), far_m)
        for box in boxes:
            np.minimum(values, box.distance(points), out=values)
        return cls(x0, y0, step_m, values)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.values_m.shape[0], self.values_m.shape[1]

    def with_points(self, points_m: ArrayLike) -> DistanceField:
        """Return the field with further obstacles.

        :param points_m: ``(N, 2)``, metres, map frame.
        """
        values = self.values_m.copy()
        rows, columns = self.shape
        xs = self.x_m + self.step_m * np.arange(columns)
        ys = self.y_m + self.step_m * np.arange(rows)
        for px, py in np.asarray(points_m, dtype=np.float64).reshape(-1, 2):
            # A point matters only around itself: two metres are more than any clearance that is asked for.
            c0, c1 = np.searchsorted(xs, (px - 2.0, px + 2.0))
            r0, r1 = np.searchsorted(ys, (py - 2.0, py + 2.0))
            near = np.hypot(xs[None, c0:c1] - px, ys[r0:r1, None] - py)
            np.minimum(values[r0:r1, c0:c1], near, out=values[r0:r1, c0:c1])
        return replace(self, values_m=values)

    def cell(self, x_m: float, y_m: float) -> tuple[int, int] | None:
        """Row and column of the nearest grid point; None outside."""
        row, column = round((y_m - self.y_m) / self.step_m), round((x_m - self.x_m) / self.step_m)
        rows, columns = self.shape
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def spot(self, row: int, column: int) -> tuple[float, float]:
        """Where a grid point lies, x and y, metres, map frame."""
        return self.x_m + column * self.step_m, self.y_m + row * self.step_m

    def at(self, points_m: ArrayLike) -> NDArray[np.float64]:
        """Distances at points; those outside count as obstacles.

        :param points_m: ``(..., 2)``, metres.
        :returns: ``(...)``, metres.
        """
        value, _, _, outside = self._interpolate(points_m)
        return np.where(outside, -1.0, value)

    def with_gradient(self, points_m: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Distances, their slopes, and which points the grid covers.

        :param points_m: ``(..., 2)``, metres.
        :returns: ``(...)`` metres, ``(..., 2)`` metres per metre, ``(...)``.
        """
        value, by_x, by_y, outside = self._interpolate(points_m)
        return value, np.stack([by_x, by_y], axis=-1), ~outside

    def _interpolate(
        self, points_m: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        points = np.asarray(points_m, dtype=np.float64)
        rows, columns = self.shape
        u, v = (points[..., 0] - self.x_m) / self.step_m, (points[..., 1] - self.y_m) / self.step_m
        outside = (u < 0) | (v < 0) | (u > columns - 1) | (v > rows - 1)
        u, v = np.clip(u, 0, columns - 1.001), np.clip(v, 0, rows - 1.001)
        c, r = u.astype(np.intp), v.astype(np.intp)
        fu, fv = u - c, v - r
        a, b = self.values_m[r, c], self.values_m[r, c + 1]
        d, e = self.values_m[r + 1, c], self.values_m[r + 1, c + 1]
        low, high = a + fu * (b - a), d + fu * (e - d)
        value = low + fv * (high - low)
        by_x = ((b - a) * (1 - fv) + (e - d) * fv) / self.step_m
        return value, by_x, (high - low) / self.step_m, outside
