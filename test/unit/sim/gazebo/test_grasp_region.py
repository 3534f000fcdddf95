"""A thing is held only if it is between the fingers and as wide as they are apart."""

from __future__ import annotations

import math

import pytest

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.sim.gazebo.grasp_region import GraspRegion
from taskmatrix_ros.sim.grasp_decision import GraspDecision
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader

ROBOT = Transform.from_plane(2.0, 3.0, 0.7)
LIFT_M = 0.6
GRASP_Z_M = 0.35 + LIFT_M


@pytest.fixture(scope="module")
def region() -> GraspRegion:
    world = SdfReader(resource("sim/models")).load_world(resource("sim/worlds/home.sdf"))
    return GraspRegion(world, "gripper/command", "lift/command")


def at(ahead_m: float = 0.42, left_m: float = 0.0, up_m: float = 0.0, yaw_rad: float = 0.0) -> Transform:
    return ROBOT @ Transform.from_plane(ahead_m, left_m, yaw_rad, GRASP_Z_M + up_m)


def enclosed(region: GraspRegion, fingers_m: float = 0.04, **objects: Transform) -> str | None:
    return region.enclosed(ROBOT, LIFT_M, fingers_m, objects)


def test_what_is_between_the_fingers_is_enclosed(region: GraspRegion) -> None:
    assert enclosed(region, coke=at()) == "coke"
    assert enclosed(region, coke=at(up_m=0.05)) == "coke"
    assert enclosed(region, 0.045, coke=at(yaw_rad=0.3)) == "coke"


@pytest.mark.parametrize(
    "place",
    [
        at(ahead_m=0.6),
        at(ahead_m=0.25),
        at(left_m=0.05),
        at(up_m=0.09),
        at(up_m=-0.09),
        Transform.from_plane(0.0, 0.0, 0.0, 0.8),
    ],
)
def test_what_is_elsewhere_is_not(region: GraspRegion, place: Transform) -> None:
    assert enclosed(region, coke=place) is None


@pytest.mark.parametrize("fingers_m", [0.0, 0.01, 0.06])
def test_fingers_that_do_not_fit_hold_something_else(region: GraspRegion, fingers_m: float) -> None:
    assert enclosed(region, fingers_m, coke=at()) is None


def test_of_two_the_nearer_is_meant(region: GraspRegion) -> None:
    assert enclosed(region, coke=at(ahead_m=0.47), milk=at(ahead_m=0.41)) == "milk"


def test_the_decision_needs_closing_fingers_and_lets_go_of_opening_ones() -> None:
    decision = GraspDecision()
    assert not decision.update(0.04, 0.04, lambda: pytest.fail("nobody closes"))
    assert not decision.update(0.0, 0.04, lambda: None)
    assert decision.update(0.0, 0.04, lambda: "coke")
    assert decision.held == "coke"
    assert not decision.update(0.0, 0.04, lambda: pytest.fail("it is held already"))
    assert not decision.update(0.041, 0.04, lambda: None)
    assert decision.update(0.06, 0.04, lambda: None)
    assert decision.held is None
    assert not decision.drop()


def test_the_angle_of_the_robot_does_not_matter(region: GraspRegion) -> None:
    for yaw in (-math.pi / 2, 0.0, 2.5):
        robot = Transform.from_plane(-1.0, 4.0, yaw)
        coke = robot @ Transform.from_plane(0.42, 0.0, 0.1, GRASP_Z_M)
        assert region.enclosed(robot, LIFT_M, 0.042, {"coke": coke}) == "coke"
