"""A profile under ``ros2 launch``: what it starts beside the node, and the node."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description():
    return LaunchDescription(
        [
            DeclareLaunchArgument("profile", default_value="demo", description="a profile of config/, or a YAML file"),
            Node(
                package="taskmatrix_ros",
                executable="taskmatrix",
                name="taskmatrix_up",
                arguments=["up", "--profile", LaunchConfiguration("profile")],
                output="screen",
                emulate_tty=True,
            ),
        ]
    )
