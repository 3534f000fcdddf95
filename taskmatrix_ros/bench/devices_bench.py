"""What devices cost: a burst of states over MQTT, and a large home taken over from Home Assistant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.home_load import measure_home_load
from taskmatrix_ros.bench.options import BenchOptions


async def measure(announce: Callable[[str], None], options: BenchOptions) -> Sequence[Figure]:  # noqa: ARG001
    """Take the figures of issue 7."""
    return await measure_home_load(announce)
