"""A real robot: its skill server and the node of a profile, once for each robot by its namespace."""

import sys

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo, OpaqueFunction, Shutdown
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from taskmatrix_ros.app.processes.skill_arguments import SKILLS_MODULE, skill_arguments
from taskmatrix_ros.app.profile.settings import load_settings
from taskmatrix_ros.core.errors import ConfigError

ARGUMENTS = {
    "robot": "name of a robot in config/robot, or a YAML file",
    "world": "name of a map in config/world, or a YAML file",
    "initial_pose": "where it starts, as [x_m, y_m, yaw_rad]; without, it looks for wall tags",
}
"""Settings of the profile's skills that can be given at launch."""


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "profile", default_value="hardware.example", description="of config/, or a YAML file"
            ),
            DeclareLaunchArgument(
                "namespace",
                default_value="",
                description="of this robot, such as /anna: topics /anna/odom and so on, node /anna/taskmatrix",
            ),
            *(
                DeclareLaunchArgument(name, default_value="", description=f"{what}; empty: as the profile says")
                for name, what in ARGUMENTS.items()
            ),
            DeclareLaunchArgument("node", default_value="true", description="false: the skill server alone"),
            OpaqueFunction(function=_actions),
        ]
    )


def _actions(context):
    given = {name: LaunchConfiguration(name).perform(context) for name in ("profile", "namespace", "node", *ARGUMENTS)}
    sets = [f"processes.skills.{name}={given[name]}" for name in ARGUMENTS if given[name]]
    namespace = given["namespace"].rstrip("/")
    if namespace:
        namespace = f"/{namespace.lstrip('/')}"
        sets += [f"ros.robot_namespace={namespace}", f"ros.namespace={namespace}/taskmatrix"]
        sets.append(f"profile={given['profile'].rpartition('/')[2].partition('.')[0]}{namespace.replace('/', '-')}")
    try:
        settings = load_settings(given["profile"], sets)
        words = skill_arguments(settings)
    except ConfigError as error:
        return [LogInfo(msg=error.message), Shutdown(reason=error.message)]
    actions = [
        ExecuteProcess(
            cmd=[sys.executable, "-m", SKILLS_MODULE, *words],
            name="skill_server",
            output="screen",
            on_exit=Shutdown(reason="the skill server ended"),
        )
    ]
    if given["node"].lower() == "true":
        own = [word for text in (*sets, "processes.skills.start=false") for word in ("--set", text)]
        actions.append(
            Node(
                package="taskmatrix_ros",
                executable="taskmatrix",
                name="taskmatrix_up",
                arguments=["up", "--profile", given["profile"], *own],
                output="screen",
                emulate_tty=True,
                on_exit=Shutdown(reason="the node ended"),
            )
        )
    return actions
