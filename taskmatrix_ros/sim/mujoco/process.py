"""The simulator as a process: ``python -m taskmatrix_ros.sim.mujoco.process --world home --seed 1 --speed 2``."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.program import end_signal, run_program

if TYPE_CHECKING:
    from taskmatrix_ros.sim.mujoco.launcher import BuiltSimulator
    from taskmatrix_ros.sim.mujoco.simulator import Simulator
    from taskmatrix_ros.sim.mujoco.viewer import Viewer

_NODE = "simulator"


def parser() -> argparse.ArgumentParser:
    """Command line of the process."""
    result = argparse.ArgumentParser(prog="taskmatrix-sim", description="Simulate a home and its robot with MuJoCo.")
    result.add_argument("--world", default="home", help="name of a world in sim/worlds, or an SDF file")
    result.add_argument("--seed", type=int, help="moves the objects, draws the noise; without it, as in the world")
    result.add_argument("--speed", type=float, default=1.0, help="simulated per wall seconds; 0: as fast as possible")
    result.add_argument("--namespace", default="", help="ROS namespace of the robot's topics")
    result.add_argument("--camera-size", default="", metavar="WxH", help="pixels of the camera, as 640x480")
    result.add_argument("--camera-hz", type=float, default=0.0, help="pictures per simulated second")
    result.add_argument("--record", type=Path, metavar="FILE.mp4", help="film the world from start to end")
    result.add_argument("--view", choices=("follow", "top"), default="follow", help="from where it is filmed")
    result.add_argument(
        "--films", type=Path, default=Path("artifacts"), metavar="FOLDER", help="of films that sim/record starts"
    )
    result.add_argument("--picture", type=Path, metavar="FILE.png", help="at the end, draw path and things from above")
    result.add_argument("--viewer", action="store_true", help="show the world in a window, where there is a screen")
    result.add_argument("--grasp", choices=("weld", "friction"), default="weld", help="what keeps a thing in the hand")
    result.add_argument("--grip-n", type=float, metavar="N", help="largest force of each finger; less lets things slip")
    result.add_argument("--odometry-noise", type=float, default=1.0, help="factor on the wheels' errors; 0: none")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM.

    :param argv: arguments without the program's name; ROS arguments (``--ros-args …``) may follow.
    :returns: 0 after a signal, 1 if physics failed, 2 for wrong arguments or settings, 4 if MuJoCo or ROS is absent.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("OpenGL").setLevel(logging.WARNING)
    remedy = "run scripts/setup, or source ROS 2 and pip install mujoco"
    return run_program(parser(), _run, argv, name="simulation", remedy=remedy)


def _run(options: argparse.Namespace, ros_arguments: Sequence[str]) -> int:
    # `import mujoco` fails where the drawing library that MUJOCO_GL names is absent; physics must not depend on it.
    os.environ.setdefault("TASKMATRIX_SIM_GL", os.environ.get("MUJOCO_GL") or "egl")
    os.environ["MUJOCO_GL"] = "disable"
    from taskmatrix_ros.sim.mujoco.launcher import build_simulator
    from taskmatrix_ros.sim.mujoco.simulator import Grasp

    if not 0 <= options.speed < math.inf:
        raise ConfigError(f"simulation: speed {options.speed:g} is not 0 or more; 0 runs as fast as possible")
    if options.picture is not None:
        _make_folder(options.picture)
    ended = end_signal()
    built = build_simulator(
        options.world,
        seed=options.seed,
        camera_size=options.camera_size,
        camera_hz=options.camera_hz,
        odometry_noise=options.odometry_noise,
        grasp=Grasp(options.grasp),
        grip_n=options.grip_n,
    )

    from taskmatrix_ros.ros.node_thread import NodeThread
    from taskmatrix_ros.ros.ros_context import RosContext
    from taskmatrix_ros.sim.mujoco.film_desk import FilmDesk
    from taskmatrix_ros.sim.mujoco.mujoco_node import MujocoNode
    from taskmatrix_ros.sim.mujoco.pacer import Pacer
    from taskmatrix_ros.sim.pictures.film_view import FilmView

    with ExitStack() as stack:
        pacer = Pacer(built.simulator, speed=options.speed)
        films = FilmDesk(built.simulator, pacer, options.films, FilmView(options.view))
        if options.picture is not None:
            stack.callback(_draw, built, options.picture)
        if options.record is not None:
            films.start(options.record)
        stack.callback(films.close)
        viewer = _open_viewer(built.simulator, stack) if options.viewer else None
        context = RosContext(ros_arguments)
        context.open()
        stack.callback(context.close)
        thread = NodeThread(context, _NODE, namespace=options.namespace)
        node = thread.open()
        stack.callback(thread.close)
        driver = MujocoNode(node, built.simulator, pacer, built.recorder, films)
        driver.open()
        stack.callback(driver.close)
        pacer.open()
        stack.callback(pacer.close)
        sys.stdout.write(
            f"simulation ready: world {options.world}, seed {options.seed}, speed {options.speed:g}, "
            f"namespace {node.get_namespace()}\n"
        )
        sys.stdout.flush()
        while not ended.wait(0.2) and not (viewer and viewer.closed):
            if pacer.failed is not None:
                sys.stderr.write(f"{pacer.failed}\n")
                return 1
    return 0


def _open_viewer(simulator: Simulator, stack: ExitStack) -> Viewer:
    from taskmatrix_ros.sim.mujoco.viewer import Viewer

    viewer = Viewer(simulator)
    viewer.open()
    stack.callback(viewer.close)
    return viewer


def _make_folder(picture: Path) -> None:
    """Find out at the start, not at the end, that a picture cannot be written."""
    try:
        picture.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"simulation: cannot write {picture}: {error.strerror}; choose another folder") from error


def _draw(built: BuiltSimulator, picture: Path) -> None:
    from taskmatrix_ros.sim.pictures.top_view import write_top_view

    world = built.simulator.world
    write_top_view(picture, world, built.home, built.recorder.snapshot(), f"{world.name}, seen from above")


if __name__ == "__main__":
    sys.exit(main())
