"""What a rule adds to an event: MQTT in, rule, MQTT out, beside a bare paho client that echoes on the same broker."""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from taskmatrix_ros.app.processes.broker import Broker
from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.bench import mqtt_echo
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.round_trips import RoundTrips
from taskmatrix_ros.bench.rules_kill import KillReport, kill_drill
from taskmatrix_ros.bench.rules_many import LOADED, SIMULATED_DAYS, SIMULATED_RULES, load_s, simulate_s

ROUNDS = 30
EVENTS = 50
WARM_UP = 50
BURST = 2000
BURSTS = 5
WATCHERS = 1000
PENDING_S = 20.0

ANY_CHANGE = "{kind: state, key: bench.sensor_level}"
STRAIGHT = 'bench_ring(tune="low")'
BRANCHING = 'tune = "low"\nfor loud in [1, 2, 3]:\n    if loud == 2 and tune == "low":\n        bench_ring(tune=tune)\n'
RISING = ()
TOGGLED = ("10.0", "500.0")
"""A value that is waited for, and one that is not."""


def rule(name: str, trigger: str, code: str) -> str:
    """Write one rule of the bench."""
    indented = "".join(f"      {line}\n" for line in code.splitlines())
    return (
        f"  - id: {name}\n    mode: parallel\n    bound: {BURST}\n    triggers: [{trigger}]\n"
        f"    action:\n     code: |\n{indented}"
    )


def watchers(count: int) -> Iterator[str]:
    """Write rules that all watch one sensor; only the first is concerned by what the bench publishes."""
    yield rule("waits_for_500", "{kind: state, key: bench.sensor_level, to: 500}", STRAIGHT)
    for number in range(1, count):
        bound = 1000 + number
        waited = f"to: {bound}" if number % 2 else f"above: {bound}"
        yield rule(f"watcher_{number}", f"{{kind: state, key: bench.sensor_level, {waited}}}", STRAIGHT)


async def measure(announce: Callable[[str], None], _options: BenchOptions) -> Sequence[Figure]:
    """Take the figures, one after the other."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmatrix-bench-")))
        place = Bench(folder, stack)
        await place.open()
        announce(f"{ROUNDS} rounds of {EVENTS} events, one at a time, through the rule and through the floor")
        async with place.home("straight", [rule("straight", ANY_CHANGE, STRAIGHT)]) as ours:
            figures = await place.latency("event", ours, RISING)
            announce(f"{BURSTS} bursts of {BURST} events")
            figures += await place.burst(ours)
        announce("code with branches, interpreted")
        async with place.home("code", [rule("branching", ANY_CHANGE, BRANCHING)]) as ours:
            figures.append((await place.latency("event_code", ours, RISING))[0])
        announce(f"{WATCHERS} rules that watch one sensor, and one")
        figures.append(await place.watchers())
        announce(f"kill -9 with a for and a wait of {PENDING_S:g} s, a queue and a cron moment in the downtime")
        figures += (await place.kill(PENDING_S)).figures()
    announce(f"{LOADED} rules taken up by a start")
    figures.append(await load_s(LOADED))
    announce(f"{SIMULATED_DAYS} days with {SIMULATED_RULES} rules, tried twice")
    figures.append(await asyncio.to_thread(simulate_s))
    return figures


class Bench:
    """A broker, the floor, and homes beside it."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._broker = Broker(log_file=folder / "logs" / "broker.log")
        self._floor: RoundTrips

    async def open(self) -> None:
        """Start broker and floor."""
        self._stack.push_async_callback(self._broker.close)
        await self._broker.open()
        echo = self._child("echo", "taskmatrix_ros.bench.mqtt_echo", "--port", str(self._broker.port))
        self._stack.push_async_callback(echo.close)
        await echo.open()
        self._floor = await asyncio.to_thread(
            RoundTrips, self._broker.port, mqtt_echo.EVENT_TOPIC, mqtt_echo.RING_TOPIC
        )
        self._stack.callback(self._floor.close)

    @asynccontextmanager
    async def home(self, name: str, rules: Sequence[str]) -> Any:
        """Start a home with these rules. :returns: who measures it."""
        folder = self._folder / name
        folder.mkdir()
        file = folder / "rules.yaml"
        file.write_text("rules:\n" + "".join(rules), encoding="utf-8")
        child = self._child(
            f"home-{name}",
            "taskmatrix_ros.bench.rules_home",
            *("--port", str(self._broker.port), "--folder", str(folder), "--rules", str(file)),
        )
        try:
            await child.open()
            ours = await asyncio.to_thread(RoundTrips, self._broker.port, "bench/event", "bench/ring")
            try:
                yield ours
            finally:
                ours.close()
        finally:
            await child.close()

    async def latency(self, name: str, ours: RoundTrips, payloads: tuple[str, ...]) -> list[Figure]:
        """Give median and 99th percentile, in turns with the floor's."""
        through, bare = await asyncio.to_thread(in_turns, ours, self._floor, payloads)
        note = f"{len(through)} events, one at a time; journal and audit log on; QoS 0 both ways"
        return [
            Figure(
                name=f"{name}_median_ratio" if name == "event" else f"{name}_ratio",
                value=statistics.median(through) * 1e3,
                unit="ms",
                baseline=statistics.median(bare) * 1e3,
                note=note,
            ),
            Figure(name=f"{name}_p99_ratio", value=p99(through) * 1e3, unit="ms", baseline=p99(bare) * 1e3, note=note),
        ]

    async def burst(self, ours: RoundTrips) -> list[Figure]:
        """Give what became of a burst, and how fast beside the floor."""
        through, bare = [], []
        for _ in range(BURSTS):
            bare.append(await asyncio.to_thread(self._floor.burst, BURST))
            through.append(await asyncio.to_thread(ours.burst, BURST))
        worst = max((count for count, _ in through), key=lambda count: abs(count - BURST))
        pairs = [
            [count / spent_s for count, spent_s in (ours_once, bare_once)]
            for ours_once, bare_once in zip(through, bare, strict=True)
        ]
        rates = sorted(pairs, key=lambda pair: pair[0] / pair[1])[BURSTS // 2]
        return [
            Figure(name="burst_delivered", value=worst, unit="messages", note=f"of {BURST}; the worst of {BURSTS}"),
            Figure(
                name="burst_rate_ratio",
                value=rates[0],
                unit="1/s",
                baseline=rates[1],
                note="the median of bursts, each beside one of the floor's",
            ),
        ]

    async def watchers(self) -> Figure:
        """Give what rules that are not concerned cost the one that is; each beside the floor of its time."""
        ratios, medians = [], []
        for name, count in (("one", 1), ("many", WATCHERS)):
            async with self.home(name, list(watchers(count))) as ours:
                through, bare = await asyncio.to_thread(in_turns, ours, self._floor, TOGGLED)
            medians.append(statistics.median(through) * 1e3)
            ratios.append(medians[-1] / statistics.median(bare))
        # The machine may have been slower for the one than for the other: so both are taken relative to the floor.
        alone = medians[1] * ratios[0] / ratios[1]
        note = f"{WATCHERS} rules on one sensor, of which one fires; baseline: that one alone"
        return Figure(name="watchers1000_ratio", value=medians[1], unit="ms", baseline=alone, note=note)

    async def kill(self, pending_s: float) -> KillReport:
        """Kill a home in the midst of what pends."""
        folder = self._folder / "killed"
        folder.mkdir()
        return await kill_drill(self._broker.port, folder, for_s=pending_s, wait_s=pending_s)

    def _child(self, name: str, module: str, *arguments: str) -> ChildProcess:
        return ChildProcess(name, (sys.executable, "-m", module, *arguments), self._folder / "logs")


def in_turns(ours: RoundTrips, floor: RoundTrips, payloads: tuple[str, ...]) -> tuple[list[float], list[float]]:
    """Time both, a round each in turns, so that whatever else the machine does slows both."""
    through: list[float] = []
    bare: list[float] = []
    ours.begin(payloads)
    floor.begin(payloads)
    ours.take(WARM_UP, payloads)
    floor.take(WARM_UP, payloads)
    for _ in range(ROUNDS):
        bare += floor.take(EVENTS, payloads)
        through += ours.take(EVENTS, payloads)
    return through, bare


def p99(values: Sequence[float]) -> float:
    """Give the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]
