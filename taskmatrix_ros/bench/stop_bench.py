"""How fast a stop reaches a driving robot, also in bad moments; and that it holds until it is rearmed."""

from __future__ import annotations

import math
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.stop_drill import AWKWARD, StopDrill
from taskmatrix_ros.bench.stop_watch import Stopping

STOPS = 20
BAD_STOPS = 5
SPEED = 1.0
BLOCKED_S = "4"
ALL = ("MqttBinding", "Ros2Binding")


@dataclass
class _Taken:
    """What was seen so far. ``told``: stops after which every binding that can had answered."""

    stops: dict[str, list[Stopping]] = field(default_factory=dict)
    told: int = 0
    faults: list[str] = field(default_factory=list)
    only_marked: int = 0

    def add(self, moment: str, stopping: Stopping, told: Sequence[str]) -> None:
        self.stops.setdefault(moment, []).append(stopping)
        self.told += stopping.told == tuple(told)


async def measure(announce: Callable[[str], None], _options: BenchOptions) -> Sequence[Figure]:
    """Stop a robot that drives, in one bad moment after the other.

    :raises ConfigError: a process does not come up.
    :raises CallUnavailable: a moment does not come about, or a stop is not answered.
    """
    taken = _Taken()
    with tempfile.TemporaryDirectory(prefix="taskmatrix-stop-") as folder:
        async with StopDrill(Path(folder), speed=SPEED, announce=announce) as drill:
            async with drill.node():
                announce(f"{STOPS} stops while driving")
                await _often(drill, taken, "driving", STOPS)
                for moment in ("computing", "inactive"):
                    announce(f"{BAD_STOPS} stops while driving and {moment}")
                    await _often(drill, taken, moment, BAD_STOPS)
                announce("kill -9 right after a stop")
                await _killed(drill, taken, "driving")
            announce(f"{BAD_STOPS} stops and kill -9 while the loop is blocked")
            for _ in range(BAD_STOPS):
                async with drill.node(AWKWARD, "--hold-s", BLOCKED_S):
                    await _killed(drill, taken, "blocked")
            async with drill.node(AWKWARD, "--hang"):
                announce(f"{BAD_STOPS} stops while a binding hangs")
                await _often(drill, taken, "driving", BAD_STOPS, called="hanging", told=ALL[1:])
    return _figures(taken)


async def _often(
    drill: StopDrill, taken: _Taken, moment: str, times: int, *, called: str = "", told: Sequence[str] = ALL
) -> None:
    for _ in range(times):
        await getattr(drill, moment)()
        taken.add(called or moment, await drill.stop(), told)
        if moment == "inactive":
            await drill.activate()
        await _check(drill, taken, called or moment)


async def _killed(drill: StopDrill, taken: _Taken, moment: str) -> None:
    await getattr(drill, moment)()
    stopping = await drill.stop()
    taken.only_marked += not await drill.kill_and_restart()
    taken.add(f"{moment}, killed", stopping, ALL if moment == "driving" else ("Awkward", *ALL[1:]))
    await _check(drill, taken, f"{moment}, killed")


async def _check(drill: StopDrill, taken: _Taken, moment: str) -> None:
    taken.faults += [f"{moment}: {fault}" for fault in await drill.faults_until_rearm()]
    await drill.rearm()


def _figures(taken: _Taken) -> list[Figure]:
    everyone = [stopping for stops in taken.stops.values() for stopping in stops]
    driving = taken.stops["driving"]
    zeros = sorted(stopping.first_zero_ms for stopping in driving)
    fastest = max(stopping.speed_m_s for stopping in everyone)
    figures = [
        Figure(
            name="first_zero_ms",
            value=zeros[math.ceil(0.95 * len(zeros)) - 1],
            unit="ms",
            note=f"p95 of {len(zeros)}, median {statistics.median(zeros):.1f}, slowest {zeros[-1]:.1f}; wall time from "
            "the request to the first zero command on the topic",
        ),
        Figure(
            name="standing_s",
            value=max(stopping.standing_s for stopping in everyone),
            unit="s",
            note=f"slowest of {len(everyone)}, simulated, at up to {fastest:.2f} m/s",
        ),
    ]
    for moment, stops in taken.stops.items():
        if moment != "driving":
            name = f"first_zero_{moment.replace(', ', '_')}_ms"
            slowest = max(stopping.first_zero_ms for stopping in stops)
            figures.append(Figure(name=name, value=slowest, unit="ms", note=f"slowest of {len(stops)}"))
    return [
        *figures,
        Figure(
            name="told",
            value=taken.told / len(everyone),
            unit="ratio",
            note=f"of {len(everyone)} stops, those after which every binding had answered that does not hang by design",
        ),
        Figure(
            name="moved_before_rearm",
            value=len(taken.faults),
            unit="count",
            note="; ".join(taken.faults)
            or f"instructions and a goal past the node, after each stop; {taken.only_marked} restarts found the stop "
            "beside the journal only",
        ),
    ]
