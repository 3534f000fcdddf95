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
from taskmatrix_ros.bench.ended_command import EndedCommand
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.outage_devices import OutageDevices
from taskmatrix_ros.bindings.mqtt.mqtt_binding import BrokerSettings, MqttBinding
from taskmatrix_ros.core.action_code import VerifiedCode
from taskmatrix_ros.core.ids import id_time_s
from taskmatrix_ros.core.outcome import Confirmation, Status

MANIFEST = "outage.yaml"
COMMANDS = 200
"""To devices that tell what they did; besides, every so often, one goes to a device that tells nothing."""

BLIND_EVERY = 11
OUTAGE_S = 30.0
BEFORE_S = 3.0
AFTER_S = 7.0
EXPIRES_S = 2.0
ARRIVES_S = 2.0
"""So long a busy machine may take to hand on what was sent in time; what lay there through the outage is older."""


@dataclass(frozen=True, kw_only=True)
class OutageTruth:
    """What the drill found. ``recovery_s``: from the broker's return to the first command that is done again.

    ``in_doubt`` and ``unconfirmed`` count devices that tell what they did. Of one that tells nothing, a command that
    the broker took ends succeeded and unconfirmed, as ``blind_unconfirmed`` counts.
    """

    ended: tuple[EndedCommand, ...]
    unaccounted: int
    late: int
    doubled: int
    untrue: int
    in_doubt: int
    unconfirmed: int
    blind_unconfirmed: int
    recovery_s: float

    @property
    def seeing(self) -> tuple[EndedCommand, ...]:
        """Give those to devices that tell what they did."""
        return tuple(one for one in self.ended if one.kind != "blind")


async def measure_outage(announce: Callable[[str], None], outage_s: float = OUTAGE_S) -> Sequence[Figure]:
    """Take the figures."""
    announce(f"{COMMANDS} commands, the broker away for {outage_s:g} s in the middle of them")
    truth = await drill(outage_s)
    counted = Counter(
        f"{one.kind} {one.outcome.status.value}/{one.outcome.confirmation.value}" for one in truth.ended if one.outcome
    )
    how = ", ".join(f"{count} {what}" for what, count in sorted(counted.items()))
    blind = sum(1 for one in truth.ended if one.kind == "blind")
    unit = "commands"
    return (
        Figure(name="outage_unaccounted", value=truth.unaccounted, unit=unit, note=f"of {len(truth.ended)}: {how}"),
        Figure(name="outage_sent_late", value=truth.late, unit=unit, note="done after they had expired"),
        Figure(name="outage_doubled", value=truth.doubled, unit=unit, note="done twice, where that is not allowed"),
        Figure(name="outage_untrue", value=truth.untrue, unit=unit, note="done or not, against what was told"),
        Figure(name="outage_in_doubt", value=truth.in_doubt, unit=unit, note="left to a person"),
        Figure(name="outage_unconfirmed", value=truth.unconfirmed, unit=unit, note="done by the broker's word alone"),
        Figure(
            name="outage_blind_unconfirmed",
            value=truth.blind_unconfirmed,
            unit=unit,
            note=f"of {blind} to devices that tell nothing, which nobody can confirm",
        ),
        Figure(name="outage_recovery_s", value=truth.recovery_s, unit="s", note="from the broker's return"),
    )


async def drill(outage_s: float, commands: int = COMMANDS, *, frozen: bool = False) -> OutageTruth:
    """Send commands at a steady pace, kill the broker among them and bring it back.

    :param frozen: it is stopped as it is and goes on later, as behind a cable that was pulled: what it was sent
        meanwhile it does then.
    """
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(log_file=Path(folder) / "broker.log")
        await broker.open()
        devices = OutageDevices(broker.port)
        try:
            await asyncio.to_thread(devices.listening.wait, 10)
            settings = BrokerSettings(port=broker.port, connect_s=2.0)
            make = lambda catalogue, state: (MqttBinding({"default": settings}, catalogue, state),)  # noqa: E731
            async with bench_system(MANIFEST, make) as system:
                return await _Drill(system, broker, devices, outage_s, commands, frozen=frozen).run()
        finally:
            devices.close()
            await broker.close()


class _Drill:
    def __init__(
        self,
        system: BenchSystem,
        broker: Broker,
        devices: OutageDevices,
        outage_s: float,
        commands: int,
        *,
        frozen: bool,
    ) -> None:
        self._system = system
        self._broker = broker
        self._devices = devices
        self._outage_s = outage_s
        self._commands = commands
        self._frozen = frozen

    async def run(self) -> OutageTruth:
        total = self._commands + self._commands // (BLIND_EVERY - 1)
        codes = [await self._system.verify(_source(number)) for number in range(total)]
        outage = asyncio.create_task(self._outage())
        pause_s = (BEFORE_S + self._outage_s + AFTER_S) / total
        pending = []
        for number, code in enumerate(codes):
            pending.append(asyncio.create_task(self._one(number, code)))
            await asyncio.sleep(pause_s)
        back_at_s = await outage
        await asyncio.wait(pending, timeout=180)
        for task in pending:
            task.cancel()
        ended = tuple(
            task.result() if task.done() and not task.cancelled() else EndedCommand(number, _kind(number), 0, 0, None)
            for number, task in enumerate(pending)
        )
        await asyncio.gather(*pending, return_exceptions=True)
        return self._truth(ended, back_at_s)

    async def _outage(self) -> float:
        await asyncio.sleep(BEFORE_S)
        assert self._broker.pid is not None
        if self._frozen:
            os.kill(self._broker.pid, signal.SIGSTOP)
            await asyncio.sleep(self._outage_s)
            os.kill(self._broker.pid, signal.SIGCONT)
            return time.monotonic()
        os.kill(self._broker.pid, signal.SIGKILL)
        await self._broker.close()
        await asyncio.sleep(self._outage_s)
        await self._broker.open()
        return time.monotonic()

    async def _one(self, number: int, code: VerifiedCode) -> EndedCommand:
        asked_at_s = time.monotonic()
        result = await self._system.run(code)
        outcome = None
        if result.calls:
            outcome = result.calls[-1].outcome
            asked_at_s = time.monotonic() - (time.time() - id_time_s(result.calls[-1].call.call_id))
        return EndedCommand(number, _kind(number), asked_at_s, time.monotonic(), outcome)

    def _truth(self, ended: tuple[EndedCommand, ...], back_at_s: float) -> OutageTruth:
        came = Counter(number for number, _ in self._devices.done)
        first_s = dict(reversed(self._devices.done))
        pulses = [one for one in ended if one.kind == "pulse"]
        known = [(one.kind == "blind", one.outcome) for one in ended if one.outcome is not None]
        by_word = [
            blind for blind, outcome in known if outcome.ok and outcome.confirmation is not Confirmation.CONFIRMED
        ]
        return OutageTruth(
            ended=ended,
            unaccounted=sum(1 for one in ended if one.outcome is None),
            late=sum(1 for one in pulses if first_s.get(one.number, 0.0) > one.asked_at_s + EXPIRES_S + ARRIVES_S),
            doubled=sum(1 for one in pulses if came[one.number] > 1),
            untrue=sum(1 for one in ended if _is_untrue(one, came[one.number])),
            in_doubt=sum(1 for blind, outcome in known if outcome.status is Status.IN_DOUBT and not blind),
            unconfirmed=by_word.count(False),
            blind_unconfirmed=by_word.count(True),
            recovery_s=min(
                (at_s - back_at_s for _, at_s in self._devices.done if at_s > back_at_s), default=float("inf")
            ),
        )


def _is_untrue(one: EndedCommand, came: int) -> bool:
    """Whether it was told done and never came, or told not done and came."""
    outcome = one.outcome
    if outcome is None:
        return False
    if outcome.status is Status.SUCCEEDED:
        # what a broker took and lost is not known of a device that tells nothing: that is why it is unconfirmed
        return came == 0 and one.kind != "blind"
    return outcome.status in (Status.EXPIRED, Status.UNAVAILABLE, Status.FAILED) and came > 0 and one.kind == "pulse"


def _kind(number: int) -> str:
    if number % BLIND_EVERY == BLIND_EVERY - 1:
        return "blind"
    return "set" if number % 2 == 0 else "pulse"


def _source(number: int) -> str:
    kind = _kind(number)
    return f'outage_{kind}(device="{kind}{number}", number={number})\n'
