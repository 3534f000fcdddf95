"""The simulator's process against the robot driver contract, over real ROS."""

from __future__ import annotations

import itertools
import json
import math
import signal
from collections.abc import Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

import numpy as np
from facts import wait_for
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import BatteryState, CameraInfo, Image, JointState, LaserScan
from sim_leash import SimLeash
from sim_process import RELIABLE, Listener, SimProcess
from std_msgs.msg import Bool, Float64, String
from std_srvs.srv import SetBool, Trigger

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

LATCHED = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
SPEED = 2.0


@pytest.fixture(scope="module")
def simulator(leaks) -> Iterator[SimProcess]:
    with (
        leaks.long_lived("simulator"),
        SimProcess("--seed", "1", "--speed", str(SPEED), "--namespace", "contract", "--odometry-noise", "0") as process,
    ):
        yield process


@pytest.fixture(scope="module")
def shared(leaks, simulator: SimProcess) -> Iterator[Listener]:
    """One that simulated time waits for: what is told and heard in simulated time counts, whatever the machine."""
    with (
        leaks.long_lived("listener"),
        Listener("contract") as listener,
        SimLeash("/contract").held_by(listener.thread),
    ):
        listener.listen(Clock, "/clock", qos_profile_sensor_data)
        listener.listen(Odometry, "odom")
        listener.listen(JointState, "joint_states")
        listener.listen(String, "sim/poses", LATCHED)
        listener.velocity = listener.post(lambda: listener.node.create_publisher(Twist, "cmd_vel", 1))
        listener.lift = listener.post(lambda: listener.node.create_publisher(Float64, "lift/command", 1))
        listener.gripper = listener.post(lambda: listener.node.create_publisher(Float64, "gripper/command", 1))
        listener.stop = listener.post(lambda: listener.node.create_publisher(Bool, "stop", LATCHED))
        wait_for(
            lambda: all(p.get_subscription_count() for p in (listener.velocity, listener.lift, listener.gripper)),
            "the simulator's subscriptions",
        )
        wait_for(lambda: all(listener.heard.values()), "the first messages")
        yield listener


@pytest.fixture
def listener(shared: Listener) -> Iterator[Listener]:
    yield shared
    shared.stop.publish(Bool(data=False))
    shared.velocity.publish(Twist())
    wait_for(lambda: abs(speed(shared)) < 0.005, "standing still")


def seconds(stamp) -> float:
    return stamp.sec + stamp.nanosec * 1e-9


def now(listener: Listener) -> float:
    return seconds(listener.heard["/clock"][-1].clock)


def speed(listener: Listener) -> float:
    return listener.heard["odom"][-1].twist.twist.linear.x


def truth(listener: Listener) -> dict:
    return json.loads(listener.heard["sim/poses"][-1].data)


def drive(listener: Listener, linear: float, angular: float, simulated_s: float) -> None:
    end = now(listener) + simulated_s
    message = Twist()
    message.linear.x, message.angular.z = linear, angular

    def ended() -> bool:
        listener.velocity.publish(message)
        return now(listener) >= end

    wait_for(ended, "the drive")


def rate(listener: Listener, topic: str, simulated_s: float) -> float:
    """Messages per simulated second, by their stamps: what is lost on the way here was sent all the same."""
    kept, start = listener.heard[topic], now(listener)
    wait_for(lambda: kept and seconds(kept[-1].header.stamp) >= start + simulated_s, "simulated time")
    stamps = [stamp for message in list(kept) if (stamp := seconds(message.header.stamp)) >= start]
    return float(1.0 / np.median(np.diff(stamps)))


def test_says_when_it_is_ready(simulator: SimProcess) -> None:
    assert simulator.ready_line == "simulation ready: world home, seed 1, speed 2, namespace /contract\n"


def test_offers_the_contracts_topics_with_their_types(listener: Listener) -> None:
    expected = {
        "/clock": "rosgraph_msgs/msg/Clock",
        "/contract/odom": "nav_msgs/msg/Odometry",
        "/contract/joint_states": "sensor_msgs/msg/JointState",
        "/contract/scan": "sensor_msgs/msg/LaserScan",
        "/contract/camera/image": "sensor_msgs/msg/Image",
        "/contract/camera/camera_info": "sensor_msgs/msg/CameraInfo",
        "/contract/camera/depth": "sensor_msgs/msg/Image",
        "/contract/battery": "sensor_msgs/msg/BatteryState",
        "/contract/bumper": "std_msgs/msg/Bool",
        "/contract/person_near": "std_msgs/msg/Bool",
        "/contract/cmd_vel": "geometry_msgs/msg/Twist",
        "/contract/lift/command": "std_msgs/msg/Float64",
        "/contract/gripper/command": "std_msgs/msg/Float64",
        "/contract/stop": "std_msgs/msg/Bool",
    }

    def found() -> bool:
        graph = dict(listener.node.get_topic_names_and_types())
        return all(graph.get(name) == [kind] for name, kind in expected.items())

    wait_for(found, "the topics")


def test_clock_runs_at_the_speed_factor_and_never_back(listener: Listener) -> None:
    kept = listener.heard["/clock"]
    count = len(kept)
    wait_for(lambda: len(kept) > count + 150, "150 clock messages")
    # While the simulator waits for its listener it says the time again.
    times = [time for time, _ in itertools.groupby(seconds(message.clock) for message in kept[count:])]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    # At most 100 Hz of wall time: at speed 2 no two messages are nearer than one control period.
    assert np.median(np.diff(times)) >= 0.01 * SPEED - 1e-9


def test_rates_and_frames(listener: Listener) -> None:
    scans = listener.listen(LaserScan, "scan", qos_profile_sensor_data)
    batteries = listener.listen(BatteryState, "battery")
    people = listener.listen(Bool, "person_near")
    bumps = listener.listen(Bool, "bumper")
    try:
        wait_for(lambda: scans and batteries and people and bumps, "the slower topics")
        assert rate(listener, "odom", 4.0) == pytest.approx(50, rel=0.15)
        assert rate(listener, "joint_states", 4.0) == pytest.approx(25, rel=0.15)
        assert rate(listener, "scan", 4.0) == pytest.approx(10, rel=0.2)
        wait_for(lambda: abs(seconds(scans[-1].header.stamp) - now(listener)) < 0.5, "a scan of just now")
    finally:
        for topic in ("scan", "battery", "person_near", "bumper"):
            listener.ignore(topic)
    odometry = listener.heard["odom"][-1]
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "base_link")
    scan = scans[-1]
    assert scan.header.frame_id == "lidar"
    assert len(scan.ranges) == 271
    assert scan.angle_min + 270 * scan.angle_increment == pytest.approx(scan.angle_max, abs=1e-5)
    assert 0 < batteries[-1].percentage <= 1
    assert not people[-1].data
    assert not bumps[-1].data


def test_joint_states_name_the_lift_and_the_fingers(listener: Listener) -> None:
    state = listener.heard["joint_states"][-1]
    assert {"lift_joint", "left_finger_joint", "right_finger_joint"} <= set(state.name)
    assert len(state.position) == len(state.velocity) == len(state.effort) == len(state.name)


def test_odometry_follows_the_command_and_its_signs(listener: Listener) -> None:
    before, pose = truth(listener)["robot"], listener.heard["odom"][-1].pose.pose
    drive(listener, 0.3, 0.0, 1.5)
    drive(listener, 0.0, 0.8, 1.0)
    wait_for(lambda: abs(speed(listener)) < 0.005, "standing")
    after, end = truth(listener)["robot"], listener.heard["odom"][-1].pose.pose
    assert after["y_m"] - before["y_m"] > 0.3  # it started looking north
    assert after["yaw_rad"] - before["yaw_rad"] > 0.5  # counterclockwise
    assert end.position.x - pose.position.x == pytest.approx(after["y_m"] - before["y_m"], abs=0.05)


def test_stands_soon_after_the_last_command(listener: Listener) -> None:
    drive(listener, 0.3, 0.0, 1.0)
    assert speed(listener) == pytest.approx(0.3, rel=0.05)
    moved_until = now(listener)
    wait_for(lambda: abs(speed(listener)) < 0.005, "standing")
    # 0.5 s of watchdog and 0.2 s of braking, and what odometry and clock may be behind each other.
    assert now(listener) - moved_until < 0.5 + 0.2 + 0.5


def test_stop_is_obeyed_at_once_and_until_it_is_lifted(listener: Listener) -> None:
    drive(listener, 0.3, 0.0, 1.0)
    listener.stop.publish(Bool(data=True))
    start = now(listener)
    wait_for(lambda: abs(speed(listener)) < 0.005, "standing")
    assert now(listener) - start < 1.0
    listener.lift.publish(Float64(data=0.1))
    drive(listener, 0.3, 0.0, 1.0)
    assert abs(speed(listener)) < 0.005
    lift = position(listener, "lift_joint")
    listener.stop.publish(Bool(data=False))
    drive(listener, 0.3, 0.0, 1.0)
    assert speed(listener) == pytest.approx(0.3, rel=0.05)
    assert position(listener, "lift_joint") == pytest.approx(lift, abs=0.005)


def position(listener: Listener, joint: str) -> float:
    state = listener.heard["joint_states"][-1]
    return state.position[list(state.name).index(joint)]


def test_lift_and_gripper_move(listener: Listener) -> None:
    listener.lift.publish(Float64(data=0.3))
    listener.gripper.publish(Float64(data=0.02))
    wait_for(lambda: abs(position(listener, "lift_joint") - 0.3) < 0.005, "the lift")
    wait_for(lambda: abs(position(listener, "left_finger_joint") - 0.02) < 0.002, "the fingers")
    listener.lift.publish(Float64(data=0.6))
    listener.gripper.publish(Float64(data=0.06))
    wait_for(lambda: abs(position(listener, "lift_joint") - 0.6) < 0.005, "the lift")


def test_pictures_come_only_while_somebody_subscribes(listener: Listener) -> None:
    def drawn() -> int:
        return snapshot(listener)["pictures_drawn"]

    before = drawn()
    start = now(listener)
    wait_for(lambda: now(listener) > start + 1.5, "simulated time")
    assert drawn() == before
    pictures = listener.listen(Image, "camera/image", RELIABLE)
    infos = listener.listen(CameraInfo, "camera/camera_info")
    wait_for(lambda: len(pictures) >= 3 and infos, "pictures")
    assert listener.node.count_publishers("/contract/camera/depth") == 1
    listener.ignore("camera/image")
    listener.ignore("camera/camera_info")
    image, info = pictures[-1], infos[-1]
    assert (image.encoding, image.width, image.height, image.step) == ("rgb8", 960, 720, 2880)
    assert len(image.data) == 2880 * 720
    assert image.header.frame_id == info.header.frame_id == "camera_optical"
    assert (info.width, info.height) == (960, 720)

    def draws_no_more() -> bool:
        count, start = drawn(), now(listener)
        wait_for(lambda: now(listener) > start + 1.5, "simulated time")
        return drawn() == count

    wait_for(draws_no_more, "the last picture")  # once the simulator has noticed that nobody looks


def put_back(listener: Listener) -> None:
    """Have the robot where it started, where the floor before it is free, however far it was driven."""
    client = listener.post(lambda: listener.node.create_client(Trigger, "sim/reset"))
    wait_for(client.service_is_ready, "the reset service")
    future = listener.post(lambda: client.call_async(Trigger.Request()))
    wait_for(future.done, "the reset")
    assert future.result().success


def test_depth_is_metres_along_the_optical_axis(listener: Listener) -> None:
    put_back(listener)
    depths = listener.listen(Image, "camera/depth", RELIABLE)
    wait_for(lambda: depths, "a depth picture")
    listener.ignore("camera/depth")
    image = depths[-1]
    assert image.encoding == "32FC1"
    depth = np.frombuffer(image.data, np.float32).reshape(image.height, image.width)
    assert np.isfinite(depth).mean() > 0.9
    # The row that looks 20 degrees below the horizon from 1.30 m meets the floor, where nothing is nearer.
    floor = 1.30 / math.sin(math.radians(20 + 24))
    assert depth[-12, 5] * 1.0 == pytest.approx(floor * math.cos(math.radians(24)), rel=0.15)


def snapshot(listener: Listener) -> dict:
    if not hasattr(listener, "client"):
        listener.client = listener.post(lambda: listener.node.create_client(Trigger, "sim/snapshot"))
    wait_for(listener.client.service_is_ready, "the snapshot service")
    future = listener.post(lambda: listener.client.call_async(Trigger.Request()))
    wait_for(future.done, "the snapshot")
    return json.loads(future.result().message)


def test_snapshot_tells_the_truth(listener: Listener) -> None:
    told = snapshot(listener)
    assert told["world"] == "home"
    assert told["seed"] == 1
    assert told["objects"]["coke"]["room"] == "kitchen"
    assert told["objects"]["coke"]["on"]
    assert told["objects_at_start"].keys() == told["objects"].keys()
    assert len(told["path"][0]) == 4


def test_pause_holds_simulated_time(listener: Listener) -> None:
    client = listener.post(lambda: listener.node.create_client(SetBool, "sim/pause"))
    wait_for(client.service_is_ready, "the pause service")
    for paused in (True, False):
        future = listener.post(lambda value=paused: client.call_async(SetBool.Request(data=value)))
        wait_for(future.done, "the answer")
        assert future.result().success
        if paused:
            count = wait_for(lambda: (n := len(listener.heard["/clock"])) and unchanged(listener, n) and n, "silence")
    wait_for(lambda: len(listener.heard["/clock"]) > count + 10, "time to run on")


def unchanged(listener: Listener, count: int) -> bool:
    """Whether the clock stays silent for twenty of its periods."""
    try:
        wait_for(lambda: len(listener.heard["/clock"]) != count, "", 0.2)
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly_on_a_signal(number: int) -> None:
    with SimProcess("--speed", "0") as process:
        assert process.ready_line.startswith("simulation ready")
        assert process.end(number) == 0
        assert "Traceback" not in process.errors()


def set_camera_size(listener: Listener, size: str) -> SetParameters.Response:
    """Set the simulator's parameter."""
    client = listener.post(lambda: listener.node.create_client(SetParameters, "/contract/simulator/set_parameters"))
    wait_for(client.service_is_ready, "the parameters")
    value = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=size)
    request = SetParameters.Request(parameters=[ParameterMessage(name="camera_size", value=value)])
    future = listener.post(lambda: client.call_async(request))
    answer = wait_for(lambda: future.done() and future.result(), "an answer")
    return answer.results[0]


def test_the_pictures_size_can_be_chosen_while_it_runs(listener: Listener) -> None:
    infos = listener.listen(CameraInfo, "camera/camera_info")
    pictures = listener.listen(Image, "camera/image", RELIABLE)
    wait_for(lambda: pictures and infos, "pictures")
    focal_ratio = infos[-1].k[0] / infos[-1].width
    for wide, high in ((1280, 960), (320, 240), (960, 720)):
        assert set_camera_size(listener, f"{wide}x{high}").successful
        wait_for(lambda wide=wide: pictures[-1].width == infos[-1].width == wide, f"a picture of {wide} pixels")
        image, info = pictures[-1], infos[-1]
        assert (image.height, info.height, len(image.data)) == (high, high, 3 * wide * high)
        assert info.k[0] / info.width == pytest.approx(focal_ratio), "the field of view stays"
    listener.ignore("camera/image")
    listener.ignore("camera/camera_info")
    for size, why in (("big", "is not WIDTHxHEIGHT"), ("4000x3000", "is outside"), ("640x360", "other proportions")):
        refused = set_camera_size(listener, size)
        assert not refused.successful
        assert why in refused.reason
