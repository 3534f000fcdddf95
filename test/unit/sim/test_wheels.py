from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskmatrix_ros.sim.driver.battery import Battery
from taskmatrix_ros.sim.driver.odometry import OdometryNoise, WheelOdometry
from taskmatrix_ros.sim.mujoco.differential_drive import DifferentialDriveController
from taskmatrix_ros.sim.sdf.sdf_plugins import DifferentialDrive
from taskmatrix_ros.sim.sdf.transforms import wrapped

R, W = 0.07, 0.32
EXACT = OdometryNoise(0.0, 0.0, 0.0)


def drive() -> DifferentialDrive:
    return DifferentialDrive(
        left_joints=("l",),
        right_joints=("r",),
        wheel_separation_m=W,
        wheel_radius_m=R,
        linear_m_s=(-0.5, 0.6),
        linear_m_s2=(-2.0, 1.0),
        angular_rad_s=(-1.5, 1.5),
        angular_rad_s2=(-3.0, 3.0),
        odometry_hz=50.0,
        topic="cmd_vel",
        odometry_topic="odom",
        frame_id="odom",
        child_frame_id="base_link",
    )


def test_wheel_speeds_give_the_wanted_velocity() -> None:
    controller = DifferentialDriveController(drive())
    for _ in range(200):
        left, right = controller.update(0.3, 0.8, 0.01)
    assert (left + right) / 2 * R == pytest.approx(0.3)
    assert (right - left) * R / W == pytest.approx(0.8)


def test_turning_left_runs_the_right_wheel_forwards() -> None:
    controller = DifferentialDriveController(drive())
    left, right = controller.update(0.0, 1.0, 0.01)
    assert left < 0 < right


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-9, 9)), min_size=1, max_size=60))
def test_never_beyond_speed_or_acceleration(commands: list[tuple[float, float]]) -> None:
    controller, before = DifferentialDriveController(drive()), (0.0, 0.0)
    for linear, angular in commands:
        controller.update(linear, angular, 0.01)
        now = (controller.linear_m_s, controller.angular_rad_s)
        assert -0.5 <= now[0] <= 0.6
        assert abs(now[1]) <= 1.5
        assert -0.02 - 1e-12 <= now[0] - before[0] <= 0.01 + 1e-12
        assert abs(now[1] - before[1]) <= 0.03 + 1e-12
        before = now


@given(st.floats(-1.0, 1.0), st.floats(-2.0, 2.0), st.floats(0.5, 5.0))
def test_odometry_of_an_arc_is_the_arc(linear: float, angular: float, seconds: float) -> None:
    odometry = WheelOdometry(R, W, EXACT, np.random.default_rng(0))
    odometry.update(0.0, 0.0, 0.01)
    steps = int(seconds / 0.05)
    for step in range(1, steps + 1):
        t = step * 0.05
        state = odometry.update((linear - angular * W / 2) / R * t, (linear + angular * W / 2) / R * t, 0.05)
    t = steps * 0.05
    turn = angular * t
    if abs(angular) < 1e-6:
        x, y = linear * t * math.cos(turn / 2), linear * t * math.sin(turn / 2)
    else:
        x, y = linear / angular * math.sin(turn), linear / angular * (1 - math.cos(turn))
    assert (state.x_m, state.y_m) == pytest.approx((x, y), abs=1e-6)
    assert abs(wrapped(state.yaw_rad - turn)) < 1e-6
    assert state.linear_m_s == pytest.approx(linear, abs=1e-9)
    assert state.angular_rad_s == pytest.approx(angular, abs=1e-9)


def test_noise_drifts_and_the_seed_decides_how() -> None:
    def end(seed: int) -> tuple[float, float, float]:
        odometry = WheelOdometry(R, W, OdometryNoise(), np.random.default_rng(seed))
        for step in range(1001):
            state = odometry.update(step * 0.1, step * 0.1, 0.01)
        return state.x_m, state.y_m, state.yaw_rad

    assert end(1) == end(1)
    assert end(1) != end(2)
    ends = np.array([end(seed) for seed in range(30)])
    assert 0.001 < ends[:, 0].std() / 7.0 < 0.02
    assert ends[:, 2].std() > 0.02


def test_standing_still_adds_no_noise() -> None:
    odometry = WheelOdometry(R, W, OdometryNoise(), np.random.default_rng(1))
    for _ in range(1000):
        state = odometry.update(3.0, 4.0, 0.01)
    assert (state.x_m, state.y_m, state.yaw_rad) == (0.0, 0.0, 0.0)


def test_battery_drains_faster_under_load_and_never_below_empty() -> None:
    idle, busy = Battery(), Battery()
    for _ in range(60):
        idle.update(0.0, 60.0)
        busy.update(60.0, 60.0)
    assert busy.charge_ratio < idle.charge_ratio < 1.0
    assert busy.current_a < idle.current_a < 0
    busy.update(1e6, 1e6)
    assert busy.charge_ratio == 0.0
    assert busy.voltage_v == busy.empty_v
