"""A broker that is away in the middle of many commands: what became of each, by the devices' own count."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.bench.bench_system import BenchSystem, bench_system
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.outage_devices import OutageDevices
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.outcome import Confirmation, Outcome, Status

MANIFEST = "outage.yaml"
COMMANDS = 200
OUTAGE_S = 30.0
BEFORE_S = 3.0
AFTER_S = 7.0
EXPIRES_S = 2.0
KINDS = ("set", "pulse", "blind")
MAY_END = frozenset(
    {Status.SUCCEEDED, Status.FAILED, Status.UNAVAILABLE, Status.EXPIRED, Status.TIMED_OUT, Status.REJECTED}
)
"""How a command may end; ``in_doubt`` leaves a person to find out, and is counted apart."""


@dataclass(frozen=True)
class Ended:
    """One command: what it was, when it was asked for and how it ended."""

    number: int
    kind: str
    asked_at_s: float
    ended_at_s: float
    outcome: Outcome | None


@dataclass(frozen=True, kw_only=True)
class OutageTruth:
    """What the drill found. ``recovery_s``: from the broker's return to the first command that is done again."""

    ended: tuple[Ended, ...]
    unaccounted: int
    late: int
    doubled: int
    untrue: int
    in_doubt: int
    recovery_s: float


async def measure_outage(announce: Callable[[str], None], outage_s: float = OUTAGE_S) -> Sequence[Figure]:
    """Take the figures."""
    announce(f"{COMMANDS} commands, the broker away for {outage_s:g} s in the middle of them")
    truth = await drill(outage_s)
    counted = Counter(
        f"{one.kind} {one.outcome.status.value}/{one.outcome.confirmation.value}" for one in truth.ended if one.outcome
    )
    how = ", ".join(f"{count} {what}" for what, count in sorted(counted.items()))
    unit = "commands"
    return (
        Figure(name="outage_unaccounted", value=truth.unaccounted, unit=unit, note=f"of {COMMANDS}: {how}"),
        Figure(name="outage_sent_late", value=truth.late, unit=unit, note="done after they had expired"),
        Figure(name="outage_doubled", value=truth.doubled, unit=unit, note="done twice, where that is not allowed"),
        Figure(name="outage_untrue", value=truth.untrue, unit=unit, note="done or not, against what was told"),
        Figure(name="outage_in_doubt", value=truth.in_doubt, unit=unit, note="left to a person"),
        Figure(name="outage_recovery_s", value=truth.recovery_s, unit="s", note="from the broker's return"),
    )


async def drill(outage_s: float, commands: int = COMMANDS) -> OutageTruth:
    """Send commands at a steady pace, kill the broker among them and bring it back."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(log_file=Path(folder) / "broker.log")
        await broker.open()
        devices = OutageDevices(broker.port)
        try:
            await asyncio.to_thread(devices.listening.wait, 10)
            settings = BrokerSettings(port=broker.port, connect_s=2.0)
            make = lambda catalogue, state: (MqttBinding({"default": settings}, catalogue, state),)  # noqa: E731
            async with bench_system(MANIFEST, make) as system:
                return await _Drill(system, broker, devices, outage_s, commands).run()
        finally:
            devices.close()
            await broker.close()


class _Drill:
    def __init__(
        self, system: BenchSystem, broker: Broker, devices: OutageDevices, outage_s: float, commands: int
    ) -> None:
        self._system = system
        self._broker = broker
        self._devices = devices
        self._outage_s = outage_s
        self._commands = commands

    async def run(self) -> OutageTruth:
        codes = [await self._system.verify(_source(number)) for number in range(self._commands)]
        outage = asyncio.create_task(self._outage())
        pause_s = (BEFORE_S + self._outage_s + AFTER_S) / self._commands
        pending = []
        for number, code in enumerate(codes):
            pending.append(asyncio.create_task(self._one(number, code)))
            await asyncio.sleep(pause_s)
        back_at_s = await outage
        await asyncio.wait(pending, timeout=90)
        for task in pending:
            task.cancel()
        ended = tuple(
            task.result() if task.done() and not task.cancelled() else Ended(number, _kind(number), 0, 0, None)
            for number, task in enumerate(pending)
        )
        await asyncio.gather(*pending, return_exceptions=True)
        return self._truth(ended, back_at_s)

    async def _outage(self) -> float:
        await asyncio.sleep(BEFORE_S)
        assert self._broker.pid is not None
        os.kill(self._broker.pid, signal.SIGKILL)
        await self._broker.close()
        await asyncio.sleep(self._outage_s)
        await self._broker.open()
        return time.monotonic()

    async def _one(self, number: int, code: VerifiedCode) -> Ended:
        asked_at_s = time.monotonic()
        result = await self._system.run(code)
        outcome = result.calls[-1].outcome if result.calls else None
        return Ended(number, _kind(number), asked_at_s, time.monotonic(), outcome)

    def _truth(self, ended: tuple[Ended, ...], back_at_s: float) -> OutageTruth:
        came = Counter(number for number, _ in self._devices.done)
        first_s = dict(reversed(self._devices.done))
        pulses = [one for one in ended if one.kind == "pulse"]
        in_doubt = sum(1 for one in ended if one.outcome is not None and one.outcome.status is Status.IN_DOUBT)
        return OutageTruth(
            ended=ended,
            unaccounted=sum(1 for one in ended if one.outcome is None),
            late=sum(1 for one in pulses if first_s.get(one.number, 0.0) > one.asked_at_s + EXPIRES_S + 0.5),
            doubled=sum(1 for one in pulses if came[one.number] > 1),
            untrue=sum(1 for one in ended if _is_untrue(one, came[one.number])),
            in_doubt=in_doubt,
            recovery_s=min(
                (at_s - back_at_s for _, at_s in self._devices.done if at_s > back_at_s), default=float("inf")
            ),
        )


def _is_untrue(one: Ended, came: int) -> bool:
    """Whether it was told done and never came, or told not sent and came."""
    outcome = one.outcome
    if outcome is None:
        return False
    if outcome.status is Status.SUCCEEDED:
        blind = one.kind == "blind"
        return came == 0 or (outcome.confirmation is not Confirmation.CONFIRMED and not blind)
    return outcome.status in (Status.EXPIRED, Status.UNAVAILABLE) and came > 0 and one.kind == "pulse"


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def _source(number: int) -> str:
    kind = _kind(number)
    return f'outage_{kind}(device="{kind}{number}", number={number})\n'
