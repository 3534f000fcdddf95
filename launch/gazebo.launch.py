"""Gazebo Harmonic with a world of ours, its bridge and adapter, and skills and node of the profile ``gazebo``."""

import shutil
import sys
import tempfile
from pathlib import Path

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnShutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from taskmatrix_ros.app.profile.settings import load_settings, world_overrides
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.gazebo import commands
from taskmatrix_ros.sim.gazebo.process import prepare, read_world
from taskmatrix_ros.sim.worlds.locations import model_folders

ARGUMENTS = {
    "world": "name of a world in sim/worlds, or an SDF file",
    "seed": "moves the objects about the home",
    "speed": "simulated seconds per second that Gazebo aims at",
    "render_engine": "ogre2, ogre, or none: no camera and no scanner",
    "gui": "true shows Gazebo's window",
}
"""Settings of the profile's simulator that can be given at launch."""
OWN = ("profile", "perception", "headless", "skills")


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "profile", default_value="gazebo", description="a profile of config/, or a YAML file"
            ),
            *(
                DeclareLaunchArgument(name, default_value="", description=f"{what}; empty: as the profile says")
                for name, what in ARGUMENTS.items()
            ),
            DeclareLaunchArgument("perception", default_value="", description="tags, or poses: by Gazebo's poses"),
            DeclareLaunchArgument("headless", default_value="true", description="draw without a screen (EGL)"),
            DeclareLaunchArgument("skills", default_value="true", description="false: Gazebo and its topics alone"),
            OpaqueFunction(function=_actions),
        ]
    )


def _actions(context):
    try:
        return _start(context)
    except ConfigError as error:
        return [LogInfo(msg=error.message), Shutdown(reason=error.message)]


def _start(context):
    given = {name: LaunchConfiguration(name).perform(context) for name in (*OWN, *ARGUMENTS)}
    sets = [f"processes.simulator.{name}={given[name]}" for name in ARGUMENTS if given[name] and name != "world"]
    sets += world_overrides(given["world"]) if given["world"] else ()
    perception = given["perception"] or ("poses" if given["render_engine"] == "none" else "")
    if perception:
        sets.append(f"processes.skills.perception={perception}")
    settings = load_settings(given["profile"], sets)
    simulator = settings.processes.simulator
    if simulator is None or simulator.kind != "gazebo" or settings.ros is None:
        raise ConfigError(f"gazebo: profile '{given['profile']}' names no simulator of the kind gazebo")
    commands.find_gazebo()
    commands.find_bridge()
    world, _home = read_world(simulator.world, simulator.seed)
    folder = tempfile.mkdtemp(prefix="taskmatrix-gazebo-")
    rendering = simulator.render_engine != "none"
    copy, topics = prepare(world, Path(folder), speed=simulator.speed, rendering=rendering)
    variables = commands.environment(model_folders(simulator.world))
    namespace = settings.ros.robot_namespace
    headless = given["headless"].lower() == "true"
    actions = [
        RegisterEventHandler(OnShutdown(on_shutdown=lambda *_: shutil.rmtree(folder, ignore_errors=True))),
        ExecuteProcess(
            cmd=commands.server_command(copy, render_engine=simulator.render_engine, headless=headless),
            name="gazebo",
            additional_env=variables,
            output="screen",
            on_exit=Shutdown(reason="Gazebo ended"),
        ),
        Node(
            package="ros_gz_bridge",
            executable="parameter_bridge",
            name="gz_bridge",
            namespace=namespace or None,
            additional_env=variables,
            arguments=commands.bridge_arguments(world.name),
            parameters=[{"config_file": str(topics), "subscription_heartbeat": commands.HEARTBEAT_MS}],
            output="screen",
        ),
        ExecuteProcess(
            cmd=[
                *(sys.executable, "-m", "taskmatrix_ros.sim.gazebo.process", "--world", simulator.world),
                *("--seed", str(simulator.seed), "--namespace", namespace),
            ],
            name="gazebo_adapter",
            output="screen",
        ),
    ]
    if simulator.gui:
        actions.append(
            ExecuteProcess(
                cmd=commands.gui_command(simulator.render_engine), name="gazebo_window", additional_env=variables
            )
        )
    if given["skills"].lower() == "true":
        words = [word for text in (*sets, "processes.simulator.start=false") for word in ("--set", text)]
        actions.append(
            Node(
                package="taskmatrix_ros",
                executable="taskmatrix",
                name="taskmatrix_up",
                arguments=["up", "--profile", given["profile"], *words],
                output="screen",
                emulate_tty=True,
                on_exit=Shutdown(reason="the node ended"),
            )
        )
    return actions
