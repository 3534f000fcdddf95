from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle

length = st.floats(-50, 50)
poses = st.builds(Pose2, length, length, st.floats(-10, 10))


def close(a: Pose2, b: Pose2) -> bool:
    return a.distance_to(b.x_m, b.y_m) < 1e-9 and abs(wrap_angle(a.yaw_rad - b.yaw_rad)) < 1e-9


@given(poses, poses)
def test_to_undoes_itself(a: Pose2, b: Pose2) -> None:
    assert close(a @ a.to(b), b)
    assert close(a @ a.inverse(), Pose2())


@given(poses, length, length)
def test_apply_and_local_are_inverse(pose: Pose2, x: float, y: float) -> None:
    assert pose.local(*pose.apply([x, y])) == pytest.approx((x, y), abs=1e-9)


@given(poses, length, length)
def test_facing_leaves_no_bearing(pose: Pose2, x: float, y: float) -> None:
    assert pose.facing(x, y).bearing_to(x, y) == pytest.approx(0, abs=1e-9)


@given(st.floats(-1000, 1000))
def test_wrapped_angles_are_the_same_direction(angle: float) -> None:
    wrapped = wrap_angle(angle)
    assert -math.pi <= wrapped <= math.pi
    assert math.sin(wrapped) == pytest.approx(math.sin(angle), abs=1e-9)


def test_ahead_and_bearing_have_the_usual_signs() -> None:
    assert close(Pose2(1, 2, math.pi / 2).ahead(0.5), Pose2(1, 2.5, math.pi / 2))
    assert Pose2(0, 0, 0).bearing_to(1, 1) == pytest.approx(math.pi / 4)
