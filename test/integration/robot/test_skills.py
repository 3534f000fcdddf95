"""The four skills against the real simulator, judged by its ground truth."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from action_msgs.msg import GoalStatus
from facts import wait_for
from geometry_msgs.msg import PoseStamped
from robot_lab import RobotLab

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.fixture(scope="module")
def lab(leaks) -> Iterator[RobotLab]:
    with leaks.long_lived("taskmatrix_ros", "lab"):
        lab = RobotLab("skills", seed=1, speed=3.0)
        yield lab
        lab.close()


@pytest.fixture(autouse=True)
def _ready(lab: RobotLab) -> Iterator[None]:
    yield
    lab.alive = True
    lab.stop(False)
    lab.wait_until_free()


def test_unknown_names_are_refused_before_anything_moves(lab: RobotLab) -> None:
    assert lab.refuse("go_to", place="moon").error_code == "UNKNOWN_PLACE"
    assert lab.refuse("go_to", object="coke").error_code == "NOT_LOCATED"
    assert lab.refuse("go_to").error_code == "BAD_GOAL"
    assert lab.refuse("go_to", place="kitchen", object="coke").error_code == "BAD_GOAL"
    assert lab.refuse("find", object="coke", place="narnia").error_code == "UNKNOWN_PLACE"
    assert lab.refuse("find", object=" ").error_code == "BAD_GOAL"
    assert lab.refuse("find", object="coke", deadline_s=math.nan).error_code == "BAD_GOAL"
    assert lab.refuse("pick_up", object="coke").error_code == "NOT_LOCATED"
    assert lab.refuse("pick_up", object="unicorn").error_code == "NOT_LOCATED"
    assert lab.refuse("put_down", object="coke").error_code == "NOT_HOLDING"
    elsewhere = PoseStamped()
    elsewhere.header.frame_id = "odom"
    assert lab.refuse("go_to", pose=elsewhere).error_code == "BAD_GOAL"


def test_a_thing_that_does_not_exist_is_looked_for_and_not_found(lab: RobotLab) -> None:
    result = lab.refuse("find", object="unicorn")
    assert result.error_code == "NOT_FOUND"
    assert "no picture of 'unicorn'" in result.message
    assert "no vision model is configured" in result.message


def test_fetch(lab: RobotLab) -> None:
    """Go to the kitchen, find the coke, bring it to the user: done when the world says so."""
    lab.do("go_to", place="kitchen")
    assert lab.truth()["room"] == "kitchen"
    wait_for(lambda: "kitchen" in lab.state.near, "robot/state to say where it is")
    found = lab.do("find", object="the can of coke", place="kitchen")
    truth = lab.truth()["objects"]["coke"]
    assert found.object == "coke"
    assert found.pose.header.frame_id == "map"
    assert math.hypot(found.pose.pose.position.x - truth["x_m"], found.pose.pose.position.y - truth["y_m"]) < 0.05
    wait_for(lambda: {"coke", "the can of coke"} <= set(lab.state.located), "robot/state to say what it saw")
    arrived = lab.do("go_to", object="coke")
    assert arrived.distance_error_m < 0.05
    wait_for(lambda: "coke" in lab.state.near, "the coke to be near")
    picked = lab.do("pick_up", object="coke")
    assert picked.attempts >= 1
    assert lab.truth()["holding"] == "coke"
    wait_for(lambda: lab.state.holding, "robot/state to say what it holds")
    assert lab.refuse("pick_up", object="milk").error_code in ("HAND_FULL", "NOT_LOCATED")
    assert lab.refuse("put_down", object="milk").error_code == "NOT_HOLDING"
    assert lab.refuse("put_down", object="coke", place="desk").error_code == "OUT_OF_REACH"
    lab.do("go_to", place="user")
    lab.do("put_down", object="coke", place="user")
    end = lab.truth()
    assert end["holding"] is None
    assert end["objects"]["coke"]["on"] == "coffee_table"
    assert end["hardest_bump"] is None
    wait_for(lambda: not lab.state.holding, "an empty hand")


def clear_spot(lab: RobotLab, y_m: float, *choices_x_m: float) -> tuple[float, float]:
    """The choice that is farthest from all that stands about."""
    others = [thing for name, thing in lab.truth()["objects"].items() if name != "cup"]
    return max(((x, y_m) for x in choices_x_m), key=lambda at: min(math.dist(at, (o["x_m"], o["y_m"])) for o in others))


def test_a_search_begins_where_the_thing_was_seen_before(lab: RobotLab) -> None:
    """Seen on one table, then on another, then gone from there: the first is looked at next, not the whole home."""
    first = clear_spot(lab, 1.72, 1.45, 1.65, 1.9, 2.15, 2.35)
    second = clear_spot(lab, 1.52, 5.6, 5.9, 6.2, 6.5, 6.8)
    for surface, spot, z_m in (("coffee_table", first, 0.56), ("dining_table", second, 0.78)):
        lab.put("cup", *spot, z_m)
        lab.do("find", object="cup", place=surface)
    lab.put("cup", *first, 0.56)
    lab.do("go_to", place="bedroom")
    goal = lab.send("find", object="cup")
    result = goal.result().result
    assert result.success, result.message
    assert math.dist((result.pose.pose.position.x, result.pose.pose.position.y), first) < 0.05
    said = [f.message for f in goal.feedback]
    assert [text for text in said if "where cup was seen" in text], "it did not look where it was seen"
    assert not [text for text in said if text.startswith("going to look at ")], "it searched the home"


def test_a_pose_is_reached_within_five_centimetres_and_degrees(lab: RobotLab) -> None:
    goal = PoseStamped()
    goal.header.frame_id = "map"
    goal.pose.position.x, goal.pose.position.y = 5.2, 2.6
    goal.pose.orientation.z, goal.pose.orientation.w = math.sin(0.4), math.cos(0.4)
    lab.do("go_to", pose=goal)
    robot = lab.truth()["robot"]
    assert math.hypot(robot["x_m"] - 5.2, robot["y_m"] - 2.6) < 0.05
    assert abs(math.remainder(robot["yaw_rad"] - 0.8, 2 * math.pi)) < math.radians(5)


def test_one_skill_at_a_time(lab: RobotLab) -> None:
    first = lab.send("go_to", place="dock")
    wait_for(lambda: lab.state.doing == "go_to", "the first to run")
    second = lab.send("find", object="coke").result().result
    assert (second.success, second.error_code) == (False, "BUSY")
    assert "go_to" in second.message
    first.cancel()
    first.result()


def test_cancel_while_driving(lab: RobotLab) -> None:
    goal = lab.send("go_to", place="bedroom")
    lab.wait_for_speed()
    goal.cancel()
    since_s = lab.truth()["time_s"]  # it has been confirmed
    answer = goal.result()
    assert answer.status == GoalStatus.STATUS_CANCELED
    assert answer.result.error_code == "CANCELLED"
    assert lab.standing_after(since_s) < 1.5
    assert goal.feedback
    assert {f.state for f in goal.feedback} <= {"planning", "driving", "turning", "recovering", "looking"}


def test_stop_while_driving_holds_until_rearmed(lab: RobotLab) -> None:
    goal = lab.send("go_to", place="dock")
    lab.wait_for_speed()
    lab.stop(True)
    wait_for(lambda: lab.state.stopped, "robot/state to say so")
    since_s = lab.truth()["time_s"]
    answer = goal.result()
    assert answer.status == GoalStatus.STATUS_ABORTED
    assert answer.result.error_code == "STOPPED"
    assert lab.standing_after(since_s) < 1.5
    assert lab.refuse("go_to", place="dock").error_code == "STOPPED"
    lab.stop(False)
    wait_for(lambda: not lab.state.stopped, "the latch to be released")
    goal = lab.send("go_to", place="dock")
    lab.wait_for_speed()
    goal.cancel()
    goal.result()


def test_silence_of_alive_stops_the_robot(lab: RobotLab) -> None:
    goal = lab.send("go_to", place="kitchen")
    lab.wait_for_speed()
    lab.alive = False
    answer = goal.result()
    assert answer.result.error_code == "STOPPED"
    assert "alive" in answer.result.message
    wait_for(lambda: lab.speed() < 0.005, "standing")
    assert lab.refuse("go_to", place="kitchen").error_code == "STOPPED"


def test_a_deadline_ends_the_search_and_the_robot_stands(lab: RobotLab) -> None:
    result = lab.refuse("find", object="medicine", deadline_s=2.0)
    assert result.error_code == "TIMED_OUT"
    wait_for(lambda: lab.speed() < 0.005, "standing")


def test_what_is_out_of_reach_is_not_picked_up(lab: RobotLab) -> None:
    lab.do("find", object="remote", place="tv stand")
    lab.do("go_to", place="dock")
    assert lab.refuse("pick_up", object="remote").error_code == "OUT_OF_REACH"
