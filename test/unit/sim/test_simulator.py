"""Physics and what stands between it and the robot's commands, all by simulated time."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("mujoco")

from simulated_hand import approach, run

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.pacer import Pacer
from taskmatrix_ros.sim.mujoco.simulator import CONTROL_PERIOD_S, SimulationError, Simulator, TruePose
from taskmatrix_ros.sim.sdf.transforms import wrapped

pytestmark = pytest.mark.mujoco


@pytest.fixture
def simulator() -> Simulator:
    return build_simulator("home", odometry_noise=0.0).simulator


def joint(simulator: Simulator, name: str) -> tuple[float, float]:
    state = next(s for s in simulator.joint_states() if s.name == name)
    return state.position, state.effort


def stand_before(simulator: Simulator, name: str, *, gap_m: float = 0.42) -> TruePose:
    """Put the robot in front of an object, hand open and level with it."""
    approach(simulator, thing := simulator.true_pose(name), gap_m)
    return thing


def test_nothing_moves_until_something_is_commanded(simulator: Simulator) -> None:
    run(simulator, 1.0)
    before = simulator.true_poses()
    run(simulator, 20.0)
    for name, pose in simulator.true_poses().items():
        start = before[name]
        assert math.dist((pose.x_m, pose.y_m, pose.z_m), (start.x_m, start.y_m, start.z_m)) < 1e-4, name
        assert abs(wrapped(pose.yaw_rad - start.yaw_rad)) < 1e-4, name
    assert np.abs(simulator.data.qvel).max() < 1e-3
    assert simulator.held is None
    assert simulator.hardest_bump is None


@pytest.mark.parametrize("speed", [0.1, 0.5, -0.4])
def test_drives_straight_at_the_commanded_speed(simulator: Simulator, speed: float) -> None:
    simulator.put("robot", TruePose(4.3, 2.0, 0.0, 0.0))
    run(simulator, 1.0, (speed, 0.0))
    start = simulator.true_pose("robot")
    run(simulator, 2.0, (speed, 0.0))
    end = simulator.true_pose("robot")
    assert end.x_m - start.x_m == pytest.approx(2 * speed, rel=0.005)
    assert abs(end.y_m - start.y_m) < 0.002
    assert abs(end.yaw_rad) < 0.002
    assert simulator.odometry.linear_m_s == pytest.approx(speed, rel=0.005)


@pytest.mark.parametrize("rate", [0.3, -1.5])
def test_turns_on_the_spot_at_the_commanded_rate(simulator: Simulator, rate: float) -> None:
    run(simulator, 1.0, (0.0, rate))
    start = simulator.true_pose("robot")
    run(simulator, 1.5, (0.0, rate))
    end = simulator.true_pose("robot")
    assert wrapped(end.yaw_rad - start.yaw_rad) == pytest.approx(1.5 * rate, rel=0.01)
    assert math.dist((end.x_m, end.y_m), (start.x_m, start.y_m)) < 0.003


def test_does_not_tip_when_stopped_from_full_speed(simulator: Simulator) -> None:
    simulator.set_position("lift/command", 0.65)
    tilt = 0.0
    for velocity in ((0.6, 0.0), (0.6, 1.8), (-0.6, -1.8), (0.0, 0.0)):
        for _ in range(80):
            run(simulator, CONTROL_PERIOD_S, velocity)
            upright = simulator.data.body("robot/base_link").xmat.reshape(3, 3)[2, 2]
            tilt = max(tilt, math.acos(min(1.0, upright)))
    assert tilt < math.radians(1.0)
    assert abs(simulator.true_pose("robot").z_m) < 0.002


def test_stands_half_a_second_after_the_last_command_and_its_braking(simulator: Simulator) -> None:
    run(simulator, 1.0, (0.5, 0.0))
    run(simulator, 0.45)
    assert simulator.odometry.linear_m_s == pytest.approx(0.5, rel=0.01)
    run(simulator, 0.1 + 0.5 / 1.5)
    assert abs(simulator.odometry.linear_m_s) < 0.005


def test_stop_holds_everything_still_and_forgets_what_was_commanded(simulator: Simulator) -> None:
    simulator.set_position("lift/command", 0.1)
    run(simulator, 0.5, (0.5, 0.0))
    simulator.set_stopped(True)
    run(simulator, 0.5, (0.5, 0.5))
    before, lift = simulator.true_pose("robot"), joint(simulator, "lift_joint")[0]
    simulator.set_position("lift/command", 0.0)
    run(simulator, 1.0, (0.5, 0.5))
    after = simulator.true_pose("robot")
    assert math.dist((before.x_m, before.y_m), (after.x_m, after.y_m)) < 1e-3
    assert joint(simulator, "lift_joint")[0] == pytest.approx(lift, abs=0.002)
    simulator.set_stopped(False)
    run(simulator, 1.0)
    assert (
        math.dist((simulator.true_pose("robot").x_m, simulator.true_pose("robot").y_m), (after.x_m, after.y_m)) < 1e-3
    )
    assert joint(simulator, "lift_joint")[0] == pytest.approx(lift, abs=0.002)
    run(simulator, 1.0, (0.3, 0.0))
    assert simulator.odometry.linear_m_s == pytest.approx(0.3, rel=0.01)


def test_standing_takes_less_than_half_a_second_from_full_speed(simulator: Simulator) -> None:
    run(simulator, 1.0, (0.6, 0.0))
    simulator.set_stopped(True)
    run(simulator, 0.5)
    assert abs(simulator.odometry.linear_m_s) < 0.005


def test_commands_that_are_no_numbers_are_ignored(simulator: Simulator) -> None:
    simulator.set_velocity(math.nan, 0.0)
    simulator.set_velocity(0.0, math.inf)
    simulator.set_position("lift/command", math.nan)
    run(simulator, 1.0)
    assert abs(simulator.odometry.linear_m_s) + abs(simulator.odometry.angular_rad_s) < 1e-6
    assert joint(simulator, "lift_joint")[0] == pytest.approx(0.6, abs=0.002)


@pytest.mark.parametrize(("command", "reached"), [(0.2, 0.2), (0.0, 0.0), (5.0, 0.65), (-1.0, 0.0)])
def test_lift_goes_where_it_is_sent_within_its_limits(simulator: Simulator, command: float, reached: float) -> None:
    simulator.set_position("lift/command", command)
    run(simulator, 2.5)
    assert joint(simulator, "lift_joint")[0] == pytest.approx(reached, abs=0.002)


def test_lift_moves_no_faster_than_it_may(simulator: Simulator) -> None:
    simulator.set_position("lift/command", 0.0)
    run(simulator, 2.0)
    simulator.set_position("lift/command", 0.65)
    run(simulator, 1.0)
    assert joint(simulator, "lift_joint")[0] == pytest.approx(0.4, abs=0.02)


def test_a_script_played_twice_ends_the_same() -> None:
    def play() -> np.ndarray:
        simulator = build_simulator("home", seed=11).simulator
        stand_before(simulator, "coke")
        simulator.set_position("gripper/command", 0.0)
        run(simulator, 1.0)
        simulator.set_position("lift/command", 0.6)
        run(simulator, 1.0)
        run(simulator, 2.0, (-0.3, 0.4))
        simulator.set_position("gripper/command", 0.06)
        run(simulator, 1.0)
        odometry = simulator.odometry
        scan = np.nan_to_num(simulator.lidars[0].scan(simulator.data), posinf=99.0)
        return np.concatenate([simulator.state_vector(), [odometry.x_m, odometry.y_m, odometry.yaw_rad], scan])

    first, second = play(), play()
    assert np.abs(first - second).max() <= 1e-9


def test_another_seed_gives_other_noise() -> None:
    ends = []
    for seed in (1, 2):
        simulator = build_simulator("home", seed=seed).simulator
        run(simulator, 3.0, (0.5, 0.2))
        ends.append((simulator.odometry.x_m, simulator.odometry.yaw_rad))
    assert ends[0] != ends[1]


@pytest.mark.parametrize("name", ["coke", "water_bottle", "remote", "medicine"])
def test_grasps_carries_and_lets_go(simulator: Simulator, name: str) -> None:
    stand_before(simulator, name)
    simulator.set_position("gripper/command", 0.0)
    run(simulator, 1.2)
    assert simulator.held == name
    for finger in ("left_finger_joint", "right_finger_joint"):
        position, effort = joint(simulator, finger)
        assert position == pytest.approx(0.04, abs=0.004)
        assert effort < -10
    simulator.set_position("lift/command", 0.62)
    run(simulator, 1.5)
    hand = simulator.true_pose("robot")
    for velocity in ((-0.5, 0.0), (0.0, 1.8), (0.6, -1.8), (0.0, 0.0)):
        run(simulator, 0.8, velocity)
        robot, carried = simulator.true_pose("robot"), simulator.true_pose(name)
        ahead = math.dist((robot.x_m, robot.y_m), (carried.x_m, carried.y_m))
        assert ahead == pytest.approx(0.42, abs=0.02)
        assert carried.z_m == pytest.approx(0.97, abs=0.02)
    assert hand != simulator.true_pose("robot")
    simulator.set_position("gripper/command", 0.06)
    run(simulator, 1.5)
    assert simulator.held is None
    assert simulator.true_pose(name).z_m < 0.9


def test_closing_on_nothing_holds_nothing(simulator: Simulator) -> None:
    simulator.set_position("gripper/command", 0.0)
    run(simulator, 1.5)
    assert simulator.held is None
    for finger in ("left_finger_joint", "right_finger_joint"):
        position, effort = joint(simulator, finger)
        assert position == pytest.approx(0.0, abs=0.001)
        assert abs(effort) < 1.0


@pytest.mark.parametrize("gap_m", [0.53, 0.7])
def test_an_object_out_of_the_fingers_is_not_attached(simulator: Simulator, gap_m: float) -> None:
    thing = stand_before(simulator, "coke", gap_m=gap_m)
    simulator.set_position("gripper/command", 0.0)
    run(simulator, 1.5)
    assert simulator.held is None
    simulator.set_position("lift/command", 0.65)
    run(simulator, 1.0)
    assert simulator.true_pose("coke").z_m == pytest.approx(thing.z_m, abs=0.001)


def test_touching_with_an_open_gripper_does_not_attach(simulator: Simulator) -> None:
    stand_before(simulator, "coke", gap_m=0.40)
    run(simulator, 0.5, (0.05, 0.0))
    run(simulator, 0.5)
    assert simulator.held is None


def test_one_finger_alone_does_not_attach(simulator: Simulator) -> None:
    thing = stand_before(simulator, "coke")
    aside = 0.015
    x, y = thing.x_m - aside * math.sin(thing.yaw_rad), thing.y_m + aside * math.cos(thing.yaw_rad)
    simulator.put("coke", TruePose(x, y, thing.z_m, thing.yaw_rad))
    run(simulator, 0.2)
    simulator.set_position("gripper/command", 0.0)
    model, data = simulator.model, simulator.data
    coke, fingers = model.body("coke/link").id, {model.body(f"robot/{s}_finger").id for s in ("left", "right")}
    touched_by_one = 0
    while simulator.held is None and simulator.time_s < 5:
        run(simulator, CONTROL_PERIOD_S)
        pairs = [set(pair) for pair in model.geom_bodyid[data.contact.geom].tolist()]
        touching = {finger for finger in fingers if {finger, coke} in pairs}
        touched_by_one += len(touching) == 1
    assert simulator.held == "coke"
    assert touching == fingers
    assert touched_by_one > 3


def test_only_one_object_is_held(simulator: Simulator) -> None:
    stand_before(simulator, "coke")
    simulator.set_position("gripper/command", 0.0)
    run(simulator, 1.2)
    assert simulator.data.eq_active.sum() == 1


def test_driving_into_furniture_is_noted_and_stops_the_robot(simulator: Simulator) -> None:
    simulator.put("robot", TruePose(2.05, 5.9, 0.0, math.pi / 2))
    run(simulator, 2.0, (0.3, 0.0))
    assert simulator.bumps
    assert simulator.hardest_bump is not None
    assert simulator.hardest_bump.other == "kitchen_counter"
    assert simulator.hardest_bump.robot_part == "base_link"
    assert simulator.true_pose("robot").y_m < 6.42 - 0.195
    run(simulator, 1.0, (-0.3, 0.0))
    assert not simulator.bumps


def test_pressing_on_a_table_is_a_bump_and_the_floor_is_none(simulator: Simulator) -> None:
    run(simulator, 1.0, (0.4, 0.5))
    assert simulator.hardest_bump is None
    simulator.put("robot", TruePose(1.9, 2.1, 0.0, -math.pi / 2))
    simulator.set_position("lift/command", 0.0)
    run(simulator, 2.0)
    assert {bump.other for bump in simulator.bumps} == {"coffee_table"}


def test_an_unstable_world_is_reported(simulator: Simulator) -> None:
    simulator.data.qvel[0] = math.nan
    with pytest.raises(SimulationError, match=r"physics of world 'home' became unstable at 0\.0"):
        simulator.step()


def test_saying_again_that_nothing_is_stopped_does_not_brake(simulator: Simulator) -> None:
    run(simulator, 1.0, (0.3, 0.0))
    simulator.set_stopped(False)
    run(simulator, 0.2)
    assert simulator.odometry.linear_m_s == pytest.approx(0.3, rel=0.01)


def test_listeners_hear_their_own_period(simulator: Simulator) -> None:
    heard: list[float] = []
    simulator.every(0.2, lambda: heard.append(simulator.time_s))
    run(simulator, 1.0)
    assert heard == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_the_scanner_sees_the_walls_where_they_are(simulator: Simulator) -> None:
    simulator.put("robot", TruePose(4.3, 2.9, 0.0, -math.pi / 2))
    run(simulator, 0.1)
    lidar = simulator.lidars[0]
    ranges = np.median([lidar.scan(simulator.data) for _ in range(20)], axis=0)
    ahead = ranges[lidar.sensor.samples // 2]
    assert ahead == pytest.approx(2.9 - 0.13, abs=0.01)
    angles = np.linspace(lidar.sensor.angle_min_rad, lidar.sensor.angle_max_rad, lidar.sensor.samples)
    left = ranges[np.argmin(np.abs(angles - math.pi / 2))]
    assert left == pytest.approx(7.6 - 4.3, abs=0.02)


def test_the_scanner_does_not_see_the_robot_itself(simulator: Simulator) -> None:
    simulator.put("robot", TruePose(4.3, 2.0, 0.0, 0.0))
    simulator.set_position("lift/command", 0.0)
    run(simulator, 2.0)
    assert simulator.lidars[0].scan(simulator.data).min() > 0.5


def test_seeded_homes_stand_as_placed() -> None:
    for seed in (1, 2, 3, 17):
        built = build_simulator("home", seed=seed)
        before = built.simulator.true_poses()
        run(built.simulator, 2.0)
        for name in built.simulator.world.graspable:
            start, now = before[name], built.simulator.true_pose(name)
            assert math.dist((start.x_m, start.y_m, start.z_m), (now.x_m, now.y_m, now.z_m)) < 0.003
            assert built.home.surface_under(name, now.x_m, now.y_m, now.z_m)
        assert built.simulator.hardest_bump is None


def test_the_recorder_tells_before_and_after() -> None:
    built = build_simulator("home", seed=1)
    simulator = built.simulator
    simulator.every(0.1, built.recorder.record)
    before = simulator.true_pose("apple")
    simulator.put("apple", TruePose(1.9, 1.55, 0.5 + 0.046, 0.0))
    run(simulator, 2.0, (0.4, 0.0))
    snapshot = built.recorder.snapshot()
    assert snapshot["seed"] == 1
    assert snapshot["objects_at_start"]["apple"]["x_m"] == pytest.approx(before.x_m, abs=1e-3)
    assert snapshot["objects"]["apple"]["on"] == "coffee_table"
    assert snapshot["objects"]["coke"]["room"] == "kitchen"
    assert snapshot["room"] == "living_room"
    assert snapshot["holding"] is None
    times = [point[0] for point in snapshot["path"]]
    assert times == sorted(times)
    assert snapshot["path"][-1][2] - snapshot["path"][0][2] == pytest.approx(0.73, abs=0.05)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"world_name": "castle"}, "there is no world 'castle'; known: home"),
        ({"seed": -1}, "seed -1 is outside"),
        ({"camera_size": "big"}, "camera size 'big' is not WIDTHxHEIGHT"),
        ({"camera_size": "4000x3000"}, "is above 1920x1440"),
        ({"camera_hz": -1.0}, "camera rate -1.0 Hz is negative"),
        ({"odometry_noise": -1.0}, "odometry noise -1.0 is negative"),
    ],
)
def test_settings_out_of_range_are_refused(options: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        build_simulator(**{"world_name": "home", **options})


def test_the_camera_takes_another_size_and_keeps_its_width_of_view() -> None:
    camera = build_simulator("home", camera_size="320x240", camera_hz=2.0).simulator.world.robot.links[0].cameras[0]
    assert (camera.width_px, camera.height_px, camera.rate_hz) == (320, 240, 2.0)
    assert camera.horizontal_fov_rad == pytest.approx(1.1126, abs=1e-3)


def test_everything_can_be_put_back_while_time_goes_on() -> None:
    simulator = build_simulator("home", seed=3).simulator
    before = simulator.true_poses()
    simulator.set_velocity(0.3, 0.4)
    simulator.set_position("lift/command", 0.4)
    simulator.run_until(1.5)
    simulator.put("coke", TruePose(6.9, 2.9, 0.06, 0.0))
    simulator.run_until(2.0)
    driven = simulator.odometry
    simulator.put_back()
    simulator.run_until(2.5)
    assert simulator.time_s == pytest.approx(2.5)
    for name, pose in simulator.true_poses().items():
        assert (pose.x_m, pose.y_m, pose.z_m) == pytest.approx(
            (before[name].x_m, before[name].y_m, before[name].z_m), abs=0.01
        ), name
    assert simulator.odometry.x_m == pytest.approx(driven.x_m, abs=0.05), "the wheels have not turned back"


def test_a_paused_simulator_takes_steps_and_moves_things_one_by_one() -> None:
    simulator = build_simulator("home", seed=3).simulator
    pacer = Pacer(simulator, speed=1.0)
    pacer.pause(True)
    pacer.open()
    try:
        for _ in range(3):
            assert pacer.between_steps(simulator.step, 60)
        assert simulator.time_s == pytest.approx(3 * CONTROL_PERIOD_S)
        assert pacer.between_steps(lambda: simulator.put("coke", TruePose(6.9, 2.9, 0.06, 0.0)), 60)
        assert simulator.true_pose("coke").x_m == pytest.approx(6.9)
        assert simulator.time_s == pytest.approx(3 * CONTROL_PERIOD_S)
    finally:
        pacer.close()
    assert not pacer.between_steps(simulator.step, timeout_s=0.05)
