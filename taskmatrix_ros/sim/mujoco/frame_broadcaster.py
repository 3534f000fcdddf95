"""The robot's frames on ``/tf`` and ``/tf_static``, where tf2_msgs is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.sim.mujoco import driver_messages as messages
from taskmatrix_ros.sim.sdf.sdf_types import Model

if TYPE_CHECKING:  # Gazebo uses this file too, and needs no MuJoCo
    from taskmatrix_ros.sim.mujoco.simulator import Simulator

_STATIC = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_TF_DEPTH = 100


class FrameBroadcaster:
    """Publishes odom to base_link by the wheels, and where camera and scanner sit on base_link.

    Sensors on links that move against the first one are left out: the robot has none.
    """

    def __init__(self, node: Node, simulator: Simulator) -> None:
        self._node = node
        self._simulator = simulator

    def open(self) -> bool:
        """Create the topics.

        :returns: False, having done nothing, where tf2_msgs is not installed (the pip wheels of ROS lack it).
        """
        try:
            from tf2_msgs.msg import TFMessage
        except ModuleNotFoundError:
            return False
        drive = self._simulator.world.robot.drives[0]
        frames = sensor_frames(self._simulator.world.robot, drive.child_frame_id)
        self._static = self._node.create_publisher(TFMessage, "/tf_static", _STATIC)
        self._static.publish(TFMessage(transforms=frames))
        moving = self._node.create_publisher(TFMessage, "/tf", _TF_DEPTH)
        self._simulator.every(
            1.0 / drive.odometry_hz, lambda: moving.publish(TFMessage(transforms=[self._base_in_odom()]))
        )
        return True

    def _base_in_odom(self) -> TransformStamped:
        drive, state = self._simulator.world.robot.drives[0], self._simulator.odometry
        frame = TransformStamped()
        frame.header.stamp = messages.stamp(self._simulator.time_s)
        frame.header.frame_id, frame.child_frame_id = drive.frame_id, drive.child_frame_id
        frame.transform.translation = Vector3(x=state.x_m, y=state.y_m, z=0.0)
        frame.transform.rotation = messages.upright(state.yaw_rad)
        return frame


def sensor_frames(robot: Model, base_frame: str) -> list[TransformStamped]:
    """Where the sensors on the robot's first link are.

    :param base_frame: name of that link's frame.
    :returns: one transform per camera (optical frame, REP 103) and scanner.
    """
    base = robot.links[0]
    frames = []
    for camera in base.cameras:
        turned = Transform.from_rpy(camera.pose.xyz_m, camera.pose.rpy_rad).rotation @ OPTICAL_IN_BODY
        frames.append(_frame(base_frame, camera.frame_id, Transform(turned, np.array(camera.pose.xyz_m))))
    for lidar in base.lidars:
        pose = Transform.from_rpy(lidar.pose.xyz_m, lidar.pose.rpy_rad)
        frames.append(_frame(base_frame, lidar.frame_id, pose))
    return frames


def _frame(parent: str, child: str, pose: Transform) -> TransformStamped:
    frame = TransformStamped()
    frame.header.frame_id, frame.child_frame_id = parent, child
    x, y, z = (float(v) for v in pose.translation)
    frame.transform.translation = Vector3(x=x, y=y, z=z)
    qx, qy, qz, qw = pose.quaternion()
    frame.transform.rotation = Quaternion(x=qx, y=qy, z=qz, w=qw)
    return frame
