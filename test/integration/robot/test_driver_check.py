"""The driver contract suite: nothing to say of a good driver, and the right thing of each planted fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

from facts import wait_for
from faulty_driver import (
    FaultyDriver,
    centimetres_in_odometry,
    deaf,
    degrees_in_twist,
    driven_backwards,
    longer_focal_length,
    lost,
    millimetres,
    millimetres_in_depth,
    mirrored,
    no_stamp,
    one_in,
    percent,
    turned_wrong_way,
    wrong_frame,
)
from rclpy.parameter import Parameter
from robot_lab import Child
from sensor_msgs.msg import JointState
from sim_leash import SimLeash
from std_msgs.msg import Float64

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.driver_check import moving
from taskmatrix_ros.robot.driver_check.driver_check import check_driver
from taskmatrix_ros.robot.driver_check.fault import Fault
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.ros_context import RosContext

pytestmark = [pytest.mark.ros, pytest.mark.mujoco]

GOOD = "/good"
ROBOT = RobotDescription.load("home_robot")
WALL_TAGS = {tag.id: tag.size_m for tag in WorldDescription.load("home").wall_tags}

Check = Callable[..., list[Fault]]


@pytest.fixture(scope="module")
def check(leaks: object) -> Iterator[Check]:
    """Give a function that checks the simulated robot through a driver with faults."""
    with leaks.long_lived("taskmatrix_ros", "check"):
        simulator = Child(
            *("taskmatrix_ros.sim.mujoco.process", "--world", "home", "--speed", "5", "--namespace", GOOD),
            *("--camera-size", "640x480"),
        )
        assert "ready" in simulator.ready_line, simulator.errors
        ros = RosContext()
        ros.open()
        leash = SimLeash(GOOD)

        def run(
            name: str = "",
            *,
            tags: bool = True,
            watchdog: bool = True,
            slow_checker: bool = False,
            lift_m: float | None = None,
            **faults: object,
        ) -> list[Fault]:
            bad = GOOD if not name else f"/{name}"
            relay = NodeThread(ros, "faulty_driver")
            checker = NodeThread(ros, "checker", namespace=bad, parameters=[Parameter("use_sim_time", value=True)])
            with ExitStack() as stack:
                checker.open()
                stack.callback(checker.close)
                if name:
                    node = relay.open()
                    stack.callback(relay.close)
                    planted = {topic.replace("__", "/"): change for topic, change in faults.items()}
                    driver = relay.post(lambda: FaultyDriver(node, GOOD, bad, planted)).result(60)
                    stack.callback(lambda: relay.post(driver.close).result(60))
                    if not watchdog:
                        relay.post(lambda: driver.keep_driving(GOOD)).result(60)
                    stack.enter_context(leash.held_by(relay))
                if slow_checker:
                    checker.post(lambda: checker.node.create_timer(0.01, fall_behind)).result(60)
                else:
                    stack.enter_context(leash.held_by(checker))
                if lift_m is not None:
                    move_lift(checker, lift_m)
                return check_driver(checker, ROBOT, WALL_TAGS if tags else {})

        def fall_behind() -> None:
            """Be busy with something else for half a second of simulated time."""
            until_s = leash.heard_s + 0.5
            wait_for(lambda: leash.heard_s >= until_s, "simulated time")

        yield run
        ros.close()
        simulator.end()


def move_lift(thread: NodeThread, lift_m: float) -> None:
    """Bring the simulator's own lift somewhere."""
    node = thread.node
    positions: list[float] = []

    def on_joints(message: JointState) -> None:
        positions.append(message.position[list(message.name).index(ROBOT.lift.joint)])

    publisher = thread.post(lambda: node.create_publisher(Float64, f"{GOOD}/lift/command", 1)).result(60)
    joints = thread.post(lambda: node.create_subscription(JointState, f"{GOOD}/joint_states", on_joints, 5)).result(60)

    def there() -> bool:
        publisher.publish(Float64(data=lift_m))
        return bool(positions) and abs(positions[-1] - lift_m) < 0.01

    wait_for(there, f"the lift at {lift_m} m")
    thread.post(lambda: node.destroy_subscription(joints)).result(60)
    thread.post(lambda: node.destroy_publisher(publisher)).result(60)


def codes(faults: list[Fault]) -> set[str]:
    assert all("\n" not in str(fault) and fault.remedy for fault in faults)
    return {fault.code.value for fault in faults}


def test_of_a_good_driver_there_is_nothing_to_say(check: Check) -> None:
    assert check() == []


def test_nor_through_a_relay_that_changes_nothing(check: Check) -> None:
    assert check("straight") == []


def test_a_joint_that_only_passes_where_it_was_told_to_hold(check: Check) -> None:
    # From up here the way to nearly zero, where the fault sends it, leads through the position that was commanded.
    assert "LIFT" in codes(check("lift_from_above", tags=False, lift_m=0.6, lift__command=millimetres))


def test_a_checker_that_cannot_keep_up_says_so_and_blames_no_driver(check: Check) -> None:
    faults = check("slow_checker", slow_checker=True)
    assert codes(faults) == {"LATE"}
    assert "listening: the checker fell" in str(faults[0])


@pytest.mark.parametrize(
    ("topic", "change", "found", "says"),
    [
        ("cmd_vel", turned_wrong_way, "TURN", "other sign"),
        ("cmd_vel", driven_backwards, "DRIVE", "other sign"),
        ("odom", degrees_in_twist, "TWIST", "rad/s"),
        ("odom", centimetres_in_odometry, "DRIVE", "metres"),
        ("odom", wrong_frame, "FRAME", "call it 'odom'"),
        ("odom", one_in(50), "RATE", "odom comes at"),
        ("odom", no_stamp, "STAMP", "off ROS time"),
        ("odom", lost, "SILENT", "nothing came on odom"),
        ("scan", mirrored, "SCAN", "mirrored"),
        ("lift/command", millimetres, "LIFT", "metres"),
        ("stop", lost, "STOP", "obey `stop`"),
        ("battery", percent, "BATTERY", "ratio"),
    ],
)
def test_a_planted_fault_is_found(check: Check, topic: str, change: object, found: str, says: str) -> None:
    name = f"{topic.replace('/', '_')}_{found.lower()}"
    faults = check(name, tags=False, **{topic.replace("/", "__"): change})
    assert found in codes(faults), [str(fault) for fault in faults]
    assert any(says in str(fault) for fault in faults if fault.code.value == found), [str(fault) for fault in faults]


def test_a_command_that_nobody_takes(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "_HEARD_WALL_S", 6.0)
    faults = check("deaf", tags=False, gripper__command=deaf)
    assert codes(faults) == {"DEAF"}
    assert "nobody subscribes /deaf/gripper/command" in str(faults[0])


def test_a_driver_that_goes_on_without_commands(check: Check) -> None:
    assert "WATCHDOG" in codes(check("no_watchdog", tags=False, watchdog=False))


@pytest.mark.parametrize(
    ("topic", "change", "found"),
    [("camera/camera_info", longer_focal_length, "CAMERA"), ("camera/depth", millimetres_in_depth, "DEPTH")],
)
def test_a_camera_that_measures_wrongly(check: Check, topic: str, change: object, found: str) -> None:
    faults = check(f"wrong_{found.lower()}", **{topic.replace("/", "__"): change})
    assert found in codes(faults), [str(fault) for fault in faults]
