"""A simulated television."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import CommandRefused, Device, number_in, one_of, only_keys, title_of


class Television(Device):
    """Plays one thing at a time, only while it is on."""

    latency_s = 0.4

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.power = "off"
        self.playing: str | None = None
        self.volume_pct = 30.0

    def state(self) -> dict[str, Any]:
        """Whether it is on, what it plays and how loud."""
        return {"power": self.power, "playing": self.playing, "volume_pct": self.volume_pct}

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``power`` (on, off), ``play`` (a title, null to stop) and ``volume_pct`` (0..100)."""
        only_keys(command, "power", "play", "volume_pct")
        power = one_of(command, "power", "on", "off", otherwise=self.power)
        playing = title_of(command, self.playing)
        volume_pct = number_in(command, "volume_pct", 0, 100, otherwise=self.volume_pct)
        if power == "off":
            if command.get("play") is not None:
                raise CommandRefused("it plays nothing while it is off; switch it on first")
            playing = None
        self.power, self.playing, self.volume_pct = power, playing, volume_pct
