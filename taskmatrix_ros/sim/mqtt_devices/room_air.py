"""The air of a room: it follows the weather slowly and an air conditioner quickly."""

from __future__ import annotations

import math

LEAK_S = 7200.0
"""Time constant of the walls."""


class RoomAir:
    """A temperature that changes in time. ``weather_c`` is what it would settle at by itself."""

    def __init__(self, temperature_c: float, weather_c: float) -> None:
        self.temperature_c = temperature_c
        self.weather_c = weather_c
        self.wanted_c: float | None = None
        """What an air conditioner drives it to, None if none does."""
        self.drive_c_s = 0.02
        """How fast, in degrees per second."""
        self._at_s: float | None = None

    def advance(self, now_s: float) -> None:
        """Let time go by, in seconds of the home's time."""
        elapsed_s = 0.0 if self._at_s is None else max(0.0, now_s - self._at_s)
        self._at_s = now_s
        if self.wanted_c is None:
            self.temperature_c += (self.weather_c - self.temperature_c) * -math.expm1(-elapsed_s / LEAK_S)
            return
        step_c = self.drive_c_s * elapsed_s
        self.temperature_c += min(step_c, max(-step_c, self.wanted_c - self.temperature_c))
