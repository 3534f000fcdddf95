"""A simulated air conditioner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import Device, number_in, one_of, only_keys
from taskmatrix_ros.sim.mqtt_devices.room_air import RoomAir

COOLEST_C = 16.0
WARMEST_C = 30.0


class AirConditioner(Device):
    """Drives the air of its room to a temperature while it is on. ``cool`` never warms, ``heat`` never cools."""

    latency_s = 0.2

    def __init__(self, topic: str, air: RoomAir) -> None:
        super().__init__(topic)
        self._air = air
        self.power = "off"
        self.mode = "auto"
        self.target_c = 24.0

    def state(self) -> dict[str, Any]:
        """What it is set to, and the room's temperature when it was told."""
        return {
            "power": self.power,
            "mode": self.mode,
            "target_c": self.target_c,
            "room_c": round(self._air.temperature_c, 1),
        }

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``power`` (on, off), ``mode`` (auto, cool, heat) and ``target_c`` (16..30)."""
        only_keys(command, "power", "mode", "target_c")
        power = one_of(command, "power", "on", "off", otherwise=self.power)
        mode = one_of(command, "mode", "auto", "cool", "heat", otherwise=self.mode)
        target_c = number_in(command, "target_c", COOLEST_C, WARMEST_C, otherwise=self.target_c)
        self.power, self.mode, self.target_c = power, mode, target_c

    def live(self, now_s: float) -> bool:  # noqa: ARG002 - the air knows the time by itself
        """Drive the air, or let it be."""
        room_c = self._air.temperature_c
        has_work = {"auto": True, "cool": room_c > self.target_c, "heat": room_c < self.target_c}[self.mode]
        self._air.wanted_c = self.target_c if self.power == "on" and has_work else None
        return False
