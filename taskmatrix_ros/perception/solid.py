"""Plain bodies: boxes, upright cylinders and spheres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

_RING = 32


class SolidShape(StrEnum):
    """What an object looks like from all sides."""

    BOX = "box"
    CYLINDER = "cylinder"
    SPHERE = "sphere"


@dataclass(frozen=True, slots=True)
class Solid:
    """A body with its origin in the middle, z up.

    :param size_m: of the box around it, along x, y and z.
    """

    shape: SolidShape
    size_m: tuple[float, float, float]

    @property
    def turns(self) -> bool:
        """Whether it looks different when it is turned about z."""
        return self.shape is SolidShape.BOX

    def distance(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Measure how far points are from its surface, negative inside.

        :param points_m: ``(N, 3)``, its own frame. :returns: ``(N,)``, metres.
        :source: the usual signed distance functions of primitives.
        """
        half = np.array(self.size_m) / 2
        match self.shape:
            case SolidShape.SPHERE:
                return np.asarray(np.linalg.norm(points_m, axis=1) - half[2])
            case SolidShape.CYLINDER:
                over = np.stack([np.hypot(points_m[:, 0], points_m[:, 1]) - half[0], np.abs(points_m[:, 2]) - half[2]])
            case SolidShape.BOX:
                over = np.abs(points_m).T - half[:, None]
        outside = np.linalg.norm(np.maximum(over, 0.0), axis=0)
        return np.asarray(outside + np.minimum(over.max(axis=0), 0.0))

    def outline(self) -> NDArray[np.float64]:
        """Points whose convex hull it is, its own frame, ``(N, 3)``, metres."""
        half = np.array(self.size_m) / 2
        if self.shape is SolidShape.BOX:
            corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
            return np.asarray(corners * half)
        angles = np.arange(_RING) * 2 * math.pi / _RING
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        if self.shape is SolidShape.CYLINDER:
            rings = [(1.0, -1.0), (1.0, 1.0)]
        else:
            lift = np.linspace(-math.pi / 2, math.pi / 2, 13)
            rings = [(math.cos(a), math.sin(a)) for a in lift]
        points = [np.column_stack([circle * r, np.full(_RING, z)]) for r, z in rings]
        return np.asarray(np.concatenate(points) * half)
