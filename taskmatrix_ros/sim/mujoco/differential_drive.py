"""Turns a wanted velocity into wheel speeds within the drive's limits."""

from __future__ import annotations

from taskmatrix_ros.sim.sdf.sdf_plugins import DifferentialDrive


class DifferentialDriveController:
    """Ramps the velocity towards the command and splits it between the wheels.

    :param drive: limits and geometry.
    """

    def __init__(self, drive: DifferentialDrive) -> None:
        self._drive = drive
        self.linear_m_s = 0.0
        self.angular_rad_s = 0.0

    def update(self, linear_m_s: float, angular_rad_s: float, dt_s: float) -> tuple[float, float]:
        """Advance the ramps by one period.

        :param linear_m_s: wanted forward speed; beyond the limits it is cut.
        :param angular_rad_s: wanted turning speed, counterclockwise positive.
        :returns: speeds of the left and the right wheel, rad/s.
        """
        drive = self._drive
        self.linear_m_s = _ramp(self.linear_m_s, linear_m_s, drive.linear_m_s, drive.linear_m_s2, dt_s)
        self.angular_rad_s = _ramp(self.angular_rad_s, angular_rad_s, drive.angular_rad_s, drive.angular_rad_s2, dt_s)
        turn = self.angular_rad_s * drive.wheel_separation_m / 2
        return (self.linear_m_s - turn) / drive.wheel_radius_m, (self.linear_m_s + turn) / drive.wheel_radius_m


def _ramp(now: float, wanted: float, limits: tuple[float, float], rates: tuple[float, float], dt_s: float) -> float:
    wanted = min(max(wanted, limits[0]), limits[1])
    return now + min(max(wanted - now, rates[0] * dt_s), rates[1] * dt_s)
