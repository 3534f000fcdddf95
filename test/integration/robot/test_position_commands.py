"""Lift and gripper in the ways their drivers understand, on real topics; what is not installed is said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

pytest.importorskip("rclpy")
pytest.importorskip("taskmatrix_interfaces")

from facts import wait_for
from robot_lab import Child
from std_msgs.msg import Float64
from trajectory_msgs.msg import JointTrajectory

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.robot.body.nav2_navigator import skill_error
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver.position_command import gripper_command, lift_command
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

pytestmark = pytest.mark.ros

ROBOT = yaml.safe_load(resource("config/robot/home_robot.yaml").read_text("utf-8"))
BARE = find_spec("control_msgs") is None and find_spec("nav2_msgs") is None


def robot(**interface: object) -> RobotDescription:
    return RobotDescription.model_validate({**ROBOT, "interface": interface})


@pytest.fixture
def bench() -> Iterator[SimpleNamespace]:
    context = RosContext()
    context.open()
    thread = NodeThread(context, "commands", namespace="commands")
    node = thread.open()
    yield SimpleNamespace(node=node, post=lambda function: thread.post(function).result(60))
    thread.close()
    context.close()


def test_a_trajectory_is_timed_by_the_speed_of_the_joint(bench: SimpleNamespace) -> None:
    heard: list[JointTrajectory] = []
    where: list[float | None] = [None]
    mine = robot(lift={"kind": "joint_trajectory", "name": "lift_controller/joint_trajectory"})
    topic = "lift_controller/joint_trajectory"
    bench.post(lambda: bench.node.create_subscription(JointTrajectory, topic, heard.append, 5))
    command = bench.post(lambda: lift_command(bench.node, mine, lambda: where[0]))
    wait_for(
        lambda: bench.node.count_subscribers(f"/commands/{topic}") and command._publisher.get_subscription_count(), "us"
    )
    command.send(0.3)
    wait_for(lambda: len(heard) == 1, "a trajectory")
    where[0] = 0.1
    command.send(0.5)
    wait_for(lambda: len(heard) == 2, "another one")
    seconds = [m.points[0].time_from_start.sec + m.points[0].time_from_start.nanosec * 1e-9 for m in heard]
    assert [m.joint_names for m in heard] == [["lift_joint"], ["lift_joint"]]
    assert [list(m.points[0].positions) for m in heard] == [[0.3], [0.5]]
    assert seconds == pytest.approx([0.1, 0.4 / 0.4])


def test_without_a_word_the_driver_contract_is_spoken(bench: SimpleNamespace) -> None:
    heard: list[float] = []
    for topic in ("lift/command", "gripper/command"):
        bench.post(lambda t=topic: bench.node.create_subscription(Float64, t, lambda m: heard.append(m.data), 5))
    mine = RobotDescription.load("home_robot")
    lift, gripper = bench.post(
        lambda: (lift_command(bench.node, mine, lambda: None), gripper_command(bench.node, mine))
    )
    wait_for(lambda: all(c._publisher.get_subscription_count() for c in (lift, gripper)), "us")
    lift.send(0.4)
    gripper.send(0.02)
    wait_for(lambda: sorted(heard) == [0.02, 0.4], "both")


@pytest.mark.skipif(not BARE, reason="control_msgs and nav2_msgs are installed here")
@pytest.mark.parametrize(
    ("interface", "said"),
    [
        ({"navigation": "nav2"}, "interface.navigation nav2 needs nav2_msgs, which is not installed"),
        ({"lift": {"kind": "follow_joint_trajectory"}}, "sudo apt install ros-jazzy-control-msgs"),
        ({"gripper": {"kind": "gripper_command"}}, "interface.gripper.kind gripper_command needs control_msgs"),
    ],
)
def test_what_is_not_installed_is_one_line(tmp_path: Path, interface: dict, said: str) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**ROBOT, "interface": interface}), "utf-8")
    skills = resource("config/robot/home_robot.skills.yaml").read_text("utf-8")
    (tmp_path / "mine.skills.yaml").write_text(skills, "utf-8")
    server = Child("taskmatrix_ros.robot.process", "--robot", str(tmp_path / "mine.yaml"))
    assert server.ready_line == ""
    assert server.process.wait(120) == 4
    server.end()
    assert said in server.errors
    assert server.errors.count("\n") == 1


def test_nav2_may_not_speak_to_the_wheels_itself() -> None:
    with pytest.raises(ValueError, match="past the limits of the skill server"):
        robot(navigation="nav2", nav2_velocity="cmd_vel")


def test_an_unknown_way_is_refused_with_the_ways_there_are(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**ROBOT, "interface": {"lift": {"kind": "magic"}}}), "utf-8")
    with pytest.raises(ConfigError, match=r"interface\.lift\.kind: .*'float64'.*'follow_joint_trajectory'"):
        RobotDescription.load(str(tmp_path / "mine.yaml"))


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (208, "NO_PATH", "there is no path"),
        (206, "NO_PATH", "the goal is occupied"),
        (105, "BLOCKED", "the robot made no progress"),
        (102, "LOST", "does not know where the robot is"),
        (0, "BLOCKED", "it gave no reason"),
        (9999, "UNAVAILABLE", "see its log"),
    ],
)
def test_nav2s_error_codes_are_ours(error: int, code: str, said: str) -> None:
    told = skill_error(error, "in its own words", Pose2(1.0, 2.0, 0.0))
    assert told.code == code
    assert said in told.message
    assert "in its own words" in told.message
