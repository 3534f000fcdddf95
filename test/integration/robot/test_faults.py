"""What the skill server does when those it depends on are missing or go away."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from facts import wait_for
from geometry_msgs.msg import PoseStamped
from robot_lab import ROOT, Child, RobotLab

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
    answer = goal.result()
    assert answer.result.error_code == "UNAVAILABLE"
    assert "silent" in answer.result.message or "not published" in answer.result.message
    again = lab.send("find", object="coke").result().result
    assert again.error_code == "UNAVAILABLE"
    wait_for(lambda: lab.state.doing == "", "an idle server")


def test_without_anybody_in_charge_the_robot_does_not_move(ros_domain: int) -> None:
    lab = RobotLab("orphan", seed=2, speed=2.0)
    try:
        lab.alive = False
        # The lab has said that it is alive while it started; a server that never heard it says the same.
        wait_for(lambda: lab.send("go_to", place="kitchen").result().result.error_code == "STOPPED", "a refusal")
        wait_for(lambda: lab.speed() < 0.005, "a robot that stands")  # it may have looked round until then
        assert lab.send("go_to", place="kitchen").result().result.error_code == "STOPPED"
        assert lab.speed() < 0.005
    finally:
        lab.close()


def test_a_robot_that_is_told_where_it_stands_need_not_look_first(ros_domain: int) -> None:
    pose = ("--initial-pose", "4.3", "0.6", "1.5708")
    lab = RobotLab("told", seed=2, speed=3.0, arguments=(*pose, "--no-require-alive"))
    try:
        lab.alive = False
        goal = lab.send("go_to", place="living room")
        assert goal.result().result.success
        assert "looking" not in {f.state for f in goal.feedback}
        truth = lab.truth()["robot"]
        assert abs(truth["x_m"] - 4.2) < 0.06
        assert abs(truth["y_m"] - 2.2) < 0.06
    finally:
        lab.close()


def test_a_robot_that_is_told_a_wrong_pose_finds_out(ros_domain: int) -> None:
    lab = RobotLab("misled", seed=2, speed=3.0, arguments=("--initial-pose", "2.1", "4.9", "0.0"))
    try:
        goal = lab.send("go_to", place="kitchen")
        answer = goal.result().result
        truth = lab.truth()
        # Either it finds its way all the same, or it says that it does not know it; it never claims what is not so.
        assert answer.success == (truth["room"] == "kitchen"), answer.message
        if not answer.success:
            assert answer.error_code in ("LOST", "BLOCKED", "NO_PATH")
    finally:
        lab.close()


def map_without(tmp_path: Path, name: str) -> str:
    """The map of the home with something left out: it stands in the world, and the robot does not know."""
    content = yaml.safe_load((ROOT / "config" / "world" / "home.yaml").read_text(encoding="utf-8"))
    content["obstacles"] = [o for o in content["obstacles"] if not o["name"].startswith(name)]
    path = tmp_path / "home.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def test_a_wall_that_is_on_no_map_is_gone_round(ros_domain: int, tmp_path: Path) -> None:
    world = map_without(tmp_path, "house/wall_living_middle")
    lab = RobotLab("wall", seed=1, speed=3.0, arguments=("--world", world))
    try:
        lab.do("go_to", place="kitchen")
        goal = lab.send("go_to", place="bedroom")  # the map has a way straight through the wall
        assert goal.result().result.success
        assert "recovering" in {f.state for f in goal.feedback}
        truth = lab.truth()
        assert truth["room"] == "bedroom"
        assert truth["hardest_bump"] is None
    finally:
        lab.close()


def test_what_stands_on_the_goal_is_blocked_and_says_where(ros_domain: int, tmp_path: Path) -> None:
    lab = RobotLab("fridge", seed=1, speed=3.0, arguments=("--world", map_without(tmp_path, "fridge/")))
    try:
        goal = PoseStamped()
        goal.header.frame_id = "map"
        goal.pose.position.x, goal.pose.position.y, goal.pose.orientation.w = 0.45, 6.4, 1.0
        result = lab.send("go_to", pose=goal).result().result
        assert result.error_code == "BLOCKED"
        assert "way" in result.message
        assert lab.truth()["hardest_bump"] is None
        lab.do("go_to", place="kitchen")  # and the robot is not stuck there
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
