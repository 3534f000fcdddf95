"""The Gazebo adapter makes of Gazebo's topics the driver contract: skills fetch over it, judged by the physics."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")
pytest.importorskip("taskmatrix_interfaces")

from facts import wait_for
from geometry_msgs.msg import Twist
from mujoco_as_gazebo import MujocoAsGazebo
from rclpy.qos import QoSProfile
from robot_lab import LATCHED, RobotLab
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float64, String

from taskmatrix_ros.sim.gazebo.bridge_file import load_bridge

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]


@pytest.fixture(scope="module")
def lab(leaks) -> Iterator[RobotLab]:
    with leaks.long_lived("taskmatrix_ros", "lab", "gazebo"):
        lab = RobotLab("gazebo", simulator=lambda namespace: MujocoAsGazebo(namespace, seed=1, speed=3.0))
        yield lab
        lab.close()


def pose(lab: RobotLab, name: str) -> list[float]:
    return lab.simulator.truth()["poses"][name]


def test_everything_is_let_go_before_the_first_step(lab: RobotLab) -> None:
    gazebo = lab.simulator
    assert gazebo.before["paused"]
    assert len(gazebo.before["attached"]) == 8
    truth = gazebo.truth()
    assert truth["attached"] == []
    for name, place in gazebo.before["poses"].items():
        if name != "robot":  # what hung on the lift when it first moved would have moved with it
            assert math.dist(place[:3], truth["poses"][name][:3]) < 0.02, name


def test_the_lift_ramps_though_the_plugin_would_leap(lab: RobotLab) -> None:
    up_at_s = wait_for(lambda: lab.simulator.truth()["lift_was_up_at_s"], "the lift at its initial position")
    assert up_at_s > 1.1  # half a metre at 0.4 m/s takes 1.25 s of simulated time; at a leap it is there in 0.2 s


def test_an_old_velocity_ends_though_the_plugin_keeps_it(lab: RobotLab) -> None:
    publisher = lab.post(lambda: lab.node.create_publisher(Twist, "cmd_vel", 1))
    wait_for(publisher.get_subscription_count, "the adapter")
    turn = Twist()
    turn.angular.z = 0.6
    began = pose(lab, "robot")[3]

    def turns() -> bool:
        lab.post(lambda: publisher.publish(turn))
        return abs(pose(lab, "robot")[3] - began) > 0.2

    wait_for(turns, "a turn")

    def stands() -> bool:
        yaw, until_s = pose(lab, "robot")[3], lab.truth()["time_s"] + 1.0
        wait_for(lambda: lab.truth()["time_s"] > until_s, "a second")
        return abs(pose(lab, "robot")[3] - yaw) < 0.01

    wait_for(stands, "a robot that stands")  # for ever it would turn: the last velocity was not zero


def test_stop_holds_wheels_and_lift(lab: RobotLab) -> None:
    velocity = lab.post(lambda: lab.node.create_publisher(Twist, "cmd_vel", 1))
    lift = lab.post(lambda: lab.node.create_publisher(Float64, "lift/command", 1))
    stop = lab.post(lambda: lab.node.create_publisher(Bool, "stop", LATCHED))
    wait_for(lambda: all(p.get_subscription_count() for p in (velocity, lift, stop)), "the adapter")
    guard = lab.simulator.adapter._guard
    lab.post(lambda: stop.publish(Bool(data=True)))
    wait_for(lambda: guard.stopped, "the stop to be heard")
    before = pose(lab, "robot")
    turn = Twist()
    turn.angular.z = 0.6
    lab.post(lambda: (velocity.publish(turn), lift.publish(Float64(data=0.1))))
    began_s = lab.truth()["time_s"]
    wait_for(lambda: lab.truth()["time_s"] > began_s + 1.0, "a second")
    assert abs(pose(lab, "robot")[3] - before[3]) < 0.01
    assert guard.target("lift/command") > 0.5
    lab.post(lambda: stop.publish(Bool(data=False)))
    wait_for(lambda: not guard.stopped, "the release to be heard")


def test_closing_on_nothing_holds_nothing(lab: RobotLab) -> None:
    """DetachableJoint would attach a thing across the room; the adapter looks at what is between the fingers."""
    gripper = lab.post(lambda: lab.node.create_publisher(Float64, "gripper/command", 1))
    wait_for(gripper.get_subscription_count, "the adapter")
    adapter = lab.simulator.adapter

    def fingers() -> float:
        return adapter._joints["left_finger_joint"][0]

    lab.post(lambda: gripper.publish(Float64(data=0.0)))
    wait_for(lambda: fingers() < 0.003, "closed fingers")
    assert lab.simulator.truth()["attached"] == []
    lab.post(lambda: gripper.publish(Float64(data=0.06)))
    wait_for(lambda: fingers() > 0.057, "open fingers")


def test_fetch(lab: RobotLab) -> None:
    lab.do("find", object="coke", place="kitchen")
    lab.do("go_to", object="coke")
    lab.do("pick_up", object="coke")
    assert lab.simulator.truth()["attached"] == ["coke"]
    assert lab.truth()["holding"] == "coke"
    states: list[JointState] = []
    lab.post(lambda: lab.node.create_subscription(JointState, "joint_states", states.append, 5))
    wait_for(lambda: states, "joint states")
    effort = dict(zip(states[-1].name, states[-1].effort, strict=True))
    assert effort["left_finger_joint"] < -5.0  # they press on it
    poses: list[String] = []
    lab.post(lambda: lab.node.create_subscription(String, "sim/poses", poses.append, QoSProfile(depth=1)))
    wait_for(lambda: poses and json.loads(poses[-1].data)["holding"] == "coke", "the truth to say it")
    lab.do("go_to", place="user")
    lab.do("put_down", object="coke")
    wait_for(lambda: lab.simulator.truth()["attached"] == [], "the coke to be let go")
    truth = lab.truth()
    assert truth["objects"]["coke"]["on"] == "coffee_table"
    assert truth["holding"] is None
    assert lab.simulator.truth()["hardest_bump_n"] < 5.0


def test_the_adapter_speaks_what_the_bridge_carries(lab: RobotLab) -> None:
    """Names, types and directions of everything below gz/, but for contacts, whose messages only Gazebo's ROS has."""
    node, prefix = lab.simulator.node, "/gazebo/"
    name, namespace = node.get_name(), node.get_namespace()
    spoken = {
        "ROS_TO_GZ": lab.simulator.post(lambda: node.get_publisher_names_and_types_by_node(name, namespace)),
        "GZ_TO_ROS": lab.simulator.post(lambda: node.get_subscriber_names_and_types_by_node(name, namespace)),
    }
    adapter = {
        (topic.removeprefix(prefix), direction, kinds[0])
        for direction, topics in spoken.items()
        for topic, kinds in topics
        if topic.startswith(f"{prefix}gz/")
    }
    entries = load_bridge()
    carried = {(e.ros_topic_name, e.direction, e.ros_type_name) for e in entries if e.ros_topic_name.startswith("gz/")}
    assert adapter == {entry for entry in carried if "ros_gz_interfaces" not in entry[2]}
    straight = {e.ros_topic_name for e in entries} - {topic for topic, *_ in carried}
    assert straight == {"odom", "/tf", "scan", "camera/image", "camera/camera_info", "camera/depth"}
