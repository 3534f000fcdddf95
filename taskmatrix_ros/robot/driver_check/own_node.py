"""The driver check in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

from taskmatrix_ros.robot.driver_check.fault import Fault


def check_robot(
    namespace: str, robot: str, world: str, *, sim_time: bool, announce: Callable[[str], None]
) -> list[Fault]:
    """Open a node and hold the driver in a namespace against the contract; see :func:`.driver_check.check_driver`.

    :param robot: name in ``config/robot``, or a YAML file.
    :param world: the same in ``config/world``: its wall tags judge the camera; empty: none do.
    :param sim_time: whether ROS time comes from ``/clock``.
    :raises ConfigError: a description is absent or wrong.
    """
    from rclpy.parameter import Parameter

    from taskmatrix_ros.robot.description.robot_description import RobotDescription
    from taskmatrix_ros.robot.description.world_description import WorldDescription
    from taskmatrix_ros.robot.driver_check.driver_check import check_driver
    from taskmatrix_ros.ros.node_thread import NodeThread
    from taskmatrix_ros.ros.ros_context import RosContext

    described = RobotDescription.load(robot)
    tags = {tag.id: tag.size_m for tag in WorldDescription.load(world).wall_tags} if world else {}
    ros = RosContext()
    ros.open()
    thread = NodeThread(
        ros,
        "driver_check",
        namespace=namespace,
        parameters=[Parameter("use_sim_time", value=True)] if sim_time else [],
    )
    thread.open()
    try:
        return check_driver(thread, described, tags, announce)
    finally:
        thread.close()
        ros.close()
