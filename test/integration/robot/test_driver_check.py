"""The driver contract suite: nothing to say of a good driver, and the right thing of each planted fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("rclpy")
pytest.importorskip("mujoco")

from faulty_driver import (
    FaultyDriver,
    centimetres_in_odometry,
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

from taskmatrix_ros.robot.driver_check.driver_check import check_driver
from taskmatrix_ros.robot.driver_check.fault import Fault
from taskmatrix_ros.robot.robot_description import RobotDescription
from taskmatrix_ros.robot.world_description import WorldDescription
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
            *("taskmatrix_ros.sim.process", "--world", "home", "--speed", "5", "--namespace", GOOD),
            *("--camera-size", "640x480"),
        )
        assert "ready" in simulator.ready_line, simulator.errors
        ros = RosContext()
        ros.open()

        def run(name: str = "", *, tags: bool = False, watchdog: bool = True, **faults: object) -> list[Fault]:
            bad = GOOD if not name else f"/{name}"
            relay = NodeThread(ros, "faulty_driver")
            checker = NodeThread(ros, "checker", namespace=bad, parameters=[Parameter("use_sim_time", value=True)])
            driver = None
            try:
                node = relay.open()
                checker.open()
                if name:
                    planted = {topic.replace("__", "/"): change for topic, change in faults.items()}
                    driver = relay.post(lambda: FaultyDriver(node, GOOD, bad, planted)).result(10)
                if driver is not None and not watchdog:
                    relay.post(lambda: driver.keep_driving(GOOD)).result(10)
                return check_driver(checker, ROBOT, WALL_TAGS if tags else {})
            finally:
                checker.close()
                if driver is not None:
                    relay.post(driver.close).result(10)
                relay.close()

        yield run
        ros.close()
        simulator.end()


def codes(faults: list[Fault]) -> set[str]:
    assert all("\n" not in str(fault) and fault.remedy for fault in faults)
    return {fault.code.value for fault in faults}


def test_of_a_good_driver_there_is_nothing_to_say(check: Check) -> None:
    assert check(tags=True) == []


def test_nor_through_a_relay_that_changes_nothing(check: Check) -> None:
    assert check("straight", tags=True) == []


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
    faults = check(name, **{topic.replace("/", "__"): change})
    assert found in codes(faults), [str(fault) for fault in faults]
    assert any(says in str(fault) for fault in faults if fault.code.value == found), [str(fault) for fault in faults]


def test_a_driver_that_goes_on_without_commands(check: Check) -> None:
    assert "WATCHDOG" in codes(check("no_watchdog", watchdog=False))


@pytest.mark.parametrize(
    ("topic", "change", "found"),
    [("camera/camera_info", longer_focal_length, "CAMERA"), ("camera/depth", millimetres_in_depth, "DEPTH")],
)
def test_a_camera_that_measures_wrongly(check: Check, topic: str, change: object, found: str) -> None:
    faults = check(f"wrong_{found.lower()}", tags=True, **{topic.replace("/", "__"): change})
    assert found in codes(faults), [str(fault) for fault in faults]
