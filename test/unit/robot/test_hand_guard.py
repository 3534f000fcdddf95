from __future__ import annotations

import numpy as np
import pytest
from home import home

from taskmatrix_ros.robot.body.hand_guard import HandGuard
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox

WALL = StaticBox("wall", Pose2(1.0, 0.0, 0), 0.1, 6.0, 0, 2)
GUARD = HandGuard(DistanceField.from_boxes([WALL], (-3, -3, 3, 3)), home().robot)
NOTHING = np.empty((0, 2))


@pytest.mark.parametrize(
    ("pose", "velocity", "free"),
    [
        (Pose2(0.0, 0, 0), Velocity(0.3), True),
        (Pose2(0.4, 0, 0), Velocity(0.3), False),
        (Pose2(0.4, 0, 0), Velocity(-0.3), True),
        (Pose2(0.6, 0, 1.57), Velocity(0.3), True),  # along the wall
        (Pose2(0.6, 0, 1.2), Velocity(0.0, -1.2), False),  # turning towards it
        (Pose2(0.6, 0, 1.2), Velocity(0.0, 1.2), True),  # turning away
        (Pose2(0.6, 0, 0.7), Velocity(0.0, 1.2), True),  # too close already, and getting out
        (Pose2(0.6, 0, 0.7), Velocity(), True),
    ],
)
def test_the_hand_keeps_off_walls(pose: Pose2, velocity: Velocity, free: bool) -> None:
    assert GUARD.free(pose, velocity, NOTHING) is free


def test_what_is_on_no_map_counts_too() -> None:
    pose = Pose2(-1.0, 0, 0)
    assert GUARD.free(pose, Velocity(0.3), NOTHING)
    assert not GUARD.free(pose, Velocity(0.3), np.array([[-0.45, 0.05]]))
    assert not GUARD.free(pose, Velocity(0.0, 1.2), np.array([[-0.7, 0.3]]))
