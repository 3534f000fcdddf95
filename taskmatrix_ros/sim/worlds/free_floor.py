"""Whether a robot gets from one spot of a floor to others."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

CELL_M = 0.05
CLEAR_M = 0.34
"""Around the robot's middle: its footprint and the room that the skills keep."""


class FreeFloor:
    """A floor from (0, 0) to ``size_m`` on a grid, with blocked parts.

    :param size_m: along x and y.
    """

    def __init__(self, size_m: tuple[float, float]) -> None:
        columns, rows = (int(np.ceil(side / CELL_M)) + 1 for side in size_m)
        self._blocked = np.zeros((rows, columns), np.uint8)

    def block(self, extent_m: tuple[float, float, float, float]) -> None:
        """Block a rectangle: least and greatest x, least and greatest y."""
        x0, x1, y0, y1 = (value / CELL_M for value in extent_m)
        rows = slice(max(0, int(np.floor(y0))), int(np.ceil(y1)) + 1)
        columns = slice(max(0, int(np.floor(x0))), int(np.ceil(x1)) + 1)
        self._blocked[rows, columns] = 1

    def joins(self, start_m: tuple[float, float], spots_m: Iterable[tuple[float, float]]) -> bool:
        """Tell whether the robot's middle gets from the start to every spot."""
        reach = int(np.ceil(CLEAR_M / CELL_M))
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        free = 1 - cv2.dilate(self._blocked, disc)
        _, parts = cv2.connectedComponents(free.astype(np.uint8), connectivity=4)
        own = parts[self._cell(start_m)]
        return bool(own) and all(parts[self._cell(spot)] == own for spot in spots_m)

    def _cell(self, spot_m: tuple[float, float]) -> tuple[int, int]:
        return round(spot_m[1] / CELL_M), round(spot_m[0] / CELL_M)
