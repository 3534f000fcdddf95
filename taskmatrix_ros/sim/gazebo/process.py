"""The Gazebo adapter as a process: ``python -m taskmatrix_ros.sim.gazebo.process --world home --start``."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.program import end_signal, run_program
from taskmatrix_ros.sim.gazebo import commands
from taskmatrix_ros.sim.gazebo.bridge_file import bridge_for, load_bridge, write_bridge
from taskmatrix_ros.sim.gazebo.world_copy import write_world_copy
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.worlds.home_map import HomeMap, load_home_map
from taskmatrix_ros.sim.worlds.locations import map_file, model_folders, placement_file, world_file
from taskmatrix_ros.sim.worlds.placement import load_placement

_NODE = "gazebo_adapter"


def parser() -> argparse.ArgumentParser:
    """Command line of the process."""
    result = argparse.ArgumentParser(
        prog="taskmatrix-gazebo", description="Offer Gazebo's robot as the driver contract wants it; start Gazebo too."
    )
    result.add_argument("--world", default="home", help="name of a world in sim/worlds, or an SDF file")
    result.add_argument("--namespace", default="", help="ROS namespace of the robot's topics")
    result.add_argument("--patience", type=float, default=90.0, metavar="S", help="wall seconds until Gazebo is there")
    what = result.add_argument_group("with --start, how Gazebo and its bridge are started")
    what.add_argument("--start", action="store_true", help="start them; without it they are somebody else's")
    what.add_argument("--seed", type=int, help="moves the objects; without it, as in the world")
    what.add_argument("--speed", type=float, default=1.0, help="simulated per wall seconds that Gazebo aims at")
    what.add_argument("--render-engine", choices=commands.ENGINES, default="ogre2", help="none: no camera, no scans")
    what.add_argument("--gui", action="store_true", help="show the world in a window")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM.

    :param argv: arguments without the program's name; ROS arguments (``--ros-args …``) may follow.
    :returns: 0 after a signal, 1 if Gazebo ended or did not come up, 2 for wrong arguments or settings, 4 if something
        is not installed.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    return run_program(parser(), _run, argv, name="gazebo", remedy=commands.INSTALL)


def _run(options: argparse.Namespace, ros_arguments: Sequence[str]) -> int:
    if options.speed <= 0:
        raise ConfigError(f"gazebo: speed {options.speed:g} is not above 0; 1 is real time")
    world, home = read_world(options.world, options.seed)
    ended = end_signal()
    with ExitStack() as stack:
        programs = _start(options, world, stack) if options.start else None

        from taskmatrix_ros.ros.node_thread import NodeThread
        from taskmatrix_ros.ros.ros_context import RosContext
        from taskmatrix_ros.sim.gazebo.gazebo_node import GazeboNode
        from taskmatrix_ros.sim.gazebo.gazebo_truth import GazeboTruth
        from taskmatrix_ros.sim.gazebo.world_control import WorldControl
        from taskmatrix_ros.sim.truth.recorder import Recorder

        context = RosContext(ros_arguments)
        context.open()
        stack.callback(context.close)
        thread = NodeThread(context, _NODE, namespace=options.namespace)
        node = thread.open()
        stack.callback(thread.close)
        truth = GazeboTruth(world)

        def make() -> GazeboNode:
            control = WorldControl(node, world.name)
            recorder = Recorder(truth, home, seed=options.seed, world=options.world)
            driver = GazeboNode(node, truth, recorder, control.run, contacts_type=contacts_type())
            driver.open()
            return driver

        driver = thread.post(make).result(timeout=20.0)
        began = time.monotonic()
        is_told = False
        while not ended.wait(0.2):
            if programs is not None and (said := programs.check()):
                sys.stderr.write(f"{said}\n")
                return 1
            if not is_told and driver.ready:
                is_told = True
                sys.stdout.write(
                    f"simulation ready: world {options.world} in Gazebo, seed {options.seed}, "
                    f"namespace {node.get_namespace()}\n"
                )
                sys.stdout.flush()
            if not is_told and time.monotonic() - began > options.patience:
                sys.stderr.write(
                    f"gazebo: nothing came up within {options.patience:g} s; the adapter still waits for "
                    f"{driver.waits_for()}; see whether Gazebo and ros_gz_bridge run\n"
                )
                return 1
    return 0


def read_world(name: str, seed: int | None) -> tuple[World, HomeMap]:
    """Read a world and its map, and let the seed place its objects as MuJoCo would.

    :raises ConfigError: an unknown world, a broken file.
    """
    world = SdfReader(*model_folders(name)).load_world(world_file(name))
    home = load_home_map(map_file(name))
    if seed is not None:
        world = load_placement(placement_file(name)).place(world, home, seed)
    return world, home


def prepare(world: World, folder: Path, *, speed: float, rendering: bool) -> tuple[Path, Path]:
    """Write what Gazebo and the bridge are started with. :returns: world file and bridge file."""
    copy = write_world_copy(world, folder, speed=speed, rendering=rendering)
    bridge = write_bridge(bridge_for(world.graspable, load_bridge()), folder / "gz_bridge.yaml")
    return copy, bridge


def contacts_type() -> Any:
    """Give the type of the bridge's contacts, or None where it is not installed."""
    with contextlib.suppress(ModuleNotFoundError):
        from ros_gz_interfaces.msg import Contacts

        return Contacts
    return None


def _start(options: argparse.Namespace, world: World, stack: ExitStack) -> Any:
    from taskmatrix_ros.sim.gazebo.gazebo_programs import GazeboPrograms

    commands.find_gazebo()
    bridge = commands.find_bridge()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taskmatrix-gazebo-")))
    copy, topics = prepare(world, folder, speed=options.speed, rendering=options.render_engine != "none")
    programs = GazeboPrograms(commands.environment(model_folders(options.world)))
    stack.callback(programs.close)
    programs.start("Gazebo", commands.server_command(copy, render_engine=options.render_engine))
    programs.start("ros_gz_bridge", commands.bridge_command(bridge, world.name, topics, options.namespace))
    if options.gui:
        programs.start("Gazebo's window", commands.gui_command(options.render_engine))
    return programs


if __name__ == "__main__":
    sys.exit(main())
