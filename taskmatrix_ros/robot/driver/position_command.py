"""Sending a lift or a gripper to a position, in the way its driver understands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from builtin_interfaces.msg import Duration
from rclpy.action import ActionClient
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from taskmatrix_ros.robot.description.robot_description import GripperInterface, LiftInterface, RobotDescription
from taskmatrix_ros.robot.driver.optional_type import optional_type

_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_SHORTEST_S = 0.1
_SERVER_WALL_S, _POLL_WALL_S = 3.0, 0.02


class PositionCommand(Protocol):
    """A command that the newest replaces; whether it was obeyed is read from ``joint_states``."""

    def send(self, position_m: float) -> None:
        """Go there. Thread-safe; waits for nothing but the first discovery of an action's server.

        :param position_m: of the joint, within its limits.
        """


class Float64Command:
    """A ``std_msgs/Float64`` topic: the driver contract's own way."""

    def __init__(self, node: Node, topic: str) -> None:
        self._publisher = node.create_publisher(Float64, topic, _QOS)

    def send(self, position_m: float) -> None:
        """Go there."""
        self._publisher.publish(Float64(data=position_m))


class JointTrajectoryCommand:
    """A ``trajectory_msgs/JointTrajectory`` topic, as ros2_control's joint_trajectory_controller has it.

    :param speed_m_s: of the joint; the point is timed so that it need not move faster.
    :param where: where the joint is now; None while unknown.
    """

    def __init__(self, node: Node, topic: str, joint: str, speed_m_s: float, where: Callable[[], float | None]) -> None:
        self._publisher = node.create_publisher(JointTrajectory, topic, _QOS)
        self._joint, self._speed_m_s, self._where = joint, speed_m_s, where

    def send(self, position_m: float) -> None:
        """Go there."""
        self._publisher.publish(one_point(self._joint, position_m, self._where(), self._speed_m_s))


class FollowJointTrajectoryCommand:
    """The action ``control_msgs/FollowJointTrajectory``; a new goal replaces the one before.

    :raises NotInstalled: control_msgs is not on this machine.
    """

    def __init__(
        self, node: Node, action: str, joint: str, speed_m_s: float, where: Callable[[], float | None]
    ) -> None:
        self._type = optional_type(
            "control_msgs", "action", "FollowJointTrajectory", "interface.lift.kind follow_joint_trajectory"
        )
        self._node = node
        self._client = ActionClient(node, self._type, action)
        self._joint, self._speed_m_s, self._where = joint, speed_m_s, where

    def send(self, position_m: float) -> None:
        """Go there."""
        goal = self._type.Goal(trajectory=one_point(self._joint, position_m, self._where(), self._speed_m_s))
        send_goal(self._node, self._client, goal)


class GripperActionCommand:
    """The action ``control_msgs/GripperCommand``.

    :param ratio: of the action's position to a finger's way from the middle: 2 where it means the gap.
    :raises NotInstalled: control_msgs is not on this machine.
    """

    def __init__(self, node: Node, action: str, ratio: float, max_effort_n: float) -> None:
        self._type = optional_type("control_msgs", "action", "GripperCommand", "interface.gripper.kind gripper_command")
        self._node = node
        self._client = ActionClient(node, self._type, action)
        self._ratio, self._max_effort_n = ratio, max_effort_n

    def send(self, position_m: float) -> None:
        """Go there."""
        goal = self._type.Goal()
        goal.command.position, goal.command.max_effort = position_m * self._ratio, self._max_effort_n
        send_goal(self._node, self._client, goal)


def send_goal(node: Node, client: ActionClient, goal: Any) -> None:
    """Send a goal from any thread but the executor's, once its server was discovered.

    In the executor: an answer may be lost that comes before it is awaited.
    """
    until = time.monotonic() + _SERVER_WALL_S
    while not client.server_is_ready() and time.monotonic() < until:
        time.sleep(_POLL_WALL_S)
    executor = node.executor
    if not client.server_is_ready():
        node.get_logger().error(f"nobody offers an action that the robot's description names; the goal {goal} is lost")
    elif executor is not None and node.context.ok():
        executor.create_task(lambda: client.send_goal_async(goal))


def one_point(joint: str, position_m: float, from_m: float | None, speed_m_s: float) -> JointTrajectory:
    """Write a trajectory of one point, timed at no more than a speed.

    :param from_m: where the joint is; None where nobody knows, and then the time is the shortest.
    """
    way_m = 0.0 if from_m is None else abs(position_m - from_m)
    nanoseconds = round(max(way_m / speed_m_s, _SHORTEST_S) * 1e9)
    point = JointTrajectoryPoint(positions=[position_m])
    point.time_from_start = Duration(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)
    return JointTrajectory(joint_names=[joint], points=[point])


def lift_command(node: Node, robot: RobotDescription, where: Callable[[], float | None]) -> PositionCommand:
    """Give what moves a robot's lift. :raises NotInstalled: its messages are not on this machine."""
    interface: LiftInterface = robot.interface.lift
    lift = robot.lift
    match interface.kind:
        case "joint_trajectory":
            return JointTrajectoryCommand(node, interface.name, lift.joint, lift.max_speed_m_s, where)
        case "follow_joint_trajectory":
            return FollowJointTrajectoryCommand(node, interface.name, lift.joint, lift.max_speed_m_s, where)
        case _:
            return Float64Command(node, interface.name)


def gripper_command(node: Node, robot: RobotDescription) -> PositionCommand:
    """Give what moves a robot's fingers. :raises NotInstalled: its messages are not on this machine."""
    interface: GripperInterface = robot.interface.gripper
    if interface.kind == "gripper_command":
        ratio = 2.0 if interface.position == "gap" else 1.0
        return GripperActionCommand(node, interface.name, ratio, robot.gripper.max_force_n)
    return Float64Command(node, interface.name)
