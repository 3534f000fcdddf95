"""What can be told of a driver without moving anything: who speaks, how often, in which frames and units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from taskmatrix_ros.robot.driver_check.ear import DriverEar, Heard
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.robot_description import RobotDescription

LISTEN_S = 3.0
_DISCOVERY_WALL_S = 5.0
_LEAST_HZ = {"odom": 10.0, "joint_states": 10.0, "scan": 4.0, "camera/camera_info": 0.5, "battery": 0.2}
_LATE_S = 0.5
_FOV_RATIO = 0.05
_LEAST_SEEN_RATIO = 0.2
"""Share of a scan's rays that hit something, in a room."""


def listen(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    """Listen for some seconds of ROS time. Camera and battery may be absent; what drives and sees may not."""
    # A clock that was just subscribed jumps, and peers are found one after the other.
    ear.wait(lambda: ear.now_s() > 0 and all(ear.latest(topic) for topic in _LEAST_HZ), _DISCOVERY_WALL_S)
    began_s = ear.now_s()
    if not ear.pause(LISTEN_S):
        yield Fault(FaultCode.STAMP, "ROS time stands still", "let the simulator run and publish /clock")
        return
    spent_s = ear.now_s() - began_s
    for topic, least_hz in _LEAST_HZ.items():
        heard = ear.since(topic, began_s)
        if not heard:
            if topic in ("odom", "joint_states", "scan"):
                said = f"nothing came on {topic} in {spent_s:.1f} s"
                yield Fault(FaultCode.SILENT, said, "start the driver's publisher")
            continue
        if len(heard) / spent_s < least_hz:
            said = f"{topic} comes at {len(heard) / spent_s:.1f} Hz, the contract wants {least_hz:g}"
            yield Fault(FaultCode.RATE, said, "publish it more often")
        yield from _stamps(topic, heard)
    yield from _frames(ear, robot)
    yield from _joints(ear, robot)
    yield from _scan(ear)
    yield from _camera(ear, robot)
    yield from _battery(ear)


def _stamps(topic: str, heard: Sequence[Heard]) -> Iterator[Fault]:
    late_s = float(np.median([each.at_s - each.stamp_s for each in heard]))
    if abs(late_s) > _LATE_S:
        said = f"stamps of {topic} are {late_s:.1f} s off ROS time"
        yield Fault(FaultCode.STAMP, said, "stamp with the node's clock at the time of measurement")


def _frames(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    odometry, scan, info = (ear.latest(topic) for topic in ("odom", "scan", "camera/camera_info"))
    wanted = [
        ("odom", odometry and odometry.header.frame_id, "odom"),
        ("odom's child", odometry and odometry.child_frame_id, "base_link"),
        ("scan", scan and scan.header.frame_id, robot.lidar.frame_id),
        ("camera_info", info and info.header.frame_id, robot.camera.frame_id),
    ]
    for what, given, right in wanted:
        if given is not None and given.rpartition("/")[2] != right:
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


def _camera(ear: DriverEar, robot: RobotDescription) -> Iterator[Fault]:
    info = ear.latest("camera/camera_info")
    if info is None:
        return
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
