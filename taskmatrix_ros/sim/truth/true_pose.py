"""Where a body really is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TruePose:
    """Ground truth of a body in the world frame."""

    x_m: float
    y_m: float
    z_m: float
    yaw_rad: float
