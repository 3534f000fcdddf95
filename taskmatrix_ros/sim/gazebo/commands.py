"""The command lines of Gazebo and of ros_gz_bridge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from taskmatrix_ros.core.errors import NotInstalled

INSTALL = (
    "install ROS 2 Jazzy's ros-jazzy-ros-gz and source /opt/ros/jazzy/setup.bash, or use the profile demo (MuJoCo)"
)
ENGINES = ("ogre2", "ogre", "none")
"""Render engines; ``none`` draws nothing: no pictures, no scans."""


def find_gazebo() -> str:
    """Give the program ``gz``. :raises NotInstalled: it is not on this machine; says what to do."""
    found = shutil.which("gz")
    if found is None:
        raise NotInstalled(f"gazebo: the program 'gz' is not installed; {INSTALL}")
    return found


def find_bridge() -> str:
    """Give ros_gz_bridge's ``parameter_bridge``. :raises NotInstalled: it is not on this machine; says what to do."""
    from ament_index_python.packages import get_package_prefix

    try:
        program = Path(get_package_prefix("ros_gz_bridge"), "lib", "ros_gz_bridge", "parameter_bridge")
    except LookupError as error:
        raise NotInstalled(f"gazebo: the ROS package ros_gz_bridge is not installed; {INSTALL}") from error
    return str(program)


def server_command(world_file: Path | str, *, render_engine: str = "ogre2", headless: bool = True) -> list[str]:
    """Start the server, paused: nothing moves before the gripper has let go of everything.

    :param headless: draw by EGL, without a screen; ``ogre2`` alone can.
    :source: gz-sim 8, ``gz sim --help``.
    """
    words = ["gz", "sim", "-s", "-v", "2"]
    if render_engine != "none":
        without_screen = ["--headless-rendering"] if headless and render_engine == "ogre2" else []
        words += [*without_screen, "--render-engine-server", render_engine]
    return [*words, str(world_file)]


def gui_command(render_engine: str = "ogre2") -> list[str]:
    """Start the window."""
    return ["gz", "sim", "-g", *([] if render_engine == "none" else ["--render-engine-gui", render_engine])]


def bridge_arguments(world_name: str) -> list[str]:
    """Give the bridge's own arguments: the service that pauses the world. Topics come from its file.

    With a topic here ros_gz_bridge would not read its file at all; a service does not count.

    :source: ros_gz_bridge (jazzy), ``src/parameter_bridge.cpp``, ``src/ros_gz_bridge.cpp``.
    """
    return [f"{control_service(world_name)}@ros_gz_interfaces/srv/ControlWorld"]


def bridge_command(program: str, world_name: str, config_file: Path, namespace: str) -> list[str]:
    """Start the bridge. :param namespace: of the robot; empty for none."""
    return [
        program,
        *bridge_arguments(world_name),
        "--ros-args",
        *("-p", f"config_file:={config_file}", "-p", f"subscription_heartbeat:={HEARTBEAT_MS}"),
        *("-r", "__node:=gz_bridge", "-r", f"__ns:={namespace or '/'}"),
    ]


HEARTBEAT_MS = 200
"""How often the bridge looks for listeners of lazy topics; its file is read after the first beat."""


def control_service(world_name: str) -> str:
    """Name of the service that pauses and steps a world."""
    return f"/world/{world_name}/control"


def environment(model_folders: Iterable[Path], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the variables that Gazebo, its window and its bridge need beside those there are.

    :param given: the environment to add to; by default the process's.
    """
    given = os.environ if given is None else given
    paths = [*map(str, model_folders), *filter(None, given.get("GZ_SIM_RESOURCE_PATH", "").split(os.pathsep))]
    variables = {"GZ_SIM_RESOURCE_PATH": os.pathsep.join(dict.fromkeys(paths))}
    if "GZ_PARTITION" not in given and (domain := given.get("ROS_DOMAIN_ID")):
        # Gazebo's own topics know no ROS domain: without this, two runs on one machine would command each other.
        variables["GZ_PARTITION"] = f"taskmatrix_{domain}"
    return variables
