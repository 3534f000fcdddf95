"""A simulated network speaker, which also says what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmatrix_ros.sim.mqtt_devices.device import CommandRefused, Device, number_in, only_keys, title_of

MAX_SAID = 2000
REMEMBERED = 12


class Speaker(Device):
    """Always ready; ``idle``, ``playing`` or ``paused``. What it said lately it remembers, the latest last."""

    latency_s = 0.2

    def __init__(self, topic: str) -> None:
        super().__init__(topic)
        self.playing: str | None = None
        self.paused = False
        self.volume_pct = 25.0
        self.said: list[str] = []

    def state(self) -> dict[str, Any]:
        """What it does, what it plays and how loud."""
        doing = "idle" if self.playing is None else "paused" if self.paused else "playing"
        return {
            "state": doing,
            "playing": self.playing,
            "volume_pct": self.volume_pct,
            "said": self.said[-1] if self.said else None,
            "said_lately": list(self.said),
        }

    def apply(self, command: Mapping[str, Any]) -> None:
        """Take ``play`` (a title, null to stop), ``pause`` (true, false), ``volume_pct`` (0..100), ``say`` (a text)."""
        only_keys(command, "play", "pause", "volume_pct", "say")
        said = command.get("say")
        if said is not None and (not isinstance(said, str) or not 1 <= len(said.strip()) <= MAX_SAID):
            raise CommandRefused(f"say takes a text of 1 to {MAX_SAID} characters")
        playing = title_of(command, self.playing)
        paused = command.get("pause", False if "play" in command else self.paused)
        if not isinstance(paused, bool):
            raise CommandRefused(f"pause {paused!r} is neither true nor false")
        volume_pct = number_in(command, "volume_pct", 0, 100, otherwise=self.volume_pct)
        if playing is None and command.get("pause"):
            raise CommandRefused("there is nothing to pause")
        self.playing, self.paused, self.volume_pct = playing, paused and playing is not None, volume_pct
        if said is not None:
            self.said = [*self.said, said.strip()][-REMEMBERED:]
