"""What devices cost: a burst of states, a home taken over from Home Assistant, commands while a peer is away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmatrix_ros.bench.broker_outage import measure_outage
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.home_load import measure_home_load
from taskmatrix_ros.bench.home_outage import measure_home_outage
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.state_burst import measure_burst


async def measure(announce: Callable[[str], None], options: BenchOptions) -> Sequence[Figure]:  # noqa: ARG001
    """Take the figures of devices, those of each peer after the other's."""
    return (
        *await measure_burst(announce),
        *await measure_home_load(announce),
        *await measure_outage(announce),
        *await measure_home_outage(announce),
    )
