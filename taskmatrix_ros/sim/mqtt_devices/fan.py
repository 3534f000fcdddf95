"""A simulated fan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import Device, one_of, only_keys


class Fan(Device):
    """On or off."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.power = "off"

    def state(self) -> dict[str, Any]:
        """Whether it is on."""
        return {"power": self.power}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``power`` (on, off)."""
        only_keys(command, "power")
        self.power = one_of(command, "power", "on", "off", otherwise=self.power)
