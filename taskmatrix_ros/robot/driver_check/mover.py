"""Sends commands to a robot, and waits for what comes of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, Float64

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver_check.ear import DriverEar
from taskmatrix_ros.robot.driver_check.motion import Motion, has_moved, motion_of, positions_of

_TURN_RAD_S = 0.5
_PERIOD_S = 0.05
_REPEAT_S = 0.5
_STARTS_S, _STANDS_S = 3.0, 5.0
_STANDS_FOR_S = 0.25
_STEADY_AFTER_S = 0.4
_HELD_S = 0.4
_LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Unmeasured(Exception):
    """What has to be known for a verdict did not come about; says what."""


class Mover:
    """Commands until something has come about, by the time that stamps tell. ``close`` lets the robot stand."""

    def __init__(self, node: Node, ear: DriverEar, robot: RobotDescription) -> None:
        self._node = node
        self._ear = ear
        self._robot = robot
        self._stamped = robot.interface.velocity == "twist_stamped"
        self._velocity = node.create_publisher(TwistStamped if self._stamped else Twist, "cmd_vel", 1)
        self.lift = node.create_publisher(Float64, "lift/command", 1)
        self.gripper = node.create_publisher(Float64, "gripper/command", 1)
        self._stop = node.create_publisher(Bool, "stop", _LATCHED)
        self.publishers: tuple[Publisher, ...] = (self._velocity, self.lift, self.gripper, self._stop)

    def close(self) -> None:
        """Stand still, and take back the stop."""
        self._drive(Twist())
        self.stop(False)
        for publisher in self.publishers:
            self._node.destroy_publisher(publisher)

    def _drive(self, command: Twist) -> None:
        if not self._stamped:
            self._velocity.publish(command)
            return
        message = TwistStamped(twist=command)
        message.header.frame_id, message.header.stamp = "base_link", self._node.get_clock().now().to_msg()
        self._velocity.publish(message)

    def stop(self, stopped: bool) -> None:
        """Publish ``stop``."""
        self._stop.publish(Bool(data=stopped))

    def send(self, publisher: Any, target: float, joints: tuple[str, ...], near: float, most_s: float) -> bool:
        """Command a position until the joints hold it. :returns: whether they did in time."""
        until_s = self._ear.now_s() + most_s
        while self._ear.now_s() < until_s:
            publisher.publish(Float64(data=target))
            if self._ear.wait(lambda: self._hold(joints, target, near), _REPEAT_S):
                return True
        return False

    def keep(self, command: Twist, seconds: float, *, must_move: bool = False) -> Motion:
        """Command until the robot has moved for so long. :returns: the steady part of it.

        :param must_move: one that does not move makes everything else pointless.
        :raises Unmeasured: odometry says nothing, or the robot does not move though it must.
        """
        start, began_s = self._ear.latest("odom"), self._ear.now_s()
        moving_s: float | None = None

        def moved() -> bool:
            nonlocal moving_s
            newest = self._ear.newest("odom")
            if newest is None:
                return False
            if moving_s is None and newest.stamp_s > began_s and has_moved(start, newest.message):
                moving_s = newest.stamp_s
            return moving_s is not None and newest.stamp_s >= moving_s + seconds

        self.command(command, moved, _STARTS_S + seconds)
        if moving_s is None and must_move:
            raise Unmeasured(f"the robot did not move within {_STARTS_S + seconds:g} s of a cmd_vel")
        end_s = self.measured_s()
        motion = motion_of(self._ear.stamped_since("odom", end_s - seconds + min(_STEADY_AFTER_S, seconds / 2)))
        if motion is None or end_s <= began_s:
            raise Unmeasured(f"odometry told nothing while the robot was to move for {seconds:g} s")
        return motion

    def command(self, command: Twist, fact: Callable[[], bool], most_s: float) -> None:
        """Repeat a velocity until a fact has come about, for so much ROS time at most."""
        sent_s = self._ear.now_s()
        until_s = sent_s + most_s
        while not fact() and (now_s := self._ear.now_s()) < until_s:
            # The driver's watchdog stops a robot whose commands come late: the checker's doing, not the driver's.
            self._ear.note_lag(now_s - sent_s - _PERIOD_S)
            sent_s = now_s
            self._drive(command)
            self._ear.wait(fact, _PERIOD_S)

    def turn(self, angle_rad: float) -> None:
        """Turn on the spot by about so much, and stand. :raises Unmeasured: odometry does not tell."""
        self.keep(twist(0.0, math.copysign(_TURN_RAD_S, angle_rad)), abs(angle_rad) / _TURN_RAD_S)
        self.let_stand()

    def let_stand(self) -> None:
        """Command to stand until the robot does. :raises Unmeasured: it does not."""
        began_s = self._ear.now_s()

        def stands() -> bool:
            end_s = self.measured_s()
            motion = motion_of(self._ear.stamped_since("odom", end_s - _STANDS_FOR_S))
            return end_s > began_s + _STANDS_FOR_S and motion is not None and motion.is_none

        self.command(Twist(), stands, _STANDS_S)
        if not stands():
            raise Unmeasured(f"by odometry the robot did not stand within {_STANDS_S:g} s of being told so")

    def still(self) -> tuple[Odometry, NDArray[np.float64]]:
        """Stand, and give odometry and scan that were measured then; the scan as angles and ranges, ``(N, 2)``.

        :raises Unmeasured: the robot does not stand, or does not tell.
        """
        self.let_stand()
        at_s = self._ear.now_s()
        for topic in ("odom", "scan"):
            if not self._ear.wait(lambda t=topic: bool(self._ear.stamped_since(t, at_s)), _STANDS_S):
                raise Unmeasured(f"{topic} came no more while the robot stood")
        scan = self._ear.latest("scan")
        angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
        return self._ear.latest("odom"), np.stack([angles, np.asarray(scan.ranges, float)], axis=1)

    def moves_after(self, moment_ns: int, from_s: float, to_s: float) -> bool:
        """Wait for the odometry of a span of ROS time, and tell whether the robot moved in it.

        :param moment_ns: of the system clock, from which the span is counted.
        :raises Unmeasured: odometry does not tell.
        """

        def begin_s() -> float:
            return self._ear.at_s(moment_ns)

        if not self._ear.wait(lambda: self.measured_s() > begin_s() + to_s, to_s + _STANDS_S):
            raise Unmeasured("odometry came no more")
        later = self._ear.stamped_since("odom", begin_s() + from_s)
        motion = motion_of([heard for heard in later if heard.stamp_s <= begin_s() + to_s])
        if motion is None:
            raise Unmeasured(f"odometry told nothing for {to_s - from_s:g} s")
        return not motion.is_none

    def measured_s(self) -> float:
        """ROS time up to which odometry has told."""
        newest = self._ear.newest("odom")
        return 0.0 if newest is None else newest.stamp_s

    def ahead_m(self) -> float:
        """Give the least range within the robot's width ahead; infinite where nothing is seen."""
        scan = self._ear.latest("scan")
        if scan is None:
            return math.inf
        angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
        ranges = np.asarray(scan.ranges, float)
        x, y = ranges * np.cos(angles), ranges * np.sin(angles)
        ahead = np.isfinite(ranges) & (x > 0) & (np.abs(y) < self._robot.base.footprint_radius_m + 0.05)
        return float(x[ahead].min()) if ahead.any() else math.inf

    def positions(self, joints: tuple[str, ...]) -> list[float] | None:
        """Give where joints are; None if it is not told."""
        message = self._ear.latest("joint_states")
        return None if message is None else positions_of(message, joints)

    def _hold(self, joints: tuple[str, ...], target: float, near: float) -> bool:
        """Tell whether the joints were near a position for a while: on their way elsewhere they only pass it."""
        newest = self._ear.newest("joint_states")
        if newest is None:
            return False
        lately = self._ear.stamped_since("joint_states", newest.stamp_s - _HELD_S)
        positions = [positions_of(each.message, joints) for each in lately]
        held = all(each is not None and all(abs(at - target) <= near for at in each) for each in positions)
        return held and lately[-1].stamp_s - lately[0].stamp_s >= _HELD_S / 2


def twist(linear_m_s: float, angular_rad_s: float) -> Twist:
    """Make a command."""
    message = Twist()
    message.linear.x, message.angular.z = linear_m_s, angular_rad_s
    return message
