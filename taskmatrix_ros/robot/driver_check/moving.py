"""What can be told of a driver by moving the robot a little: signs, units, watchdog and stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, Float64

from taskmatrix_ros.robot.driver_check.ear import DriverEar, yaw_rad
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.robot_description import RobotDescription

TURN_RAD_S, TURN_S = 0.5, 2.2
DRIVE_M_S, DRIVE_S = 0.15, 2.0
CLEAR_M = 1.0
"""Ahead, before anything is driven."""
_PERIOD_S = 0.05
_HAND_WALL_S = 8.0
_STANDS_M_S, _STANDS_RAD_S = 0.02, 0.05
_TOLERANCE = 0.35
_STOPS_WITHIN_S = 0.5
_GRACE_S = 0.4
_LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Mover:
    """Sends commands and watches what comes of them. Whatever happens, ``close`` lets the robot stand."""

    def __init__(self, node: Node, ear: DriverEar, robot: RobotDescription) -> None:
        self._node = node
        self._ear = ear
        self._robot = robot
        self._velocity = node.create_publisher(Twist, "cmd_vel", 1)
        self._lift = node.create_publisher(Float64, "lift/command", 1)
        self._gripper = node.create_publisher(Float64, "gripper/command", 1)
        self._stop = node.create_publisher(Bool, "stop", _LATCHED)

    def close(self) -> None:
        """Stand still, and take back the stop."""
        self._velocity.publish(Twist())
        self._stop.publish(Bool(data=False))
        for publisher in (self._velocity, self._lift, self._gripper, self._stop):
            self._node.destroy_publisher(publisher)

    def check_hand(self) -> Iterator[Fault]:
        """Lift or lower, open or close: away from where they are."""
        lift, gripper = self._robot.lift, self._robot.gripper
        for code, publisher, joints, low, high, near in (
            (FaultCode.LIFT, self._lift, (lift.joint,), lift.min_m, lift.max_m, 0.01),
            (FaultCode.GRIPPER, self._gripper, gripper.joints, gripper.closed_m, gripper.open_m, 0.004),
        ):
            before = self._positions(joints)
            if before is None:
                continue
            target = low + (0.7 if before[0] < (low + high) / 2 else 0.3) * (high - low)
            publisher.publish(Float64(data=target))
            if self._ear.wait(lambda j=joints, t=target, n=near: self._at(j, t, n), _HAND_WALL_S):
                continue
            after = self._positions(joints)
            said = f"commanded to {target:.3f} m, {' and '.join(joints)} went from {_list(before)} to {_list(after)}"
            yield Fault(code, said, "take and give positions in metres, with the sign of config/robot")

    def check_turn(self) -> Iterator[Fault]:
        """Turn to the left on the spot, and compare command, odometry, velocity and scan."""
        before, scan_before = self._still()
        speed = self._keep(_twist(0.0, TURN_RAD_S), TURN_S, lambda o: o.twist.twist.angular.z)
        after, scan_after = self._still()
        if before is None or after is None:
            return
        turned = math.remainder(yaw_rad(after) - yaw_rad(before), 2 * math.pi)
        wanted = TURN_RAD_S * TURN_S
        if abs(turned / wanted - 1) > _TOLERANCE:
            sign = "; it has the other sign" if turned < -0.3 else ""
            said = f"told to turn {wanted:.2f} rad to the left, odometry says {turned:.2f} rad{sign}"
            yield Fault(FaultCode.TURN, said, "positive is counterclockwise, in radians (REP 103)")
        if speed is not None and abs(speed / TURN_RAD_S - 1) > _TOLERANCE:
            said = f"turning at {TURN_RAD_S} rad/s, odometry's twist says {speed:.2f}"
            yield Fault(FaultCode.TWIST, said, "give angular velocity in rad/s, positive to the left")
        if scan_before is None or scan_after is None:
            return
        seen = _rotation_between(scan_before, scan_after)
        if seen is not None and abs(turned) > 0.3 and abs(seen - turned) > 0.25:
            mirrored = "; the scan is mirrored" if abs(seen + turned) < 0.25 else ""
            said = f"odometry turned {turned:.2f} rad, what the scanner sees turned {seen:.2f} rad{mirrored}"
            yield Fault(FaultCode.SCAN, said, "order the ranges counterclockwise, and check the scanner's mount")

    def check_drive(self) -> Iterator[Fault]:
        """Drive forward and back, and compare command, odometry, velocity and scan."""
        for _ in range(8):
            if self._ahead_m() >= CLEAR_M:
                break
            self.turn(math.pi / 4)
        if self._ahead_m() < CLEAR_M:
            said = "nowhere all around there is room to drive"
            yield Fault(FaultCode.DRIVE, said, f"not driven; stand where {CLEAR_M:g} m are free")
            return
        before, _ = self._still()
        free_before = self._ahead_m()
        speed = self._keep(_twist(DRIVE_M_S, 0.0), DRIVE_S, lambda o: o.twist.twist.linear.x)
        after, _ = self._still()
        free_after = self._ahead_m()
        if before is None or after is None:
            return
        a, b, heading = before.pose.pose.position, after.pose.pose.position, yaw_rad(before)
        driven = (b.x - a.x) * math.cos(heading) + (b.y - a.y) * math.sin(heading)
        wanted = DRIVE_M_S * DRIVE_S
        if abs(driven / wanted - 1) > _TOLERANCE:
            sign = "; it has the other sign" if driven < -0.05 else ""
            said = f"told to drive {wanted:.2f} m forward, odometry says {driven:.2f} m{sign}"
            yield Fault(FaultCode.DRIVE, said, "positive is forward, in metres (REP 103)")
        if speed is not None and abs(speed / DRIVE_M_S - 1) > _TOLERANCE:
            said = f"driving at {DRIVE_M_S} m/s, odometry's twist says {speed:.2f}"
            yield Fault(FaultCode.TWIST, said, "give velocity in m/s, in base_link")
        nearer = free_before - free_after
        if math.isfinite(nearer) and abs(nearer - driven) > 0.12:
            said = f"odometry drove {driven:.2f} m, the scanner sees what is ahead {nearer:.2f} m nearer"
            yield Fault(FaultCode.SCAN, said, "give ranges and odometry in metres")

    def check_watchdog(self) -> Iterator[Fault]:
        """Drive back, and fall silent."""
        self._keep(_twist(-DRIVE_M_S, 0.0), 1.0, lambda o: o.twist.twist.linear.x)
        limit_s = self._robot.base.cmd_vel_timeout_s + _GRACE_S
        self._ear.pause(limit_s)
        if not self._stands():
            said = f"{limit_s:.1f} s after the last cmd_vel the robot still moves"
            yield Fault(FaultCode.WATCHDOG, said, f"stand {self._robot.base.cmd_vel_timeout_s:g} s after the last one")
        self._velocity.publish(Twist())
        self._ear.wait(self._stands, 3.0)

    def check_stop(self) -> Iterator[Fault]:
        """Drive, stop, and go on commanding."""
        self._keep(_twist(-DRIVE_M_S / 2, 0.0), 0.6, lambda o: o.twist.twist.linear.x)
        self._stop.publish(Bool(data=True))
        self._keep(_twist(-DRIVE_M_S / 2, 0.0), _STOPS_WITHIN_S, lambda o: o.twist.twist.linear.x)
        moves = not self._stands()
        self._keep(_twist(-DRIVE_M_S / 2, 0.0), 0.4, lambda o: o.twist.twist.linear.x)
        obeys = not self._stands()
        self._velocity.publish(Twist())
        self._stop.publish(Bool(data=False))
        if moves or obeys:
            said = f"{_STOPS_WITHIN_S:g} s after stop was set the robot moves"
            yield Fault(FaultCode.STOP, said, "obey `stop` by itself: reliable, transient local, until it is false")
        self._ear.wait(self._stands, 3.0)

    def turn(self, angle_rad: float) -> None:
        """Turn on the spot by about so much."""
        self._keep(_twist(0.0, math.copysign(TURN_RAD_S, angle_rad)), abs(angle_rad) / TURN_RAD_S, lambda _: 0.0)
        self._still()

    def _keep(self, command: Twist, seconds: float, speed: Callable[[Odometry], float]) -> float | None:
        """Command for some ROS time. :returns: the median of a velocity over its second half."""
        until, half = self._ear.now_s() + seconds, self._ear.now_s() + seconds / 2
        while self._ear.now_s() < until:
            self._velocity.publish(command)
            if not self._ear.pause(_PERIOD_S):
                break
        values = [speed(heard.message) for heard in self._ear.since("odom", half)]
        return float(np.median(values)) if values else None

    def _still(self) -> tuple[Odometry | None, NDArray[np.float64] | None]:
        """Stand, and give odometry and scan that were measured then; the scan as angles and ranges, ``(N, 2)``."""
        self._velocity.publish(Twist())
        self._ear.wait(self._stands, 3.0)
        at_s = self._ear.now_s()
        self._ear.wait(lambda: bool(self._ear.since("scan", at_s) and self._ear.since("odom", at_s)), 3.0)
        scan = self._ear.latest("scan")
        if scan is None:
            return self._ear.latest("odom"), None
        angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
        return self._ear.latest("odom"), np.stack([angles, np.asarray(scan.ranges, float)], axis=1)

    def _stands(self) -> bool:
        latest = self._ear.since("odom", self._ear.now_s() - 0.25) or self._ear.since("odom", 0.0)[-1:]
        if not latest:
            return True
        twist = latest[-1].message.twist.twist
        moved = latest[-1].message.pose.pose.position.x - latest[0].message.pose.pose.position.x
        slow = abs(twist.linear.x) < _STANDS_M_S and abs(twist.angular.z) < _STANDS_RAD_S
        return slow and abs(moved) < _STANDS_M_S

    def _ahead_m(self) -> float:
        """Give the least range within the robot's width ahead; infinite where nothing is seen."""
        scan = self._ear.latest("scan")
        if scan is None:
            return math.inf
        angles = scan.angle_min + scan.angle_increment * np.arange(len(scan.ranges))
        ranges = np.asarray(scan.ranges, float)
        x, y = ranges * np.cos(angles), ranges * np.sin(angles)
        ahead = np.isfinite(ranges) & (x > 0) & (np.abs(y) < self._robot.base.footprint_radius_m + 0.05)
        return float(x[ahead].min()) if ahead.any() else math.inf

    def _positions(self, joints: tuple[str, ...]) -> list[float] | None:
        message = self._ear.latest("joint_states")
        known = {} if message is None else dict(zip(message.name, message.position, strict=False))
        return [known[name] for name in joints] if all(name in known for name in joints) else None

    def _at(self, joints: tuple[str, ...], target: float, near: float) -> bool:
        positions = self._positions(joints)
        return positions is not None and all(abs(position - target) <= near for position in positions)


def _twist(linear_m_s: float, angular_rad_s: float) -> Twist:
    """Make a command."""
    message = Twist()
    message.linear.x, message.angular.z = linear_m_s, angular_rad_s
    return message


def _rotation_between(before: NDArray[np.float64], after: NDArray[np.float64]) -> float | None:
    """Give the turn of the robot, by how the ranges moved; None where they tell nothing.

    :param before: ``(N, 2)``: angle in rad, range in m.
    """
    angles, ranges = before[:, 0], np.clip(np.nan_to_num(before[:, 1], posinf=10.0, neginf=0.0), 0.0, 10.0)
    later_angles = after[:, 0]
    later = np.clip(np.nan_to_num(after[:, 1], posinf=10.0, neginf=0.0), 0.0, 10.0)
    order, later_order = np.argsort(angles), np.argsort(later_angles)
    angles, ranges = angles[order], ranges[order]
    later_angles, later = later_angles[later_order], later[later_order]
    costs = []
    turns = np.arange(-1.8, 1.8, 0.02)
    for turn in turns:
        shifted = later_angles + turn
        inside = (shifted >= angles[0]) & (shifted <= angles[-1])
        if inside.sum() < 0.25 * len(angles):
            costs.append(np.inf)
            continue
        costs.append(float(np.median(np.abs(np.interp(shifted[inside], angles, ranges) - later[inside]))))
    best = int(np.argmin(costs))
    return float(turns[best]) if np.isfinite(costs[best]) else None


def _list(values: list[float] | None) -> str:
    return "nothing" if values is None else " and ".join(f"{value:.3f}" for value in values)
