"""The simulator as a process: ``python -m taskmatrix_ros.sim.process --world home --seed 1 --speed 2``."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.parent_death import die_with_parent

_NODE = "simulator"
_REMEDIES = {
    "mujoco": "pip install mujoco, or run scripts/setup",
    "rclpy": "source a ROS 2 installation, or run scripts/setup",
}


def parser() -> argparse.ArgumentParser:
    """Command line of the process."""
    result = argparse.ArgumentParser(prog="taskmatrix-sim", description="Simulate a home and its robot with MuJoCo.")
    result.add_argument("--world", default="home", help="name of a world in sim/worlds, or an SDF file")
    result.add_argument("--seed", type=int, help="moves the objects, draws the noise; without it, as in the world")
    result.add_argument("--speed", type=float, default=1.0, help="simulated per wall seconds; 0: as fast as possible")
    result.add_argument("--namespace", default="", help="ROS namespace of the robot's topics")
    result.add_argument("--camera-size", default="", metavar="WxH", help="pixels of the camera, as 640x480")
    result.add_argument("--camera-hz", type=float, default=0.0, help="pictures per simulated second")
    result.add_argument("--odometry-noise", type=float, default=1.0, help="factor on the wheels' errors; 0: none")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM.

    :param argv: arguments without the program's name; ROS arguments (``--ros-args …``) may follow.
    :returns: 0 after a signal, 1 if physics failed, 2 for wrong arguments or settings, 4 if MuJoCo or ROS is absent.
    """
    arguments, ros_arguments = _split(sys.argv[1:] if argv is None else argv)
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("OpenGL").setLevel(logging.WARNING)
    try:
        options = parser().parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return _run(options, ros_arguments)
    except ConfigError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    except ModuleNotFoundError as error:
        remedy = _REMEDIES.get(str(error.name).partition(".")[0])
        if remedy is None:
            raise
        sys.stderr.write(f"simulation: {error.name} is not installed; {remedy}\n")
        return 4


def _run(options: argparse.Namespace, ros_arguments: Sequence[str]) -> int:
    # `import mujoco` fails where the drawing library that MUJOCO_GL names is absent; physics must not depend on it.
    os.environ.setdefault("TASKMATRIX_SIM_GL", os.environ.get("MUJOCO_GL") or "egl")
    os.environ["MUJOCO_GL"] = "disable"
    from taskmatrix_ros.sim.launcher import build_simulator

    if options.speed < 0:
        raise ConfigError(f"simulation: speed {options.speed:g} is negative; 0 runs as fast as possible")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    built = build_simulator(
        options.world,
        seed=options.seed,
        camera_size=options.camera_size,
        camera_hz=options.camera_hz,
        odometry_noise=options.odometry_noise,
    )

    from taskmatrix_ros.ros.node_thread import NodeThread
    from taskmatrix_ros.ros.ros_context import RosContext
    from taskmatrix_ros.sim.mujoco_node import MujocoNode
    from taskmatrix_ros.sim.pacer import Pacer

    with ExitStack() as stack:
        context = RosContext(ros_arguments)
        context.open()
        stack.callback(context.close)
        thread = NodeThread(context, _NODE, namespace=options.namespace)
        node = thread.open()
        stack.callback(thread.close)
        pacer = Pacer(built.simulator, speed=options.speed)
        driver = MujocoNode(node, built.simulator, pacer, built.recorder)
        driver.open()
        stack.callback(driver.close)
        pacer.open()
        stack.callback(pacer.close)
        sys.stdout.write(
            f"simulation ready: world {options.world}, seed {options.seed}, speed {options.speed:g}, "
            f"namespace {node.get_namespace()}\n"
        )
        sys.stdout.flush()
        while not ended.wait(0.2):
            if pacer.failed is not None:
                sys.stderr.write(f"{pacer.failed}\n")
                return 1
    return 0


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    words = list(arguments)
    if "--ros-args" not in words:
        return words, []
    at = words.index("--ros-args")
    return words[:at], words[at:]


if __name__ == "__main__":
    sys.exit(main())
