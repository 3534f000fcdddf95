"""Frames by REP 103 and REP 105, as /tf_static would tell them."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.sim.driver.sensor_frames import sensor_frames
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.worlds.locations import model_folder, world_file

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


def test_camera_and_scanner_hang_on_base_link() -> None:
    robot = SdfReader(model_folder()).load_world(world_file("home")).robot
    frames = {frame.child_frame_id: frame for frame in sensor_frames(robot, "base_link")}
    assert set(frames) == {"camera_optical", "lidar"}
    assert {frame.header.frame_id for frame in frames.values()} == {"base_link"}
    lidar, camera = frames["lidar"].transform, frames["camera_optical"].transform
    assert (lidar.translation.x, lidar.translation.z, lidar.rotation.w) == (0.13, 0.28, 1.0)
    q = camera.rotation
    pose = Transform.from_quaternion([camera.translation.x, 0, camera.translation.z], [q.x, q.y, q.z, q.w])
    down = math.radians(20)
    assert pose.rotation[:, 2] == pytest.approx([math.cos(down), 0, -math.sin(down)])  # z looks ahead and down
    assert pose.rotation[:, 0] == pytest.approx([0, -1, 0])  # x to the right
    assert np.linalg.det(pose.rotation) == pytest.approx(1)
