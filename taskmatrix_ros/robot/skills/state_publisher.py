"""``robot/state`` and ``localization/pose``: what the skill server knows of the robot from its own sensors."""

from __future__ import annotations

import math
from collections.abc import Callable

from geometry_msgs.msg import PoseWithCovarianceStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from taskmatrix_interfaces.msg import RobotState
from taskmatrix_ros.robot.driver.drive_gate import DriveGate
from taskmatrix_ros.robot.driver.messages import fill_pose, stamp
from taskmatrix_ros.robot.driver.robot_driver import RobotDriver
from taskmatrix_ros.robot.geometry.pose2 import wrap_angle
from taskmatrix_ros.robot.localization.localization import Estimate
from taskmatrix_ros.robot.skills.skill_parts import SkillParts

_QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
_UNKNOWN_ERROR_M = 1e3  # a message has no "unknown"; a kilometre says it


class StatePublisher:
    """Publishes at a steady wall rate, also while ``/clock`` stands.

    :param doing: name of the skill that runs, empty when idle.
    :param called: further names under which goals asked for an object or place, beside those of the map; readers
        compare with their own words.
    """

    def __init__(
        self,
        node: Node,
        parts: SkillParts,
        driver: RobotDriver,
        gate: DriveGate,
        *,
        doing: Callable[[], str],
        called: Callable[[str], tuple[str, ...]],
    ) -> None:
        self._parts = parts
        self._driver = driver
        self._gate = gate
        self._doing = doing
        self._called = called
        self._node = node
        self._state = node.create_publisher(RobotState, "robot/state", _QOS)
        self._pose = node.create_publisher(PoseWithCovarianceStamped, "localization/pose", _QOS)
        self._timer = node.create_timer(
            1.0 / parts.settings.state.rate_hz,
            self._publish,
            callback_group=MutuallyExclusiveCallbackGroup(),
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )

    def close(self) -> None:
        """Publish no more."""
        self._node.destroy_timer(self._timer)

    def message(self) -> RobotState:
        """Say how things stand now."""
        parts = self._parts
        message = RobotState()
        message.header.frame_id = parts.world.frame
        message.header.stamp = self._node.get_clock().now().to_msg()
        estimate = parts.localization.estimate()
        message.position_error_m = _UNKNOWN_ERROR_M
        if estimate is not None:
            fill_pose(message.pose, estimate.pose)
            message.position_error_m = estimate.position_error_m
        message.holding = parts.hand.holding
        held = parts.hand.held
        message.holding_names = self._with_called([held.thing.name] if held else [])
        message.near = self._with_called(self._near(estimate)) if estimate is not None else []
        located = [o.name for o in parts.memory.all()] + ([held.thing.name] if held is not None else [])
        message.located = self._with_called(located)
        reading = self._driver.odometry
        message.moving = reading is not None and (
            abs(reading.velocity.linear_m_s) > 0.01 or abs(reading.velocity.angular_rad_s) > 0.03
        )
        message.stopped = self._gate.stopped
        message.doing = self._doing()
        return message

    def _near(self, estimate: Estimate) -> list[str]:
        """Name the places the robot stands at and the objects within its reach."""
        parts, pose = self._parts, estimate.pose
        state = parts.settings.state
        names = []
        for place in parts.world.places:
            goal = place.approach.pose
            at_stand = (
                pose.distance_to(goal.x_m, goal.y_m) <= state.near_m
                and abs(wrap_angle(goal.yaw_rad - pose.yaw_rad)) <= state.near_rad
            )
            room = parts.world.find_room(place.name)
            inside = place.surface is None and room is not None and room.contains(pose.x_m, pose.y_m)
            if at_stand or inside:
                names.append(place.name)
        x, y = parts.grasp_point(pose)
        reach = parts.settings.grasp.reach_m
        things = parts.memory.all()
        return names + [t.name for t in things if math.hypot(t.x_m - x, t.y_m - y) <= reach]

    def _with_called(self, names: list[str]) -> list[str]:
        names_of = self._parts.world.names_of
        return list(dict.fromkeys(n for name in names for n in (*names_of(name), *self._called(name))))

    def _publish(self) -> None:
        if not self._node.context.ok():
            return
        self._state.publish(self.message())
        estimate = self._parts.localization.estimate()
        if estimate is None:
            return
        message = PoseWithCovarianceStamped()
        message.header.frame_id = self._parts.world.frame
        message.header.stamp = stamp(estimate.stamp_s)
        fill_pose(message.pose.pose, estimate.pose)
        covariance = [0.0] * 36
        for i, row in enumerate((0, 1, 5)):
            for j, column in enumerate((0, 1, 5)):
                covariance[6 * row + column] = float(estimate.covariance[i, j])
        message.pose.covariance = covariance
        self._pose.publish(message)
