"""Simulator states as ROS messages."""

from __future__ import annotations

import array
import math
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Quaternion
from nav_msgs.msg import Odometry
from numpy.typing import NDArray
from sensor_msgs.msg import BatteryState, CameraInfo, Image, LaserScan
from sensor_msgs.msg import JointState as JointStateMessage

from taskmatrix_ros.sim.driver.battery import Battery
from taskmatrix_ros.sim.driver.joint_state import JointState
from taskmatrix_ros.sim.driver.odometry import OdometryState
from taskmatrix_ros.sim.sdf.sdf_plugins import DifferentialDrive
from taskmatrix_ros.sim.sdf.sdf_types import CameraSensor, LidarSensor


def stamp(time_s: float) -> Time:
    """Simulated time as ROS wants it."""
    nanoseconds = round(time_s * 1e9)
    return Time(sec=nanoseconds // 1_000_000_000, nanosec=nanoseconds % 1_000_000_000)


def upright(yaw_rad: float) -> Quaternion:
    """Rotation about the vertical."""
    return Quaternion(x=0.0, y=0.0, z=math.sin(yaw_rad / 2), w=math.cos(yaw_rad / 2))


def odometry_message(state: OdometryState, drive: DifferentialDrive, time_s: float) -> Odometry:
    """Wheel odometry: pose in the odom frame, twist in base_link."""
    message = Odometry()
    message.header.stamp = stamp(time_s)
    message.header.frame_id = drive.frame_id
    message.child_frame_id = drive.child_frame_id
    message.pose.pose.position.x = state.x_m
    message.pose.pose.position.y = state.y_m
    message.pose.pose.orientation = upright(state.yaw_rad)
    message.twist.twist.linear.x = state.linear_m_s
    message.twist.twist.angular.z = state.angular_rad_s
    # Per REP 105 the pose drifts without bound; these are the spreads of one metre's way.
    for matrix, spread in (
        (message.pose.covariance, (1e-4, 1e-4, 4e-4)),
        (message.twist.covariance, (1e-4, 1e-4, 4e-4)),
    ):
        matrix[0], matrix[7], matrix[35] = spread
        matrix[14] = matrix[21] = matrix[28] = 1e6
    return message


def joint_message(states: Sequence[JointState], time_s: float) -> JointStateMessage:
    """Positions (m, rad), velocities, and efforts (N, N m) of the driven joints."""
    message = JointStateMessage()
    message.header.stamp = stamp(time_s)
    message.name = [state.name for state in states]
    message.position = [state.position for state in states]
    message.velocity = [state.velocity for state in states]
    message.effort = [state.effort for state in states]
    return message


def scan_message(ranges_m: NDArray[np.float32], sensor: LidarSensor, time_s: float) -> LaserScan:
    """One turn of the scanner, counterclockwise."""
    message = LaserScan()
    message.header.stamp = stamp(time_s)
    message.header.frame_id = sensor.frame_id
    message.angle_min, message.angle_max = sensor.angle_min_rad, sensor.angle_max_rad
    message.angle_increment = (sensor.angle_max_rad - sensor.angle_min_rad) / (sensor.samples - 1)
    message.scan_time = 1.0 / sensor.rate_hz
    message.range_min, message.range_max = sensor.range_min_m, sensor.range_max_m
    message.ranges = array.array("f", ranges_m.tobytes())
    return message


def image_message(pixels: NDArray[np.uint8] | NDArray[np.float32], sensor: CameraSensor, time_s: float) -> Image:
    """A picture: rgb8, or 32FC1 metres for depth (REP 118)."""
    message = Image()
    message.header.stamp = stamp(time_s)
    message.header.frame_id = sensor.frame_id
    message.height, message.width = pixels.shape[:2]
    message.encoding = "rgb8" if pixels.dtype == np.uint8 else "32FC1"
    message.step = message.width * (3 if pixels.dtype == np.uint8 else 4)
    message.data = array.array("B", pixels.tobytes())
    return message


def camera_info_message(sensor: CameraSensor, time_s: float) -> CameraInfo:
    """Intrinsics of the ideal pinhole camera, in the optical frame of REP 103."""
    message = CameraInfo()
    message.header.stamp = stamp(time_s)
    message.header.frame_id = sensor.frame_id
    message.width, message.height = sensor.width_px, sensor.height_px
    focal = sensor.width_px / 2 / math.tan(sensor.horizontal_fov_rad / 2)
    # A pixel's coordinates are those of its middle, so the optical axis meets the picture half a pixel earlier.
    cx, cy = (sensor.width_px - 1) / 2, (sensor.height_px - 1) / 2
    message.distortion_model = "plumb_bob"
    message.d = [0.0] * 5
    message.k = [focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def battery_message(battery: Battery, time_s: float) -> BatteryState:
    """Charge and draw."""
    message = BatteryState()
    message.header.stamp = stamp(time_s)
    message.voltage = battery.voltage_v
    message.current = battery.current_a
    message.percentage = battery.charge_ratio
    message.power_supply_status = BatteryState.POWER_SUPPLY_STATUS_DISCHARGING
    message.power_supply_health = BatteryState.POWER_SUPPLY_HEALTH_GOOD
    message.power_supply_technology = BatteryState.POWER_SUPPLY_TECHNOLOGY_LION
    message.present = True
    return message
