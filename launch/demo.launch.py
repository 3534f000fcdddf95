"""The demo under ``ros2 launch``: simulated home, devices, skills and node, one scenario, judged by the world."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument("scenario", default_value="fetch", description="a scenario of sim/scenarios"),
            DeclareLaunchArgument("seed", default_value="1", description="moves the objects about the home"),
            DeclareLaunchArgument("speed", default_value="2.0", description="simulated seconds per second"),
            Node(
                package="taskmatrix_ros",
                executable="taskmatrix",
                name="taskmatrix_demo",
                arguments=[
                    "demo",
                    *("--scenario", LaunchConfiguration("scenario")),
                    *("--seed", LaunchConfiguration("seed")),
                    *("--speed", LaunchConfiguration("speed")),
                ],
                output="screen",
                emulate_tty=True,
            ),
        ]
    )
