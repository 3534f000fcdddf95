"""kill -9 at every commit of a run's journal; what is lost, doubled or ended wrongly after a restart."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from taskmatrix_ros.bench.crash_drill import CrashDrill, Verdict
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.core.errors import ConfigError

SPEED = 10.0


async def measure(announce: Callable[[str], None], _options: BenchOptions) -> Sequence[Figure]:
    """Kill the node at every commit, each time in a run of its own.

    :raises ConfigError: a process does not come up, or the run does not end well even if nobody kills it.
    """
    verdicts: list[Verdict] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="taskmatrix-crash-") as folder:
        async with CrashDrill(Path(folder), speed=SPEED, announce=announce) as drill:
            undisturbed = await drill.undisturbed()
            if undisturbed.faults:
                raise ConfigError(f"bench crash: the run fails undisturbed: {'; '.join(undisturbed.faults)}")
            points = drill.points()
            announce(f"{len(drill.commits)} commits, {len(points)} points")
            async for verdict in drill.killed_at(points):
                verdicts.append(verdict)
                announce(f"{len(verdicts)}/{len(points)} {_line(verdict)}")
    return _figures(verdicts, time.monotonic() - began)


def _line(verdict: Verdict) -> str:
    asked = f", asked {', '.join(verdict.asked)}" if verdict.asked else ""
    return f"{verdict.point}: {verdict.status}{asked}; {'; '.join(verdict.faults) or 'right'}"


def _figures(verdicts: Sequence[Verdict], took_s: float) -> list[Figure]:
    asked = sum(bool(verdict.asked) for verdict in verdicts)
    unconfirmed = sum(verdict.status == "unconfirmed" for verdict in verdicts)
    faults = "; ".join(f"{verdict.point}: {fault}" for verdict in verdicts for fault in verdict.faults)
    return [
        Figure(
            name="points",
            value=len(verdicts),
            unit="count",
            note="before and after each entry of a run of ten calls; synchronous=NORMAL, FULL for begin_call "
            f"of what cannot be repeated; ends of what can be go with the next entry; {took_s:.0f} s in all",
        ),
        Figure(name="lost", value=sum(len(verdict.lost) for verdict in verdicts), unit="count"),
        Figure(name="doubled", value=sum(len(verdict.doubled) for verdict in verdicts), unit="count"),
        Figure(name="wrong_end", value=sum(bool(verdict.wrong) for verdict in verdicts), unit="count", note=faults),
        Figure(
            name="asked",
            value=asked,
            unit="count",
            note=f"points at which a person was asked about a call in doubt; {unconfirmed} of them ended unconfirmed "
            "by the person's word, the others were repeated",
        ),
    ]
