"""What the skill server does when those it depends on are missing or go away."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from robot_lab import Child, RobotLab, wait_for

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.fixture
def lab(ros_domain: int) -> Iterator[RobotLab]:
    lab = RobotLab("faults", seed=2, speed=2.0)
    yield lab
    lab.close()


def test_the_simulator_vanishes_while_driving(lab: RobotLab) -> None:
    goal = lab.send("go_to", place="kitchen")
    lab.wait_for_speed()
    lab.simulator.end(signal.SIGKILL)
    answer = goal.result(20.0)
    assert answer.result.error_code == "UNAVAILABLE"
    assert "silent" in answer.result.message or "not published" in answer.result.message
    again = lab.send("find", object="coke").result(20.0).result
    assert again.error_code == "UNAVAILABLE"
    wait_for(lambda: lab.state.doing == "", "an idle server")


def test_without_anybody_in_charge_the_robot_does_not_move(ros_domain: int) -> None:
    lab = RobotLab("orphan", seed=2, speed=2.0)
    try:
        lab.alive = False
        # The lab has said that it is alive while it started; a server that never heard it says the same.
        wait_for(lambda: lab.send("go_to", place="kitchen").result(5.0).result.error_code == "STOPPED", "a refusal")
        assert lab.speed() < 0.005
    finally:
        lab.close()


def test_a_robot_without_driver_says_so(ros_domain: int) -> None:
    server = Child("taskmatrix_ros.robot.process", "--namespace", "nobody", "--no-require-alive")
    try:
        assert "skill server ready" in server.ready_line, server.errors
    finally:
        assert server.end(signal.SIGTERM) == 0, server.errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--world", "castle"), "there is no world description 'castle'"),
        (("--robot", "r2d2"), "there is no robot description 'r2d2'"),
        (("--warld", "home"), "unrecognized arguments"),
    ],
)
def test_wrong_arguments_are_one_line_and_status_2(arguments: tuple[str, ...], says: str) -> None:
    server = Child("taskmatrix_ros.robot.process", *arguments)
    assert server.end() == 2
    assert says in server.errors
    assert "Traceback" not in server.errors
