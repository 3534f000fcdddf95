"""What can be told of a driver without moving anything: who speaks, how often, in which frames and units."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from sensor_msgs.msg import CameraInfo

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver_check.ear import ClockStandsError, DriverEar, Heard
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode

LISTEN_S = 3.0
_FOUND_WALL_S = 15.0
"""For peers to find each other, on a slow machine too."""
_SILENT_WALL_S = 5.0
_LEAST_HZ = {"odom": 10.0, "joint_states": 10.0, "scan": 4.0, "battery": 0.2}
_NEEDED = ("odom", "joint_states", "scan")
_LATE_S = 0.5
_FOV_RATIO = 0.05
_LEAST_SEEN_RATIO = 0.2
"""Share of a scan's rays that hit something, in a room."""


def listen(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    """Listen for some seconds of ROS time. A battery may be absent; what drives and sees may not."""
    if not ear.wait_wall(lambda: ear.now_s() > 0, _FOUND_WALL_S):
        raise ClockStandsError
    # Peers are found one after the other: silence counts from when there is somebody to hear.
    ear.wait_wall(lambda: all(ear.publishers(topic) for topic in _NEEDED), _FOUND_WALL_S)
    ear.wait_wall(lambda: all(ear.latest(topic) or not ear.publishers(topic) for topic in _LEAST_HZ), _SILENT_WALL_S)
    began_ns, began_s = time.time_ns(), ear.now_s()
    ear.wait(lambda: False, LISTEN_S)
    for topic, least_hz in _LEAST_HZ.items():
        if ear.publishers(topic):
            ear.wait(lambda t=topic: bool(ear.arrived_since(t, began_ns)), 1.5 / least_hz)
    spent_s = ear.now_s() - began_s
    for topic, least_hz in _LEAST_HZ.items():
        heard = ear.arrived_since(topic, began_ns)
        if not heard:
            yield from _silence(ear, topic, spent_s)
            continue
        offs_s = [ear.at_s(each.arrived_ns) - each.stamp_s for each in heard]
        off_s = float(np.median(offs_s))
        if abs(off_s) > _LATE_S:
            said = f"stamps of {topic} are {off_s:.1f} s off ROS time"
            yield Fault(FaultCode.STAMP, said, "stamp with the node's clock at the time of measurement")
        rate_hz = _rate_hz(ear, heard, began_s + spent_s)
        if rate_hz < least_hz:
            said = f"{topic} comes at {rate_hz:.1f} Hz, the contract wants {least_hz:g}"
            yield Fault(FaultCode.RATE, said, "publish it more often")
    yield from _frames(ear, robot)
    yield from _joints(ear, robot)
    yield from _scan(ear)
    yield from _battery(ear)


def judge_camera(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    """Hold what camera_info says against the robot's description; drivers may publish it only with pictures."""
    info = ear.latest("camera/camera_info")
    if info is not None:
        yield from _frame("camera_info", info.header.frame_id, robot.camera.frame_id)
        yield from _camera(info, robot)


def _silence(ear: DriverEar, topic: str, spent_s: float) -> Iterator[Fault]:
    offered = ear.publishers(topic)
    if topic not in _NEEDED and not offered:
        yield Fault(FaultCode.UNJUDGED, f"{topic}: nobody publishes it", "publish it where the robot has one")
        return
    who = "" if offered else "; nobody publishes it"
    yield Fault(FaultCode.SILENT, f"nothing came on {topic} in {spent_s:.1f} s{who}", "start the driver's publisher")


def _rate_hz(ear: DriverEar, heard: Sequence[Heard], end_s: float) -> float:
    """Give how often a publisher sent, in ROS time.

    By its own count where the middleware tells it: what was lost on the way to the checker is not held against it.
    """
    numbers = [each.number for each in heard]
    counted = all(a is not None and b is not None and a < b for a, b in pairwise(numbers))
    sent = numbers[-1] - numbers[0] if counted and len(numbers) > 1 else len(heard) - 1
    # What ended some time ago is not made good by how fast it came before.
    spent_s = end_s - ear.at_s(heard[0].arrived_ns)
    return max(sent, 1) / max(spent_s, LISTEN_S / 2)


def _frames(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    odometry, scan = ear.latest("odom"), ear.latest("scan")
    if odometry is not None:
        yield from _frame("odom", odometry.header.frame_id, "odom")
        yield from _frame("odom's child", odometry.child_frame_id, "base_link")
    if scan is not None:
        yield from _frame("scan", scan.header.frame_id, robot.lidar.frame_id)


def _frame(what: str, given: str, right: str) -> Iterator[Fault]:
    if given.rpartition("/")[2] != right:
        yield Fault(FaultCode.FRAME, f"the frame of {what} is '{given}'", f"call it '{right}' (REP 105)")


def _joints(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    message = ear.latest("joint_states")
    if message is None:
        return
    missing = sorted({robot.lift.joint, *robot.gripper.joints} - set(message.name))
    if missing:
        said = f"joint_states lack {', '.join(missing)}"
        yield Fault(FaultCode.JOINTS, said, "publish them, or correct config/robot")
    if len(message.position) != len(message.name):
        yield Fault(
            FaultCode.JOINTS,
            f"joint_states give {len(message.position)} positions for {len(message.name)} names",
            "give one for each",
        )


def _scan(ear: DriverEar) -> Iterator[Fault]:
    scan = ear.latest("scan")
    if scan is None:
        return
    if scan.angle_increment == 0 or scan.angle_max == scan.angle_min:
        yield Fault(FaultCode.SCAN, "the scan's angles do not differ", "give angle_min, angle_max and angle_increment")
        return
    if max(abs(scan.angle_min), abs(scan.angle_max)) > 2 * math.pi + 0.01:
        said = f"the scan reaches from {scan.angle_min:.0f} to {scan.angle_max:.0f}"
        yield Fault(FaultCode.SCAN, said, "give its angles in radians")
    rays = round((scan.angle_max - scan.angle_min) / scan.angle_increment) + 1
    if abs(rays - len(scan.ranges)) > 1:
        yield Fault(FaultCode.SCAN, f"{len(scan.ranges)} ranges for angles of {rays} rays", "make them agree")
    ranges = np.asarray(scan.ranges, float)
    seen = np.isfinite(ranges) & (ranges >= scan.range_min) & (ranges <= scan.range_max)
    if seen.mean() < _LEAST_SEEN_RATIO:
        said = f"only {seen.mean():.0%} of the scan's ranges are within {scan.range_min:g}..{scan.range_max:g} m"
        yield Fault(FaultCode.SCAN, said, "give ranges in metres, and stand where there are walls")


def _camera(info: CameraInfo, robot: RobotDescription) -> Iterator[Fault]:
    if info.k[0] <= 0 or info.width == 0:
        yield Fault(FaultCode.CAMERA, "camera_info has no focal length or no size", "publish a calibration")
        return
    fov_rad = 2 * math.atan(info.width / 2 / info.k[0])
    if abs(fov_rad / robot.camera.horizontal_fov_rad - 1) > _FOV_RATIO:
        said = f"by camera_info the camera sees {fov_rad:.3f} rad across, by its description "
        said += f"{robot.camera.horizontal_fov_rad:.3f}"
        yield Fault(FaultCode.CAMERA, said, "calibrate the camera, or correct config/robot")


def _battery(ear: DriverEar) -> Iterator[Fault]:
    battery = ear.latest("battery")
    if battery is not None and math.isfinite(battery.percentage) and not 0 <= battery.percentage <= 1:
        said = f"the battery's percentage is {battery.percentage:g}"
        yield Fault(FaultCode.BATTERY, said, "give it as a ratio in 0..1, as sensor_msgs/BatteryState wants it")
