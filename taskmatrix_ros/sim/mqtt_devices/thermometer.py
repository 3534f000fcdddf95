"""A simulated thermometer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import CommandRefused, Device
from taskmatrix_ros.sim.mqtt_devices.room_air import RoomAir

AT_LEAST_EVERY_S = 10.0
AT_MOST_EVERY_S = 0.5
STEP_C = 0.1


class Thermometer(Device):
    """Tells the temperature when it has changed by a tenth, and every 10 s so that nobody thinks it dead.

    How often it tells is wall time, whatever the home's speed: who listens measures staleness so.
    """

    takes_commands = False

    def __init__(self, topic: str, air: RoomAir) -> None:
        super().__init__(topic)
        self._air = air
        self._told_c: float | None = None
        self._told_at_s = 0.0

    def state(self) -> dict[str, Any]:
        """The temperature, to a tenth of a degree."""
        return {"temperature_c": round(self._air.temperature_c, 1)}

    def apply(self, command: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Refuse: it only tells."""
        raise CommandRefused("a thermometer takes no commands")

    def live(self, now_s: float) -> bool:
        """Measure."""
        self._air.advance(now_s)
        wall_s = time.monotonic()
        silent_s = wall_s - self._told_at_s
        changed = self._told_c is None or abs(self._air.temperature_c - self._told_c) >= STEP_C
        if silent_s < AT_MOST_EVERY_S or not (changed or silent_s >= AT_LEAST_EVERY_S):
            return False
        self._told_c, self._told_at_s = self._air.temperature_c, wall_s
        return True
