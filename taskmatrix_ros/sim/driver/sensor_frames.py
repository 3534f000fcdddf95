"""Where the robot's sensors sit on it."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3

from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.sim.sdf.sdf_types import Model


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
