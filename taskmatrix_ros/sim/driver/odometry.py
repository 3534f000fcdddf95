"""Where the wheels say the robot is: dead reckoning with the errors of real wheels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taskmatrix_ros.sim.sdf.transforms import wrapped


@dataclass(frozen=True, slots=True)
class OdometryNoise:
    """Standard deviations of what is wrong with the wheels. All zero: odometry as good as the floor allows.

    :param wheel_scale: relative error of each wheel's radius, drawn once per run.
    :param separation_scale: relative error of the wheel separation, drawn once per run.
    :param slip_m: per square root of a metre rolled, drawn anew at every update.
    """

    wheel_scale: float = 0.004
    separation_scale: float = 0.01
    slip_m: float = 0.002


@dataclass(frozen=True, slots=True)
class OdometryState:
    """Pose in the odom frame, which starts where the robot started, and velocity in base_link."""

    x_m: float = 0.0
    y_m: float = 0.0
    yaw_rad: float = 0.0
    linear_m_s: float = 0.0
    angular_rad_s: float = 0.0


class WheelOdometry:
    """Integrates wheel angles.

    :param noise: see :class:`OdometryNoise`.
    :param generator: source of the noise; the same seed gives the same errors.
    :source: Borenstein and Feng, "Measurement and correction of systematic odometry errors in mobile robots", 1996
        (unequal wheels and uncertain wheel base as the two systematic errors).
    """

    def __init__(
        self,
        wheel_radius_m: float,
        wheel_separation_m: float,
        noise: OdometryNoise,
        generator: np.random.Generator,
    ) -> None:
        scales = 1.0 + noise.wheel_scale * generator.standard_normal(2)
        self._radii_m = (wheel_radius_m * float(scales[0]), wheel_radius_m * float(scales[1]))
        self._separation_m = wheel_separation_m * (1.0 + noise.separation_scale * float(generator.standard_normal()))
        self._slip_m = noise.slip_m
        self._generator = generator
        self._angles: tuple[float, float] | None = None
        self.state = OdometryState()

    def update(self, left_rad: float, right_rad: float, dt_s: float) -> OdometryState:
        """Add the way since the last update.

        :param left_rad: angle of the left wheel, counted on over full turns.
        :param dt_s: time since the last update, simulated seconds, above 0.
        """
        before, self._angles = self._angles, (left_rad, right_rad)
        if before is None:
            return self.state
        left = self._rolled((left_rad - before[0]) * self._radii_m[0])
        right = self._rolled((right_rad - before[1]) * self._radii_m[1])
        way, turn = (left + right) / 2, (right - left) / self._separation_m
        # Over one period the robot drives an arc; its chord points along the middle of the turn.
        chord = way if abs(turn) < 1e-9 else way * math.sin(turn / 2) / (turn / 2)
        heading = self.state.yaw_rad + turn / 2
        self.state = OdometryState(
            x_m=self.state.x_m + chord * math.cos(heading),
            y_m=self.state.y_m + chord * math.sin(heading),
            yaw_rad=wrapped(self.state.yaw_rad + turn),
            linear_m_s=way / dt_s,
            angular_rad_s=turn / dt_s,
        )
        return self.state

    def _rolled(self, way_m: float) -> float:
        if self._slip_m == 0.0 or way_m == 0.0:
            return way_m
        return way_m + self._slip_m * math.sqrt(abs(way_m)) * float(self._generator.standard_normal())
