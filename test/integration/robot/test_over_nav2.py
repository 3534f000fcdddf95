"""go_to through NavigateToPose, the lift through FollowJointTrajectory, the gripper through GripperCommand.

The peers are action servers of their own over real ROS messages, the body is the simulator's, the judge is its truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from action_msgs.msg import GoalStatus
from facts import wait_for
from geometry_msgs.msg import PoseStamped
from robot_lab import Child, RobotLab

from taskmatrix_ros.core.resources import resource

pytestmark = [pytest.mark.ros, pytest.mark.mujoco, pytest.mark.nav2]

INTERFACE = {
    "navigation": "nav2",
    "lift": {"kind": "follow_joint_trajectory", "name": "lift_controller/follow_joint_trajectory"},
    "gripper": {"kind": "gripper_command", "name": "gripper_controller/gripper_cmd"},
}


@pytest.fixture(scope="module")
def lab(leaks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RobotLab]:
    folder = tmp_path_factory.mktemp("robot")
    robot = yaml.safe_load(resource("config/robot/home_robot.yaml").read_text("utf-8"))
    (folder / "mine.yaml").write_text(yaml.safe_dump({**robot, "interface": INTERFACE}), "utf-8")
    (folder / "mine.skills.yaml").write_text(
        resource("config/robot/home_robot.skills.yaml").read_text("utf-8"), "utf-8"
    )
    peer = Child(str(Path(__file__).with_name("nav2_peer.py")), "nav2")
    assert "ready" in peer.ready_line, peer.errors
    with leaks.long_lived("taskmatrix_ros", "lab"):
        lab = RobotLab("nav2", seed=1, speed=3.0, arguments=("--robot", str(folder / "mine.yaml")))
        yield lab
        lab.close()
        assert peer.end() == 0, peer.errors


def at(x_m: float, y_m: float, yaw_rad: float) -> PoseStamped:
    pose = PoseStamped()
    pose.header.frame_id = "map"
    pose.pose.position.x, pose.pose.position.y = x_m, y_m
    pose.pose.orientation.z, pose.pose.orientation.w = math.sin(yaw_rad / 2), math.cos(yaw_rad / 2)
    return pose


def test_nav2_drives_within_the_limits_of_the_skill_server(lab: RobotLab) -> None:
    goal = lab.send("go_to", pose=at(4.4, 2.2, math.pi))
    answer = goal.result()
    assert answer.result.success, answer.result.message
    robot = lab.truth()["robot"]
    assert math.hypot(robot["x_m"] - 4.4, robot["y_m"] - 2.2) < 0.07
    assert any(f.state == "driving" and f.distance_remaining_m > 0.3 for f in goal.feedback)
    path = lab.truth()["path"]
    speeds = [math.dist(a[1:3], b[1:3]) / (b[0] - a[0]) for a, b in pairwise(path) if b[0] - a[0] > 0.05]
    assert max(speeds) < 0.55 * 1.15  # Nav2 asked for 9 m/s


def test_its_errors_are_ours(lab: RobotLab) -> None:
    result = lab.refuse("go_to", pose=at(99.0, 0.0, 0.0))
    assert result.error_code == "NO_PATH"
    assert "error 208" in result.message
    assert "nothing leads there" in result.message


def test_cancel_ends_nav2s_goal_too(lab: RobotLab) -> None:
    goal = lab.send("go_to", pose=at(4.4, 0.6, 0.0))
    lab.wait_for_speed(0.2)
    goal.cancel()
    answer = goal.result()
    assert answer.status == GoalStatus.STATUS_CANCELED
    wait_for(lambda: lab.speed() < 0.005, "standing")
    lab.do("go_to", pose=at(4.4, 2.2, math.pi))  # Nav2 is free again


def test_stop_holds_though_nav2_drives_on(lab: RobotLab) -> None:
    goal = lab.send("go_to", pose=at(4.4, 0.6, 0.0))
    lab.wait_for_speed(0.2)
    lab.stop(True)
    assert goal.result().result.error_code == "STOPPED"
    wait_for(lambda: lab.speed() < 0.005, "standing")
    lab.stop(False)
    lab.wait_until_free()


def test_lift_and_fingers_move_by_their_actions(lab: RobotLab) -> None:
    world = yaml.safe_load(resource("config/world/home.yaml").read_text("utf-8"))
    table = next(s for s in world["surfaces"] if s["name"] == "coffee_table")
    x_m = table["center_m"][0] + table["size_m"][0] / 2 - 0.12
    lab.put("coke", x_m, table["center_m"][1], table["height_m"] + 0.065)
    lab.do("go_to", pose=at(x_m + 1.3, table["center_m"][1], math.pi))
    lab.do("find", object="coke")
    lab.do("go_to", object="coke")
    lab.do("pick_up", object="coke")
    assert lab.truth()["holding"] == "coke"
