"""Stop latch, watchdog, limits and ramps, in simulated time."""

from __future__ import annotations

import math

import pytest

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.sim.gazebo.command_guard import CommandGuard
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader

LIFT, GRIPPER = "lift/command", "gripper/command"


@pytest.fixture
def guard() -> CommandGuard:
    guard = CommandGuard(SdfReader(resource("sim/models")).load_model("home_robot"))
    for topic in guard.topics:
        guard.place(topic, 0.0)
    return guard


def run(guard: CommandGuard, until_s: float, step_s: float = 0.01) -> list[float]:
    way = []
    now = guard._now_s
    while now < until_s - 1e-9:
        now += step_s
        guard.advance(now)
        way.append(guard.setpoint(LIFT))
    return way


def test_nothing_is_told_before_it_is_known_where_the_joints_are() -> None:
    fresh = CommandGuard(SdfReader(resource("sim/models")).load_model("home_robot"))
    fresh.advance(0.1)
    assert fresh.setpoint(LIFT) is None
    fresh.place(LIFT, math.nan)
    assert fresh.setpoint(LIFT) is None
    fresh.place(LIFT, 0.2)
    fresh.place(LIFT, 0.5)
    assert fresh.setpoint(LIFT) == 0.2


def test_setpoints_move_no_faster_than_their_joints(guard: CommandGuard) -> None:
    way = run(guard, 3.0)
    steps = [b - a for a, b in zip([0.0, *way], way, strict=False)]
    assert max(steps) <= 0.4 * 0.01 + 1e-9
    assert way[-1] == pytest.approx(0.6)
    assert guard.setpoint(GRIPPER) == pytest.approx(0.06)


def test_targets_are_cut_to_the_limits_and_nonsense_is_passed_over(guard: CommandGuard) -> None:
    guard.set_position(LIFT, 9.0)
    assert guard.target(LIFT) == 0.65
    guard.set_position(LIFT, -9.0)
    assert guard.target(LIFT) == 0.0
    guard.set_position(LIFT, math.nan)
    assert guard.target(LIFT) == 0.0
    guard.set_velocity(math.inf, 0.0)
    assert guard.velocity == (0.0, 0.0)


def test_a_velocity_holds_for_half_a_second(guard: CommandGuard) -> None:
    run(guard, 1.0)
    guard.set_velocity(0.3, -0.2)
    assert guard.velocity == (0.3, -0.2)
    run(guard, 1.49)
    assert guard.velocity == (0.3, -0.2)
    run(guard, 1.51)
    assert guard.velocity == (0.0, 0.0)


def test_stop_forgets_what_was_commanded_and_hears_nothing(guard: CommandGuard) -> None:
    run(guard, 0.5)
    guard.set_velocity(0.3, 0.0)
    guard.set_stopped(True)
    assert guard.velocity == (0.0, 0.0)
    held = guard.setpoint(LIFT)
    guard.set_velocity(0.3, 0.0)
    guard.set_position(LIFT, 0.6)
    run(guard, 2.0)
    assert guard.velocity == (0.0, 0.0)
    assert guard.setpoint(LIFT) == held
    guard.set_stopped(False)
    run(guard, 3.0)
    assert guard.setpoint(LIFT) == held
    guard.set_position(LIFT, 0.6)
    run(guard, 5.0)
    assert guard.setpoint(LIFT) == pytest.approx(0.6)


def test_what_is_stopped_from_the_start_does_not_go_to_its_initial_position() -> None:
    fresh = CommandGuard(SdfReader(resource("sim/models")).load_model("home_robot"))
    fresh.set_stopped(True)
    fresh.place(LIFT, 0.1)
    run(fresh, 2.0)
    assert fresh.setpoint(LIFT) == 0.1
    fresh.set_stopped(False)
    run(fresh, 5.0)
    assert fresh.setpoint(LIFT) == pytest.approx(0.6)


def test_a_pause_is_no_big_step_and_a_reset_ends_a_velocity(guard: CommandGuard) -> None:
    guard.advance(100.0)
    assert guard.setpoint(LIFT) <= 0.4 * 0.1 + 1e-9
    guard.set_velocity(0.3, 0.0)
    guard.advance(0.0)
    assert guard.velocity == (0.0, 0.0)
