"""Every measurement, by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.core.errors import ConfigError

Announce = Callable[[str], None]
"""Told in one line what is being measured."""

Bench = Callable[[Announce, BenchOptions], Coroutine[Any, Any, Sequence[Figure]]]

BENCHES = {
    "crash": "kill -9 at every boundary of the journal; what is lost, doubled or ended wrongly",
    "devices": "a burst of states over MQTT, a large Home Assistant taken over, commands while either is away",
    "executor": "what the executor adds to a call, an action and a hundred runs at once",
    "planner": "how right and how fast sentences become plans offline (--data DIR, --out DIR for what fails)",
    "rules": "what a rule adds to an event over MQTT, what a burst loses, and what many rules cost",
    "selector": "how fast, how fresh and how right APIs are found among a million (--apis N, --data DIR)",
    "sim": "how fast the embedded simulator is, how soon it is there, whether it repeats itself",
    "skills": "fetch-and-place tasks in generated homes, judged by truth (--tasks N, --seed S, --out DIR goes on)",
    "stop": "how fast a stop reaches a driving robot, also in the worst moments",
}
"""Name -> what it measures. ``bench/<name>_bench.py`` holds it, as ``measure``."""


def load_bench(name: str) -> Bench:
    """Give a measurement.

    :raises ConfigError: there is none of that name, or what it needs is not installed.
    """
    if name not in BENCHES:
        raise ConfigError(f"bench '{name}' is unknown; there are {', '.join(BENCHES)}")
    try:
        measure: Bench = importlib.import_module(f"taskmatrix_ros.bench.{name}_bench").measure
    except ImportError as error:
        raise ConfigError(f"bench {name} needs {error.name}; run scripts/setup, or source your ROS") from error
    return measure
