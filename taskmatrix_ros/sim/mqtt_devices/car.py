"""A simulated parked car."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import Device, number_in, one_of, only_keys

COOLEST_C = 16.0
WARMEST_C = 28.0
SETTLE_S = 240.0
"""Time constant of the cabin while the air conditioner runs; of the cold coming in, ten times as much."""


class Car(Device):
    """Its air conditioner warms or cools the cabin while it is parked; without it the cabin is as warm as outside."""

    latency_s = 0.4

    def __init__(self, topic: str, outside_c: float) -> None:
        super().__init__(topic)
        self.ac = "off"
        self.target_c = 21.0
        self.cabin_c = outside_c
        self._outside_c = outside_c
        self._at_s: float | None = None
        self._told_c = outside_c

    def state(self) -> dict[str, Any]:
        """What its air conditioner does, and how warm the cabin is."""
        return {"ac": self.ac, "target_c": self.target_c, "cabin_c": round(self.cabin_c, 1)}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``ac`` (on, off) and ``target_c`` (16..28)."""
        only_keys(command, "ac", "target_c")
        ac = one_of(command, "ac", "on", "off", otherwise=self.ac)
        target_c = number_in(command, "target_c", COOLEST_C, WARMEST_C, otherwise=self.target_c)
        self.ac, self.target_c = ac, target_c

    def live(self, now_s: float) -> bool:
        """Warm or cool. :returns: whether the cabin has changed by half a degree since it was told."""
        elapsed_s = 0.0 if self._at_s is None else max(0.0, now_s - self._at_s)
        self._at_s = now_s
        wanted_c, settle_s = (self.target_c, SETTLE_S) if self.ac == "on" else (self._outside_c, 10 * SETTLE_S)
        self.cabin_c += (wanted_c - self.cabin_c) * -math.expm1(-elapsed_s / settle_s)
        if abs(self.cabin_c - self._told_c) < 0.5:
            return False
        self._told_c = self.cabin_c
        return True
