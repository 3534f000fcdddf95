"""Zones of the map are kept whoever commands: slow in time, never into what is forbidden, always out of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.robot.description.world_description import Zone
from taskmatrix_ros.robot.driver.zone_guard import ZoneGuard
from taskmatrix_ros.robot.geometry.path_follower import Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2

STAIRS = Zone(name="stairs", x_m=(2.0, 3.0), y_m=(-1.0, 1.0))
RAMP = Zone(name="ramp", x_m=(2.0, 3.0), y_m=(-1.0, 1.0), max_linear_m_s=0.2)
RADIUS_M, BRAKING = 0.2, 1.5


def guard(pose: Pose2 | None, *zones: Zone) -> ZoneGuard:
    return ZoneGuard(zones, lambda: pose, radius_m=RADIUS_M, braking_m_s2=BRAKING)


def speed(pose: Pose2, linear_m_s: float, *zones: Zone) -> float:
    return guard(pose, *zones).confine(Velocity(linear_m_s, 0.3))[0].linear_m_s


def test_far_away_and_past_it_nothing_changes() -> None:
    assert speed(Pose2(0.0, 0.0, 0.0), 0.5, STAIRS) == 0.5
    assert speed(Pose2(0.0, 3.0, 0.0), 0.5, STAIRS) == 0.5
    assert speed(Pose2(1.7, 0.0, math.pi), 0.5, STAIRS) == 0.5
    assert guard(None, STAIRS).confine(Velocity(0.5, 0.0)) == (Velocity(0.5, 0.0), None)


def test_at_the_edge_it_stands_and_says_why() -> None:
    velocity, forbidden = guard(Pose2(1.76, 0.0, 0.0), STAIRS).confine(Velocity(0.5, 0.3))
    assert velocity == Velocity(0.0, 0.3)
    assert "'stairs'" in forbidden
    assert speed(Pose2(1.76, 0.0, math.pi), -0.5, STAIRS) == 0.0  # backwards is forwards for the wheels


def test_who_is_inside_drives_out_by_the_shorter_way() -> None:
    assert speed(Pose2(2.1, 0.0, math.pi), 0.5, STAIRS) == 0.5
    assert speed(Pose2(2.1, 0.0, math.pi), -0.5, STAIRS) == 0.0
    assert speed(Pose2(2.1, 0.0, 0.0), 0.5, STAIRS) == 0.0


def test_a_slow_zone_is_driven_slowly_from_its_edge_on() -> None:
    assert speed(Pose2(2.5, 0.0, 0.0), 0.5, RAMP) == pytest.approx(0.2)
    assert 0.2 < speed(Pose2(1.75, 0.0, 0.0), 0.5, RAMP) < 0.5
    assert speed(Pose2(2.5, 0.0, 0.0), 0.1, RAMP) == 0.1


@settings(max_examples=150, deadline=None)
@given(
    x_m=st.floats(-2, 5),
    y_m=st.floats(-3, 3),
    yaw_rad=st.floats(-math.pi, math.pi),
    linear_m_s=st.floats(-0.6, 0.6),
    turn_rad_s=st.floats(-1.0, 1.0),
)
def test_no_command_leads_into_a_forbidden_zone(
    x_m: float, y_m: float, yaw_rad: float, linear_m_s: float, turn_rad_s: float
) -> None:
    """Whatever is commanded, the base does not enter; obeying late, by one period, costs no more than the margin."""
    pose = Pose2(x_m, y_m, yaw_rad)

    def inside(p: Pose2) -> bool:
        dx, dy = max(2.0 - p.x_m, 0.0, p.x_m - 3.0), max(-1.0 - p.y_m, 0.0, p.y_m - 1.0)
        return math.hypot(dx, dy) < RADIUS_M - 1e-9

    if inside(pose):
        return
    for _ in range(120):
        velocity, _why = guard(pose, STAIRS).confine(Velocity(linear_m_s, turn_rad_s))
        assert abs(velocity.linear_m_s) <= abs(linear_m_s) + 1e-12
        assert velocity.angular_rad_s == turn_rad_s
        half = velocity.angular_rad_s * 0.05 / 2
        pose = pose @ Pose2(0.0, 0.0, half) @ Pose2(velocity.linear_m_s * 0.05, 0.0, half)
        assert not inside(pose)


def test_a_zone_without_an_inside_is_refused() -> None:
    with pytest.raises(ValueError, match="zone 'z': x_m and y_m are each a lesser and a greater value"):
        Zone(name="z", x_m=(1.0, 1.0), y_m=(0.0, 1.0))
