"""How fast the embedded simulator is, how soon it is there, and whether it repeats itself."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from taskmatrix_ros.app.processes.child_process import ChildProcess
from taskmatrix_ros.app.processes.ros_domain import free_domain
from taskmatrix_ros.bench.figure import Figure
from taskmatrix_ros.bench.options import BenchOptions
from taskmatrix_ros.bench.sim_listener import SimListener, pace
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext
from taskmatrix_ros.sim.mujoco.physics_only import physics_only

if TYPE_CHECKING:
    from taskmatrix_ros.sim.mujoco.simulator import Simulator

STARTS = 3
LISTEN_S = 8.0
SCRIPT_S = 30.0
"""Simulated."""
CAMERA_HZ = 5.0
CAMERA_SIZE = "320x240"
_FIRST_WITHIN_S = 30.0
_WORLD = ("-m", "taskmatrix_ros.sim.mujoco.process", "--world", "home")

Announce = Callable[[str], None]


async def measure(announce: Announce, options: BenchOptions) -> Sequence[Figure]:
    """Take the figures. The simulator is the process that ``up`` starts, held on one core; a listener is beside it."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    async with AsyncExitStack() as stack:
        logs = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmatrix-bench-")))
        ros = RosContext()
        ros.open()
        stack.callback(ros.close)
        thread = NodeThread(ros, "bench_sim")
        thread.open()
        stack.callback(thread.close)
        announce(f"{STARTS} starts, until the first odometry is heard")
        starts = [await _start_s(thread, logs, options.seed) for _ in range(STARTS)]
        announce("odometry and scan, as fast as it goes")
        bare = _bare_rtf(options.seed)
        no_camera = await _rtf(thread, logs, options.seed, camera=False)
        announce(f"with the camera, {CAMERA_SIZE} at {CAMERA_HZ:g} Hz")
        with_camera = await _rtf(thread, logs, options.seed, camera=True)
    announce("a script of commands, twice")
    first, second = _play_script(options.seed), _play_script(options.seed)
    return [
        Figure(
            name="rtf_no_camera",
            value=no_camera,
            unit="simulated s per s",
            baseline=bare,
            note="heard over ROS, the simulator on one core; baseline: bare mj_step of the same model",
        ),
        Figure(
            name="rtf_camera",
            value=with_camera,
            unit="simulated s per s",
            note=f"the speed at which each picture of {CAMERA_SIZE} at {CAMERA_HZ:g} Hz is still drawn, in software",
        ),
        Figure(
            name="start_s", value=statistics.median(starts), unit="s", note="process started to first odometry heard"
        ),
        Figure(
            name="determinism_error",
            value=float(np.max(np.abs(first - second))),
            unit="largest difference of a state variable",
            note=f"{SCRIPT_S:g} s of commands by simulated time, twice from one seed; {first.size} variables",
        ),
    ]


async def _start_s(thread: NodeThread, logs: Path, seed: int) -> float:
    listener = SimListener(thread, camera=False)
    began = time.monotonic()
    simulator = _simulator(logs, seed, "--speed", "1")
    try:
        await asyncio.gather(simulator.open(), asyncio.to_thread(_first, listener))
        return listener.odometry[0].wall_s - began
    finally:
        await simulator.close()
        listener.close()


async def _rtf(thread: NodeThread, logs: Path, seed: int, *, camera: bool) -> float:
    """Give the pace that was heard; with the camera, the pace at which its pictures came, if that is less."""
    extra = ("--camera-size", CAMERA_SIZE, "--camera-hz", str(CAMERA_HZ)) if camera else ()
    listener = SimListener(thread, camera=camera)
    simulator = _simulator(logs, seed, "--speed", "0", *extra)
    try:
        await simulator.open()
        if simulator.pid is not None:
            _hold_on_one_core(simulator.pid)
        await asyncio.to_thread(_first, listener)
        await asyncio.sleep(LISTEN_S)
    finally:
        await simulator.close()
        listener.close()
    if not camera:
        return pace(listener.odometry)
    if len(listener.pictures) < 2:
        raise ConfigError(f"bench: no pictures came; see what MUJOCO_GL=egl needs in {logs}")
    wall_s = listener.pictures[-1].wall_s - listener.pictures[0].wall_s
    return min(pace(listener.odometry), (len(listener.pictures) - 1) / CAMERA_HZ / wall_s)


def _first(listener: SimListener) -> None:
    if not listener.wait(_FIRST_WITHIN_S):
        raise ConfigError(f"bench: no odometry was heard within {_FIRST_WITHIN_S:g} s")


def _simulator(logs: Path, seed: int, *arguments: str) -> ChildProcess:
    return ChildProcess("simulator", (sys.executable, *_WORLD, "--seed", str(seed), *arguments), logs)


def _hold_on_one_core(pid: int) -> None:
    """Every thread of it, those that exist; later ones inherit."""
    core = max(os.sched_getaffinity(0))
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def _home(seed: int) -> Simulator:
    """Build the home in this process, which draws nothing."""
    with physics_only():
        from taskmatrix_ros.sim.mujoco.launcher import build_simulator
    return build_simulator("home", seed=seed).simulator


def _bare_rtf(seed: int) -> float:
    simulator = _home(seed)
    import mujoco

    model, data = simulator.model, simulator.data
    steps = round(10.0 / model.opt.timestep)
    began = time.perf_counter()
    mujoco.mj_step(model, data, steps)
    return 10.0 / (time.perf_counter() - began)


def _play_script(seed: int) -> np.ndarray:
    """Drive, lift and grip by simulated time, noise and all. :returns: everything that decides what happens next."""
    simulator = _home(seed)
    by = np.random.default_rng(seed)
    while simulator.time_s < SCRIPT_S:
        simulator.set_velocity(float(by.uniform(-0.2, 0.5)), float(by.uniform(-1.0, 1.0)))
        simulator.set_position("lift/command", float(by.uniform(0.0, 0.6)))
        simulator.set_position("gripper/command", float(by.uniform(0.0, 0.06)))
        for lidar in simulator.lidars:
            lidar.scan(simulator.data)
        simulator.run_until(simulator.time_s + 0.3)
    odometry = simulator.odometry
    return np.concatenate([simulator.state_vector(), [odometry.x_m, odometry.y_m, odometry.yaw_rad]])
