"""Time behind one port: steady time for waits and watchdogs, home time for rules; ROS time is in ``ros``."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class SteadyClock:
    """Seconds that never jump: ``time.monotonic``."""

    def now_s(self) -> float:
        """Seconds since some moment in the past."""
        return time.monotonic()

    async def sleep(self, duration_s: float) -> None:
        """Wait ``duration_s`` seconds of steady time."""
        await asyncio.sleep(duration_s)


class HomeClock(Protocol):
    """The time of day the home lives by."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""


class WallClock:
    """Home time that is the machine's."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        return datetime.now(UTC)


class VirtualHomeClock:
    """Home time that goes as the machine's does, and may jump: for demonstrations and trials, never for a real home."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The moment, aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def jump(self, to: datetime) -> None:
        """Let it be another moment. Whoever calls sees to it that nothing is under way that would be cut by it.

        :param to: aware.
        """
        self._ahead = to - datetime.now(UTC)


class RosClock(Protocol):
    """The time of the robot's world: ``/clock`` in simulation."""

    def now_s(self) -> float:
        """Seconds of ROS time; 0.0 until the first ``/clock`` arrives."""

    def silent_s(self) -> float:
        """Seconds of wall time since ``/clock`` last spoke; 0.0 where ROS time is system time."""
