"""A simulated light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import Device, number_in, one_of, only_keys


class Light(Device):
    """On or off; a dimmable one also has a brightness, which it keeps while it is off."""

    def __init__(self, topic: str, *, power: str = "off", dimmable: bool = False) -> None:
        super().__init__(topic)
        self.power = power
        self.brightness_pct: float | None = 100.0 if dimmable else None

    def state(self) -> dict[str, Any]:
        """Whether it is on and, if dimmable, how bright."""
        dimmed = {} if self.brightness_pct is None else {"brightness_pct": self.brightness_pct}
        return {"power": self.power, **dimmed}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``power`` (on, off) and, if dimmable, ``brightness_pct`` (1..100)."""
        if self.brightness_pct is None:
            only_keys(command, "power")
            self.power = one_of(command, "power", "on", "off", otherwise=self.power)
            return
        only_keys(command, "power", "brightness_pct")
        power = one_of(command, "power", "on", "off", otherwise=self.power)
        brightness_pct = number_in(command, "brightness_pct", 1, 100, otherwise=self.brightness_pct)
        self.power, self.brightness_pct = power, brightness_pct
