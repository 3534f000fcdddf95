"""Scans of boxes, cast exactly: what a lidar would see of a floor plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox


def scan_points(
    boxes: Sequence[StaticBox], pose: Pose2, *, noise_m: float = 0.0, seed: int = 0, count: int = 181
) -> NDArray[np.float64]:
    """Hits of beams from the middle of the base, base_link, by sphere tracing; beams that hit nothing are left out."""
    angles = np.linspace(-2.3, 2.3, count)
    ranges = np.full(count, 0.01)
    for _ in range(300):
        points = pose.apply(np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=-1))
        away = np.min([b.distance(points) for b in boxes], axis=0)
        ranges = np.minimum(ranges + np.maximum(away, 0.0), 10.0)
    hit = ranges < 9.9
    ranges = ranges + np.random.default_rng(seed).normal(0, noise_m, count)
    return np.stack([ranges * np.cos(angles), ranges * np.sin(angles)], axis=-1)[hit]


def room(width_m: float = 6.0, depth_m: float = 5.0) -> list[StaticBox]:
    """Four walls around (0, 0) .. (width, depth), and two pieces of furniture that break the symmetry."""
    w, d, t = width_m, depth_m, 0.1
    return [
        StaticBox("south", Pose2(w / 2, -t / 2, 0), w + 2 * t, t, 0, 2.4),
        StaticBox("north", Pose2(w / 2, d + t / 2, 0), w + 2 * t, t, 0, 2.4),
        StaticBox("west", Pose2(-t / 2, d / 2, 0), t, d, 0, 2.4),
        StaticBox("east", Pose2(w + t / 2, d / 2, 0), t, d, 0, 2.4),
        StaticBox("table", Pose2(w * 0.7, d * 0.7, 0.3), 1.2, 0.6, 0, 0.7),
        StaticBox("shelf", Pose2(0.2, d * 0.4, 0), 0.4, 1.0, 0, 1.8),
    ]
