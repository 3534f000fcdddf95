"""What a stop does, as seen from the topics: the first zero command, and when the robot stands."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry

from taskmatrix_interfaces.srv import Stop
from taskmatrix_ros.bench.bench_home import BenchHome
from taskmatrix_ros.core.errors import CallUnavailable

DRIVING_M_S = 0.4
STANDING_M_S = 0.01
STANDING_RAD_S = 0.02
PATIENCE_S = 120.0
POLL_S = 0.002


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """One stop. ``standing_s`` in simulated seconds, the others in wall time; both from when it was asked for."""

    first_zero_ms: float
    standing_s: float
    speed_m_s: float
    told: tuple[str, ...]
    not_told: tuple[str, ...]
    answered_ms: float


class StopWatch:
    """Listens to commands and odometry in the bench's own ROS thread, in which stop is sent, too."""

    def __init__(self, home: BenchHome) -> None:
        self._home = home
        self._client: Any = None
        self._zeros: list[float] = []
        self._moves: list[float] = []
        self._standing: list[float] = []
        self.sim_s = 0.0
        self.speed_m_s = 0.0
        self._turning = 0.0

    async def open(self) -> None:
        """Subscribe."""
        create = self._home.entities.create
        await create(lambda node: node.create_subscription(Twist, "/cmd_vel", self._hear_command, 50))
        await create(lambda node: node.create_subscription(Odometry, "/odom", self._hear_odometry, 50))
        self._client = await create(lambda node: node.create_client(Stop, "/taskmatrix/stop"))

    @property
    def driving(self) -> bool:
        """Whether the robot is under way and told to be."""
        told = bool(self._moves) and time.monotonic() - self._moves[-1] < 0.1
        return told and abs(self.speed_m_s) >= DRIVING_M_S

    @property
    def standing(self) -> bool:
        """Whether odometry shows no motion."""
        return abs(self.speed_m_s) < STANDING_M_S and abs(self._turning) < STANDING_RAD_S

    def moved_since(self, moment: float) -> bool:
        """Whether a command to move was seen. :param moment: of the monotonic clock, in seconds."""
        return bool(self._moves) and self._moves[-1] > moment

    async def until(self, fact: Callable[[], bool], what: str) -> None:
        """Wait for a fact. :raises CallUnavailable: it does not come about."""
        until = time.monotonic() + PATIENCE_S
        while not fact():
            if time.monotonic() >= until:
                raise CallUnavailable(f"bench stop: waited {PATIENCE_S:g} s in vain: {what}")
            await asyncio.sleep(POLL_S)

    async def stop(self) -> Stopping:
        """Stop, and follow what comes of it.

        :raises CallUnavailable: no answer, no zero command, or the robot does not come to stand.
        """
        await self.until(self._client.service_is_ready, "the service stop")
        speed, sent = self.speed_m_s, []
        self._zeros.clear()
        self._standing.clear()

        def send() -> Any:
            sent.extend((time.monotonic(), self.sim_s))
            return self._client.call_async(Stop.Request(reason="bench"))

        async with asyncio.timeout(PATIENCE_S):
            response = await self._home.thread.result(partial(send))
        answered = time.monotonic()
        began, began_sim_s = sent
        await self.until(lambda: any(at >= began for at in self._zeros), "a zero command")
        await self.until(lambda: any(at > began_sim_s for at in self._standing), "the robot stands")
        return Stopping(
            first_zero_ms=(next(at for at in self._zeros if at >= began) - began) * 1000,
            standing_s=next(at for at in self._standing if at > began_sim_s) - began_sim_s,
            speed_m_s=speed,
            told=tuple(response.told),
            not_told=tuple(response.not_told),
            answered_ms=(answered - began) * 1000,
        )

    def _hear_command(self, message: Twist) -> None:
        moves = not (math.isclose(message.linear.x, 0.0) and math.isclose(message.angular.z, 0.0))
        (self._moves if moves else self._zeros).append(time.monotonic())
        del self._moves[:-100]

    def _hear_odometry(self, message: Odometry) -> None:
        self.sim_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        self.speed_m_s, self._turning = message.twist.twist.linear.x, message.twist.twist.angular.z
        if self.standing:
            self._standing.append(self.sim_s)
