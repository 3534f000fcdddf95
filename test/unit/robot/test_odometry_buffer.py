from __future__ import annotations

import math

import pytest

from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.localization.odometry_buffer import OdometryBuffer


def filled(count: int = 11) -> OdometryBuffer:
    buffer = OdometryBuffer(span_s=5.0)
    for i in range(count):
        buffer.add(0.1 * i, Pose2(0.1 * i, 0.0, 0.0))
    return buffer


def test_between_two_readings_it_interpolates() -> None:
    assert filled().at(0.55).x_m == pytest.approx(0.55)


def test_it_turns_the_short_way_round() -> None:
    buffer = OdometryBuffer()
    buffer.add(0.0, Pose2(0, 0, math.pi - 0.1))
    buffer.add(1.0, Pose2(0, 0, -math.pi + 0.1))
    assert abs(buffer.at(0.5).yaw_rad) == pytest.approx(math.pi)


def test_outside_it_only_reaches_a_little() -> None:
    assert filled().at(1.2).x_m == pytest.approx(1.0)
    assert filled().at(2.0) is None
    assert filled().at(-1.0) is None


def test_old_readings_go_and_a_reset_of_time_forgets_all() -> None:
    buffer = filled(101)
    assert buffer.at(1.0) is None
    buffer.add(0.5, Pose2(7, 0, 0))
    assert buffer.latest == (0.5, Pose2(7, 0, 0))
    assert buffer.at(9.0) is None
