"""Where things can stand, as the robot has it around itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ABOVE_M = 0.006  # of the support: what is lower may be the support itself
_BESIDE_M = 0.03  # of its outline: the robot knows its own pose to a centimetre or two


@dataclass(frozen=True, slots=True)
class Support:
    """A level top on which things stand, a rectangle in base_link.

    :param height_m: over the floor.
    """

    x_m: float
    y_m: float
    yaw_rad: float
    size_m: tuple[float, float]
    height_m: float

    def carries(self, points_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Whether points are over it, ``(N, 3)``, base_link."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        dx, dy = points_m[:, 0] - self.x_m, points_m[:, 1] - self.y_m
        over = (np.abs(c * dx + s * dy) <= self.size_m[0] / 2 + _BESIDE_M) & (
            np.abs(-s * dx + c * dy) <= self.size_m[1] / 2 + _BESIDE_M
        )
        return np.asarray(over & (points_m[:, 2] > self.height_m + _ABOVE_M))
