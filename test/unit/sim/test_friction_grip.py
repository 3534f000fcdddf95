"""A hand that holds by friction alone: what is held stays, what is too heavy, smooth or weakly gripped slips."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

pytest.importorskip("mujoco")

from simulated_hand import approach, run

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.mujoco.simulator import Grasp, Simulator
from taskmatrix_ros.sim.sdf.sdf_types import Link, World

pytestmark = pytest.mark.mujoco


def grip_and_lift(simulator: Simulator, name: str = "cup") -> float:
    """Close the hand around a thing and lift it by 15 cm. Gives how far it rose, in metres."""
    thing = simulator.true_pose(name)
    approach(simulator, thing)
    simulator.set_position("gripper/command", 0.0)
    run(simulator, 1.2)
    assert simulator.held == name, "gripped, whether it will hold or not"
    simulator.set_position("lift/command", thing.z_m - 0.35 + 0.15)
    run(simulator, 1.5)
    return simulator.true_pose(name).z_m - thing.z_m


def changed(world: World, name: str, change: Callable[[Link], Link]) -> World:
    model = world.model(name)
    other = replace(model, links=(change(model.links[0]), *model.links[1:]))
    return replace(world, models=tuple(other if m is model else m for m in world.models))


def heavy(link: Link) -> Link:
    return replace(link, inertial=replace(link.inertial, mass_kg=4.5))  # 44 N; two fingers hold 36


def smooth(link: Link) -> Link:
    return replace(link, collisions=tuple(replace(c, friction=0.04) for c in link.collisions))


def test_friction_alone_carries_a_thing_about_and_lets_go_when_told() -> None:
    simulator = build_simulator("home", grasp=Grasp.FRICTION).simulator
    equalities = [simulator.model.equality(i).name for i in range(simulator.model.neq)]
    assert not any(name.startswith("grasp/") for name in equalities), "nothing could fasten it"
    assert grip_and_lift(simulator) == pytest.approx(0.15, abs=0.005)
    lifted = simulator.true_pose("cup").z_m
    for velocity in ((-0.5, 0.0), (0.0, 1.8), (0.5, -1.8), (0.0, 0.0)):
        run(simulator, 1.5, velocity)
    run(simulator, 30.0)
    assert simulator.held == "cup"
    robot, cup = simulator.true_pose("robot"), simulator.true_pose("cup")
    assert cup.z_m == pytest.approx(lifted, abs=0.005), "it does not creep out of the fingers"
    assert math.dist((robot.x_m, robot.y_m), (cup.x_m, cup.y_m)) == pytest.approx(0.42, abs=0.01)
    simulator.set_position("gripper/command", 0.06)
    run(simulator, 1.5)
    assert simulator.held is None
    assert simulator.true_pose("cup").z_m < lifted - 0.1


@pytest.mark.parametrize("change", [heavy, smooth])
def test_what_is_too_heavy_or_too_smooth_slips(change: Callable[[Link], Link]) -> None:
    world = changed(build_simulator("home").simulator.world, "cup", change)
    simulator = Simulator(world, grasp=Grasp.FRICTION)
    assert grip_and_lift(simulator) < 0.05
    welded = Simulator(world)
    assert grip_and_lift(welded) > 0.12, "it is the friction that decides"


def test_a_weak_grip_slips_where_a_strong_one_holds() -> None:
    weak, strong = (build_simulator("home", grasp=Grasp.FRICTION, grip_n=n).simulator for n in (0.8, 8.0))
    assert grip_and_lift(weak) < 0.05
    assert grip_and_lift(strong) == pytest.approx(0.15, abs=0.005)


def test_what_slips_while_it_is_carried_falls_and_is_no_longer_held() -> None:
    simulator = build_simulator("home", grasp=Grasp.FRICTION).simulator
    grip_and_lift(simulator)
    simulator.model.pair_friction[:, :2] = 0.02  # wet hands
    run(simulator, 2.0, (-0.3, 0.0))
    assert simulator.held is None
    assert simulator.true_pose("cup").z_m < 0.8
    fingers = [state.position for state in simulator.joint_states() if "finger" in state.name]
    assert max(fingers) < 0.005, "the fingers closed: so the robot knows"


@pytest.mark.parametrize("grip_n", [0.0, -3.0, 1000.0, math.nan])
def test_a_grip_that_no_hand_has(grip_n: float) -> None:
    with pytest.raises(ConfigError, match=r"is outside 0\.\.200 N"):
        build_simulator("home", grip_n=grip_n)
