"""Zones of the map and what suspends a skill, on the whole robot, judged by the simulator's truth."""

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

from facts import wait_for
from rclpy.qos import QoSProfile
from robot_lab import RobotLab
from sensor_msgs.msg import BatteryState
from std_msgs.msg import Bool

from taskmatrix_ros.core.resources import resource
from taskmatrix_ros.robot.driver.suspension import Suspension
from taskmatrix_ros.robot.skill_settings import SuspendSettings
from taskmatrix_ros.ros.node_thread import NodeThread

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

SLOW_M_S, SLOW = 0.15, {"name": "rug", "x_m": [3.0, 5.2], "y_m": [0.0, 2.2], "max_linear_m_s": 0.15}
FORBIDDEN = {"name": "bedroom", "x_m": [4.1, 7.6], "y_m": [3.7, 7.0]}


@pytest.fixture(scope="module")
def lab(leaks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RobotLab]:
    folder = tmp_path_factory.mktemp("robot")
    world = yaml.safe_load(resource("config/world/home.yaml").read_text("utf-8"))
    _write(folder / "home.yaml", {**world, "zones": [SLOW, FORBIDDEN]})
    _write(folder / "mine.yaml", yaml.safe_load(resource("config/robot/home_robot.yaml").read_text("utf-8")))
    skills = yaml.safe_load(resource("config/robot/home_robot.skills.yaml").read_text("utf-8"))
    skills["suspend"] = {"person_near": True, "silent_wall_s": 60.0, "resume_wall_s": 1.0, "patience_s": 12.0}
    _write(folder / "mine.skills.yaml", skills)
    with leaks.long_lived("taskmatrix_ros", "lab"):
        # The last one counts: the lab names the home's map first.
        arguments = ("--world", str(folder / "home.yaml"), "--robot", str(folder / "mine.yaml"))
        lab = RobotLab("zones", seed=1, speed=3.0, arguments=arguments)
        yield lab
        lab.close()


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content), "utf-8")


def inside(point: list[float], zone: dict) -> bool:
    return all(low <= at <= high for at, (low, high) in zip(point[1:3], (zone["x_m"], zone["y_m"]), strict=True))


def test_a_slow_zone_is_driven_slowly(lab: RobotLab) -> None:
    lab.do("go_to", place="kitchen")
    path = lab.truth()["path"]
    speeds = [
        math.dist(a[1:3], b[1:3]) / (b[0] - a[0])
        for a, b in pairwise(path)
        if b[0] - a[0] > 0.05 and inside(a, SLOW) and inside(b, SLOW)
    ]
    outside = [math.dist(a[1:3], b[1:3]) / (b[0] - a[0]) for a, b in pairwise(path) if not inside(a, SLOW)]
    assert speeds
    assert max(speeds) < SLOW_M_S * 1.25
    assert max(outside) > 2 * SLOW_M_S


def test_a_place_in_a_forbidden_zone_cannot_be_reached(lab: RobotLab) -> None:
    assert lab.refuse("go_to", place="bedroom").error_code in ("NO_PATH", "BLOCKED")
    assert not any(inside(point, FORBIDDEN) for point in lab.truth()["path"])


def test_the_robot_waits_while_a_person_is_near_and_goes_on(lab: RobotLab) -> None:
    person = lab.post(lambda: lab.node.create_publisher(Bool, "person_near", QoSProfile(depth=1)))
    wait_for(person.get_subscription_count, "the skill server")
    goal = lab.send("go_to", place="user")
    lab.wait_for_speed(0.2)
    # The simulator says that nobody is near; whoever says that somebody is counts for a second longer.
    coming = lab.post(lambda: lab.node.create_timer(0.1, lambda: person.publish(Bool(data=True))))
    wait_for(lambda: any(f.state == "suspended" for f in goal.feedback), "the skill to say that it waits")
    wait_for(lambda: lab.speed() < 0.005, "standing")
    lab.post(lambda: lab.node.destroy_timer(coming))
    answer = goal.result()
    assert answer.result.success, answer.result.message


def test_patience_ends(lab: RobotLab) -> None:
    person = lab.post(lambda: lab.node.create_publisher(Bool, "person_near", QoSProfile(depth=1)))
    wait_for(person.get_subscription_count, "the skill server")
    staying = lab.post(lambda: lab.node.create_timer(0.1, lambda: person.publish(Bool(data=True))))
    answer = lab.send("go_to", place="kitchen").result()
    lab.post(lambda: lab.node.destroy_timer(staying))
    assert answer.result.error_code == "STOPPED"
    assert "a person is near" in answer.result.message


def test_each_sensor_suspends_as_it_is_set(lab: RobotLab) -> None:
    quiet = NodeThread(lab._context, "sensors", namespace="sensors")
    node = quiet.open()
    try:
        settings = SuspendSettings(bumper_wall_s=0.01, battery_ratio=0.1, resume_wall_s=0.0)
        suspension = quiet.post(lambda: Suspension(node, settings)).result(60)
        battery = quiet.post(lambda: node.create_publisher(BatteryState, "battery", 1)).result(60)
        bumper = quiet.post(lambda: node.create_publisher(Bool, "bumper", 1)).result(60)
        wait_for(lambda: battery.get_subscription_count() and bumper.get_subscription_count(), "discovery")
        assert suspension.reason() is None  # nothing was heard yet, and nobody asked for person_near
        battery.publish(BatteryState(percentage=0.05))
        wait_for(lambda: "the battery holds 5 %" in (suspension.reason() or ""), "the empty battery")
        battery.publish(BatteryState(percentage=float("nan")))
        wait_for(lambda: suspension.reason() is None, "a battery that does not know")
        bumper.publish(Bool(data=True))
        wait_for(lambda: "pressed" in (suspension.reason() or ""), "the bumper")
        bumper.publish(Bool(data=False))
        wait_for(lambda: suspension.reason() is None, "a free bumper")
    finally:
        quiet.close()


def test_a_silent_person_sensor_suspends(lab: RobotLab) -> None:
    """Where nothing of that name speaks at all."""
    quiet = NodeThread(lab._context, "quiet", namespace="nowhere")
    node = quiet.open()
    try:
        settings = SuspendSettings(person_near=True, silent_wall_s=0.05)
        suspension = quiet.post(lambda: Suspension(node, settings)).result(60)
        assert "person_near has been silent" in suspension.reason()
    finally:
        quiet.close()
