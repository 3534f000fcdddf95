"""What the executor adds: to one call, to an action goal, and to a hundred runs at once."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Sequence

from taskmatrix_ros.bench.action_pair import action_ratio
from taskmatrix_ros.bench.bench_system import BenchSystem, Echo, bench_system
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.outcome import Status
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.core.run import RunStatus
from taskmatrix_ros.registry.registry import Registry

MANIFEST = "executor.yaml"
CALLS = 150
ROUNDS = 30
RUNS = 100
SLOWEST = 3.0
"""A run that took longer than this times the median does not count as right."""


async def measure(announce: Callable[[str], None], _options: BenchOptions) -> Sequence[Figure]:
    """Take the figures, one after the other."""
    echo = Echo()
    async with bench_system(MANIFEST, lambda _catalogue, _state: (echo,)) as system:
        announce(f"the cost of a call: twice {ROUNDS} runs of {CALLS} calls")
        figures = [
            await _call_overhead(system, echo, "call_overhead_us", STRAIGHT, "one call after the other"),
            await _call_overhead(system, echo, "sandboxed_call_overhead_us", LOOP, "calls in a loop, interpreted"),
        ]
        announce(f"{RUNS} runs of ten calls at once")
        figures.append(await _parallel_runs(system))
    announce("pairs of a 50 ms goal, through the executor and bare")
    return (*figures, await action_ratio(MANIFEST))


STRAIGHT = "".join(f"bench_echo(number={number})\n" for number in range(CALLS))
LOOP = f"for number in range({CALLS}):\n    bench_echo(number=number)\n"


async def _call_overhead(system: BenchSystem, echo: Echo, name: str, source: str, what: str) -> Figure:
    """Give what one call of a run costs beyond the binding's own time: the time between two calls that do nothing."""
    code = await system.verify(source)
    spent, bare = [], []
    for _ in range(ROUNDS):
        echo.called_at_s.clear()
        result = await system.run(code)
        if result.status is not RunStatus.SUCCEEDED:
            raise RuntimeError(f"bench: a run ended {result.status.value}: {result.summary}")
        spent += [later - earlier for earlier, later in itertools.pairwise(echo.called_at_s)]
        bare.append(await _bare_call_s(echo))
    direct_s = statistics.median(bare)
    return Figure(
        name=name,
        value=(statistics.median(spent) - direct_s) * 1e6,
        unit="us",
        baseline=direct_s * 1e6,
        note=f"{what}; mean {(statistics.mean(spent) - direct_s) * 1e6:.0f}; journal in a file,"
        " synchronous=NORMAL (FULL before what cannot be repeated); audit log written",
    )


async def _bare_call_s(echo: Echo) -> float:
    registry = Registry()
    registry.load([resource(f"config/bench/{MANIFEST}")])
    document = registry.get("bench_echo")
    assert document is not None
    call = Call(run_id=new_id(), api="bench_echo", arguments={"number": 1}, deadline_s=10)
    began = time.perf_counter()
    for _ in range(CALLS):
        outcome = await echo.call(call, document, lambda _report: None)
        assert outcome.status is Status.SUCCEEDED
    return (time.perf_counter() - began) / CALLS


async def _parallel_runs(system: BenchSystem) -> Figure:
    code = await system.verify("for number in range(10):\n    bench_echo(number=number)\n")

    async def one() -> tuple[float, bool]:
        began = time.perf_counter()
        result = await system.run(code)
        right = result.status is RunStatus.SUCCEEDED and len(result.calls) == 10
        return time.perf_counter() - began, right

    ended = await asyncio.gather(*(one() for _ in range(RUNS)))
    limit_s = SLOWEST * statistics.median(spent for spent, _ in ended)
    right = sum(1 for spent, was_right in ended if was_right and spent <= limit_s)
    slowest = max(spent for spent, _ in ended) / statistics.median(spent for spent, _ in ended)
    return Figure(
        name="parallel_runs_ok", value=right, unit="runs", note=f"of {RUNS}; the slowest took {slowest:.2f} medians"
    )
