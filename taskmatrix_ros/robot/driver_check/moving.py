"""What can be told of a driver by moving the robot a little: signs, units, watchdog and stop."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from geometry_msgs.msg import Twist

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver_check.ear import DriverEar, yaw_rad
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.driver_check.motion import rotation_between
from taskmatrix_ros.robot.driver_check.mover import Mover, Unmeasured, twist

TURN_RAD_S, TURN_S = 0.5, 2.0
DRIVE_M_S, DRIVE_S = 0.15, 1.8
CLEAR_M = 1.0
"""Ahead, before anything is driven."""
_HEARD_WALL_S = 15.0
"""For a command's subscriber to be found, on a slow machine too."""
_HAND_S = 8.0
_TOLERANCE = 0.35
_STOPS_WITHIN_S = 0.5
_GRACE_S = 0.4
_ODOMETRY_TELLS = "let odometry tell every motion"


class MovingCheck:
    """Moves the robot step by step, each step with its verdict. A step may be repeated."""

    def __init__(self, ear: DriverEar, mover: Mover, robot: RobotDescription) -> None:
        self._ear = ear
        self._mover = mover
        self._robot = robot
        self._way = 1.0

    def check_heard(self) -> Iterator[Fault]:
        """Wait until somebody hears each command: one that nobody hears tells nothing."""
        publishers = self._mover.publishers
        self._ear.wait_wall(lambda: all(p.get_subscription_count() for p in publishers), _HEARD_WALL_S)
        for publisher in publishers:
            if not publisher.get_subscription_count():
                said = f"nobody subscribes {publisher.topic_name} after {_HEARD_WALL_S:g} s"
                yield Fault(FaultCode.DEAF, said, "let the driver subscribe it, with a QoS that fits docs/robot.md")

    def check_hand(self) -> Iterator[Fault]:
        """Lift or lower, open or close: away from where they are, and hold it there."""
        lift, gripper = self._robot.lift, self._robot.gripper
        for code, publisher, joints, low, high, near in (
            (FaultCode.LIFT, self._mover.lift, (lift.joint,), lift.min_m, lift.max_m, 0.01),
            (FaultCode.GRIPPER, self._mover.gripper, gripper.joints, gripper.closed_m, gripper.open_m, 0.004),
        ):
            before = self._mover.positions(joints)
            if before is None:
                said = f"not judged: joint_states do not tell where {' and '.join(joints)} are"
                yield Fault(code, said, "publish the joints of config/robot")
                continue
            target = low + (0.7 if before[0] < (low + high) / 2 else 0.3) * (high - low)
            if self._mover.send(publisher, target, joints, near, _HAND_S):
                continue
            after = self._mover.positions(joints)
            said = f"commanded to {target:.3f} m, {' and '.join(joints)} went from {_list(before)} to {_list(after)}"
            yield Fault(code, said, "take and give positions in metres, with the sign of config/robot")

    def check_turn(self) -> Iterator[Fault]:
        """Turn to the left on the spot, and compare command, odometry, velocity and scan."""
        try:
            before, scan_before = self._mover.still()
            motion = self._mover.keep(twist(0.0, TURN_RAD_S), TURN_S)
            after, scan_after = self._mover.still()
        except Unmeasured as reason:
            yield Fault(FaultCode.TURN, f"not judged: {reason}", _ODOMETRY_TELLS)
            return
        if abs(motion.angular_rad_s / TURN_RAD_S - 1) > _TOLERANCE:
            sign = "; it has the other sign" if motion.angular_rad_s < -TURN_RAD_S / 3 else ""
            said = f"told to turn left at {TURN_RAD_S} rad/s, odometry turns at {motion.angular_rad_s:.2f} rad/s{sign}"
            yield Fault(FaultCode.TURN, said, "positive is counterclockwise, in radians (REP 103)")
        if abs(motion.twist_angular_rad_s / TURN_RAD_S - 1) > _TOLERANCE:
            said = f"turning at {TURN_RAD_S} rad/s, odometry's twist says {motion.twist_angular_rad_s:.2f}"
            yield Fault(FaultCode.TWIST, said, "give angular velocity in rad/s, positive to the left")
        turned = math.remainder(yaw_rad(after) - yaw_rad(before), 2 * math.pi)
        seen = rotation_between(scan_before, scan_after)
        if seen is None:
            said = "not judged: the ranges before and after a turn have no angles in common"
            yield Fault(FaultCode.SCAN, said, "scan more than a quarter of a turn")
        elif abs(turned) > 0.3 and abs(seen - turned) > 0.25:
            mirrored = "; the scan is mirrored" if abs(seen + turned) < 0.25 else ""
            said = f"odometry turned {turned:.2f} rad, what the scanner sees turned {seen:.2f} rad{mirrored}"
            yield Fault(FaultCode.SCAN, said, "order the ranges counterclockwise, and check the scanner's mount")

    def check_drive(self) -> Iterator[Fault]:
        """Drive forward where there is room, and compare command, odometry, velocity and scan."""
        try:
            for _ in range(8):
                if self._mover.ahead_m() >= CLEAR_M:
                    break
                self._mover.turn(math.pi / 4)
            if self._mover.ahead_m() < CLEAR_M:
                said = "nowhere all around there is room to drive"
                yield Fault(FaultCode.DRIVE, said, f"not driven; stand where {CLEAR_M:g} m are free")
                return
            before, _ = self._mover.still()
            free_before = self._mover.ahead_m()
            motion = self._mover.keep(twist(DRIVE_M_S, 0.0), DRIVE_S)
            after, _ = self._mover.still()
            free_after = self._mover.ahead_m()
        except Unmeasured as reason:
            yield Fault(FaultCode.DRIVE, f"not judged: {reason}", _ODOMETRY_TELLS)
            return
        if abs(motion.linear_m_s / DRIVE_M_S - 1) > _TOLERANCE:
            sign = "; it has the other sign" if motion.linear_m_s < -DRIVE_M_S / 3 else ""
            said = f"told to drive forward at {DRIVE_M_S} m/s, odometry drives at {motion.linear_m_s:.2f} m/s{sign}"
            yield Fault(FaultCode.DRIVE, said, "positive is forward, in metres (REP 103)")
        if abs(motion.twist_linear_m_s / DRIVE_M_S - 1) > _TOLERANCE:
            said = f"driving at {DRIVE_M_S} m/s, odometry's twist says {motion.twist_linear_m_s:.2f}"
            yield Fault(FaultCode.TWIST, said, "give velocity in m/s, in base_link")
        a, b, heading = before.pose.pose.position, after.pose.pose.position, yaw_rad(before)
        driven = (b.x - a.x) * math.cos(heading) + (b.y - a.y) * math.sin(heading)
        nearer = free_before - free_after
        if not math.isfinite(nearer):
            said = "ranges against odometry: the scanner sees nothing ahead"
            yield Fault(FaultCode.UNJUDGED, said, "stand where a wall is in its range")
        elif abs(nearer - driven) > 0.12:
            said = f"odometry drove {driven:.2f} m, the scanner sees what is ahead {nearer:.2f} m nearer"
            yield Fault(FaultCode.SCAN, said, "give ranges and odometry in metres")

    def check_watchdog(self) -> Iterator[Fault]:
        """Drive back, and fall silent."""
        limit_s = self._robot.base.cmd_vel_timeout_s + _GRACE_S
        try:
            self._mover.keep(self._to_and_fro(DRIVE_M_S), 0.8, must_move=True)
            goes_on = self._mover.moves_after(time.time_ns(), limit_s, limit_s + _GRACE_S)
            self._mover.let_stand()
        except Unmeasured as reason:
            yield Fault(FaultCode.WATCHDOG, f"not judged: {reason}", _ODOMETRY_TELLS)
            return
        if goes_on:
            said = f"{limit_s:.1f} s after the last cmd_vel the robot still moves"
            yield Fault(FaultCode.WATCHDOG, said, f"stand {self._robot.base.cmd_vel_timeout_s:g} s after the last one")

    def check_stop(self) -> Iterator[Fault]:
        """Drive, stop, and go on commanding; take the stop back, and drive again."""
        there, back = self._to_and_fro(DRIVE_M_S / 2), self._to_and_fro(DRIVE_M_S / 2)
        until_s = _STOPS_WITHIN_S + _GRACE_S
        try:
            self._mover.keep(there, 0.4, must_move=True)
            self._mover.stop(True)
            stopped_ns = time.time_ns()
            over_s = self._ear.now_s() + until_s
            self._mover.command(there, lambda: self._mover.measured_s() > over_s, 2 * until_s)
            moves = self._mover.moves_after(stopped_ns, _STOPS_WITHIN_S, until_s)
        except Unmeasured as reason:
            yield Fault(FaultCode.STOP, f"not judged: {reason}", _ODOMETRY_TELLS)
            return
        finally:
            self._mover.stop(False)
        if moves:
            said = f"{_STOPS_WITHIN_S:g} s after stop was set the robot moves"
            yield Fault(FaultCode.STOP, said, "obey `stop` by itself: reliable, transient local, until it is false")
        try:
            self._mover.keep(back, 0.4, must_move=True)
            self._mover.let_stand()
        except Unmeasured as reason:
            yield Fault(FaultCode.STOP, f"after stop was taken back: {reason}", "obey cmd_vel once `stop` is false")

    def _to_and_fro(self, speed_m_s: float) -> Twist:
        """Give a command that drives back, and forward the next time: repeated, it goes nowhere."""
        self._way = -self._way
        return twist(self._way * speed_m_s, 0.0)


def _list(values: list[float] | None) -> str:
    return "nothing" if values is None else " and ".join(f"{value:.3f}" for value in values)
