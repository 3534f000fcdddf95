"""What the robot's battery still holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Battery:
    """A battery that the electronics and the motors draw from.

    :param capacity_j: energy when full.
    :param idle_w: what computer and sensors draw.
    :param efficiency_ratio: mechanical power over electrical power of the motors.
    """

    capacity_j: float = 100 * 3600.0
    idle_w: float = 25.0
    efficiency_ratio: float = 0.6
    full_v: float = 25.2
    empty_v: float = 21.0
    charge_ratio: float = 1.0
    power_w: float = 0.0

    def update(self, mechanical_w: float, dt_s: float) -> None:
        """Draw power for a while. Braking gives nothing back."""
        self.power_w = self.idle_w + max(0.0, mechanical_w) / self.efficiency_ratio
        self.charge_ratio = max(0.0, self.charge_ratio - self.power_w * dt_s / self.capacity_j)

    @property
    def voltage_v(self) -> float:
        """Open-circuit voltage, linear in the charge."""
        return self.empty_v + (self.full_v - self.empty_v) * self.charge_ratio

    @property
    def current_a(self) -> float:
        """Negative while discharging, as ``sensor_msgs/BatteryState`` wants it."""
        return -self.power_w / self.voltage_v
