from __future__ import annotations

import math
import threading
import time

import pytest

pytest.importorskip("mujoco")

from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.pacer import Pacer
from taskmatrix_ros.sim.mujoco.simulator import SimulationError

pytestmark = pytest.mark.mujoco


def reached(pacer: Pacer, simulator, time_s: float) -> None:
    deadline = time.monotonic() + 60
    while simulator.time_s < time_s:
        assert pacer.failed is None
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_runs_holds_and_ends() -> None:
    simulator = build_simulator("home").simulator
    pacer = Pacer(simulator, speed=5.0)
    pacer.open()
    try:
        reached(pacer, simulator, 0.5)
        pacer.pause(True)
        assert pacer.paused
        assert pacer.between_steps(lambda: None, 60)  # the step that was under way has ended
        before = simulator.time_s
        held = threading.Event()
        simulator.every(0.0, held.set)
        assert not held.wait(0.3)
        assert simulator.time_s == before
        pacer.pause(False)
        reached(pacer, simulator, before + 0.5)
    finally:
        pacer.close()
    end = simulator.time_s
    time.sleep(0.05)
    assert simulator.time_s == end


def test_never_runs_ahead_of_its_speed() -> None:
    simulator = build_simulator("home").simulator
    pacer = Pacer(simulator, speed=2.0)
    start = time.monotonic()
    pacer.open()
    try:
        reached(pacer, simulator, 1.0)
    finally:
        pacer.close()
    assert simulator.time_s <= 2.0 * (time.monotonic() - start) + 0.05


def test_tells_what_ended_it() -> None:
    simulator = build_simulator("home").simulator
    simulator.data.qpos[0] = float("nan")
    pacer = Pacer(simulator, speed=0.0)
    pacer.open()
    deadline = time.monotonic() + 60
    while pacer.failed is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    pacer.close()
    assert isinstance(pacer.failed, SimulationError)


def test_waits_for_whoever_listens() -> None:
    simulator = build_simulator("home").simulator
    pacer = Pacer(simulator, speed=0.0)
    waiting = threading.Event()
    pacer.run_until(0.5, waiting.set)
    pacer.open()
    try:
        reached(pacer, simulator, 0.5)
        assert waiting.wait(60)
        assert simulator.time_s == pytest.approx(0.5)
        assert pacer.between_steps(lambda: None, 60), "somebody may still ask for something"
        pacer.run_until(0.8)
        reached(pacer, simulator, 0.8)
        pacer.run_until(math.inf)
        reached(pacer, simulator, 1.5)
    finally:
        pacer.close()
