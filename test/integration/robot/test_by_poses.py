"""The skills by a simulator's poses, with no camera: the same fetching, judged by the same truth."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from facts import wait_for
from robot_lab import LATCHED, RobotLab
from std_msgs.msg import String

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.fixture(scope="module")
def lab(leaks) -> Iterator[RobotLab]:
    with leaks.long_lived("taskmatrix_ros", "lab"):
        lab = RobotLab("poses", seed=2, speed=4.0, arguments=("--perception", "poses"))
        yield lab
        lab.close()


def test_fetch_without_a_picture(lab: RobotLab) -> None:
    found = lab.do("find", object="coke", place="kitchen")
    truth = lab.truth()["objects"]["coke"]
    assert math.hypot(found.pose.pose.position.x - truth["x_m"], found.pose.pose.position.y - truth["y_m"]) < 0.02
    lab.do("go_to", object="coke")
    lab.do("pick_up", object="coke")
    assert lab.truth()["holding"] == "coke"
    lab.do("go_to", place="user")
    lab.do("put_down", object="coke")
    truth = lab.truth()
    assert truth["objects"]["coke"]["on"] == "coffee_table"
    assert truth["pictures_drawn"] == 0


def test_what_is_out_of_sight_is_not_known(lab: RobotLab) -> None:
    """The poses of everything are in the message; the robot takes in what it could see."""
    located = lab.state.located
    assert "coke" in located
    assert "teddy" not in located  # in the bedroom, where it has not been


def test_what_is_no_pose_is_passed_over(lab: RobotLab) -> None:
    publisher = lab.post(lambda: lab.node.create_publisher(String, "sim/poses", LATCHED))
    wait_for(publisher.get_subscription_count, "the skill server")
    for text in ("", "{", "[]", '{"time_s": "x"}', '{"time_s": 1, "robot": {"x_m": NaN}, "objects": {}}'):
        lab.post(lambda text=text: publisher.publish(String(data=text)))
    assert lab.do("go_to", place="kitchen").distance_error_m < 0.05
