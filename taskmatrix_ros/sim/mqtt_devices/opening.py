"""Simulated blinds and doors: what is open or closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import Device, one_of, only_keys


class Opening(Device):
    """Open or closed. Of a door, which no motor moves, the command stands for a person's hand.

    :param latency_s: how long it takes to move.
    """

    def __init__(self, topic: str, *, state: str = "closed", latency_s: float = 0.2) -> None:
        super().__init__(topic)
        self.latency_s = latency_s
        self.position = state

    def state(self) -> dict[str, Any]:
        """Whether it is open."""
        return {"state": self.position}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``state`` (open, closed)."""
        only_keys(command, "state")
        self.position = one_of(command, "state", "open", "closed", otherwise=self.position)
