from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.robot.geometry.path_follower import FollowLimits, FollowState, PathFollower, Velocity
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle

LIMITS = FollowLimits(
    max_linear_m_s=0.55,
    max_angular_rad_s=1.4,
    linear_acceleration_m_s2=0.6,
    angular_acceleration_rad_s2=2.0,
)
STEP_S = 0.05


class Drive:
    """A differential drive with limited acceleration that hears commands late."""

    def __init__(self, pose: Pose2, late_steps: int = 2) -> None:
        self.pose, self.velocity = pose, Velocity()
        self._queue = [Velocity()] * late_steps
        self.track = [pose]

    def step(self, command: Velocity) -> None:
        self._queue.append(command)
        wanted = self._queue.pop(0)
        a, w = 1.5 * STEP_S, 4.0 * STEP_S
        v = self.velocity
        self.velocity = Velocity(
            v.linear_m_s + float(np.clip(wanted.linear_m_s - v.linear_m_s, -a, a)),
            v.angular_rad_s + float(np.clip(wanted.angular_rad_s - v.angular_rad_s, -w, w)),
        )
        self.pose = self.pose @ Pose2(self.velocity.linear_m_s * STEP_S, 0.0, self.velocity.angular_rad_s * STEP_S)
        self.track.append(self.pose)


def follow(path: list[tuple[float, float]], yaw: float | None, start: Pose2, seconds: float = 90.0) -> Drive:
    follower, drive = PathFollower(np.array(path), yaw, LIMITS), Drive(start)
    for _ in range(int(seconds / STEP_S)):
        command = follower.command(drive.pose)
        assert abs(command.linear_m_s) <= LIMITS.max_linear_m_s + 1e-9
        assert abs(command.angular_rad_s) <= LIMITS.max_angular_rad_s + 1e-9
        drive.step(command)
        if follower.state is FollowState.ARRIVED:
            for _ in range(10):
                drive.step(Velocity())
            return drive
    raise AssertionError(f"not there after {seconds} s: {drive.pose}, {follower.state}, {follower.remaining_m} m left")


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(0.3, 2.0), st.floats(-2.0, 2.0)), min_size=1, max_size=4),
    st.floats(-3.1, 3.1),
    st.floats(-3.1, 3.1),
)
def test_it_arrives_within_five_centimetres_and_degrees(
    legs: list[tuple[float, float]], start_yaw: float, goal_yaw: float
) -> None:
    path, heading = [(0.0, 0.0)], 0.0
    for length, turn in legs:
        heading += turn
        path.append((path[-1][0] + length * math.cos(heading), path[-1][1] + length * math.sin(heading)))
    drive = follow(path, goal_yaw, Pose2(0, 0, start_yaw))
    assert drive.pose.distance_to(*path[-1]) < 0.05
    assert abs(wrap_angle(drive.pose.yaw_rad - goal_yaw)) < math.radians(5)


def test_it_stays_near_the_path_in_a_sharp_corner() -> None:
    path = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)]
    drive = follow(path, None, Pose2(0, 0, 0))
    off = [
        min(abs(p.y_m) if p.x_m < 2 else 9, abs(p.x_m - 2) if p.y_m > 0 else 9, math.hypot(p.x_m - 2, p.y_m))
        for p in drive.track
    ]
    assert max(off) < 0.25


def test_it_starts_gently_and_brakes_in_time() -> None:
    drive = follow([(0.0, 0.0), (3.0, 0.0)], 0.0, Pose2(0, 0, 0))
    assert max(p.x_m for p in drive.track) < 3.03


def test_it_turns_round_first_if_the_path_leads_back() -> None:
    drive = follow([(0.0, 0.0), (-1.0, 0.0)], None, Pose2(0, 0, 0))
    assert max(p.x_m for p in drive.track) < 0.1


def test_it_stops_before_an_obstacle_and_goes_on_when_it_is_gone() -> None:
    follower, drive = PathFollower(np.array([(0.0, 0.0), (3.0, 0.0)]), None, LIMITS), Drive(Pose2())
    for _ in range(400):
        drive.step(follower.command(drive.pose, free_m=1.0 - drive.pose.x_m))
    assert 0.9 < drive.pose.x_m < 1.02
    assert follower.command(drive.pose, free_m=-0.1).linear_m_s == 0.0
    assert follower.command(drive.pose).linear_m_s > 0.0


def test_progress_never_runs_back() -> None:
    follower = PathFollower(np.array([(0.0, 0.0), (2.0, 0.0), (2.0, 0.5), (0.0, 0.5)]), None, LIMITS)
    left = [follower.length_m]
    for x in np.linspace(0, 2, 40):
        follower.command(Pose2(float(x), 0.0, 0.0))
        left.append(follower.remaining_m)
    assert left == sorted(left, reverse=True)
    assert follower.remaining_m == pytest.approx(2.5, abs=0.1)  # not the other leg, though it is near


def test_a_path_of_one_point_is_a_turn() -> None:
    drive = follow([(0.0, 0.0)], 2.0, Pose2(0.005, 0, 0))
    assert drive.pose.yaw_rad == pytest.approx(2.0, abs=0.06)


def test_ahead_begins_at_the_robot() -> None:
    follower = PathFollower(np.array([(0.0, 0.0), (2.0, 0.0)]), None, LIMITS)
    ahead = follower.ahead(Pose2(0.5, 0.1, 0.0), 1.0)
    assert ahead[0] == pytest.approx([0.5, 0.1])
    assert ahead[-1, 0] == pytest.approx(1.45, abs=0.06)
