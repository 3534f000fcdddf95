"""What was seen where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class ObjectObservation:
    """One object in one picture.

    :param stamp_s: of the picture, ROS time.
    :param pose: of the object's origin in base_link at that time; z up, x out of one of its faces.
    :param covariance: ``(3, 3)`` of the position, m, base_link.
    :param yaw_error_rad: standard deviation of the yaw.
    :param distance_m: from the camera.
    :param confidence: 0..1, how well picture and pattern agree.
    """

    name: str
    stamp_s: float
    pose: Transform
    covariance: NDArray[np.float64]
    yaw_error_rad: float
    distance_m: float
    confidence: float

    @property
    def position_m(self) -> NDArray[np.float64]:
        """``(3,)``, base_link."""
        return self.pose.translation
