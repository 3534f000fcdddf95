"""Every check of a driver, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from taskmatrix_ros.robot.driver_check.ear import DriverEar
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.driver_check.listening import listen
from taskmatrix_ros.robot.driver_check.moving import Mover
from taskmatrix_ros.robot.driver_check.seeing import SightCheck
from taskmatrix_ros.robot.robot_description import RobotDescription
from taskmatrix_ros.ros.node_thread import NodeThread

_MADE_S = 10.0
_NEEDED = frozenset({FaultCode.SILENT, FaultCode.STAMP})
"""Without these nothing can be learned by moving."""


def check_driver(
    thread: NodeThread,
    robot: RobotDescription,
    tag_sizes_m: Mapping[int, float],
    announce: Callable[[str], None] = lambda _line: None,
) -> list[Fault]:
    """Hold a driver against the contract of docs/robot.md. The robot turns on the spot and drives 30 cm to and fro.

    :param thread: an open node in the robot's namespace, on ROS time; nothing else may command the robot meanwhile.
    :param tag_sizes_m: outer edge of the tags on the walls, by number; empty: the camera is not judged by one.
    :param announce: told in one line what is being done.
    :returns: what is wrong, in the order it was found.
    """
    node = thread.node
    ear = thread.post(lambda: DriverEar(node)).result(_MADE_S)
    mover = thread.post(lambda: Mover(node, ear, robot)).result(_MADE_S)
    faults: list[Fault] = []
    try:
        announce("listening")
        faults += listen(ear, robot)
        if any(fault.code in _NEEDED for fault in faults):
            return faults
        for line, check in (
            ("moving lift and gripper", mover.check_hand),
            ("turning to the left on the spot", mover.check_turn),
            ("driving forward", mover.check_drive),
            ("driving back, then falling silent", mover.check_watchdog),
            ("driving back, then stopping", mover.check_stop),
        ):
            announce(line)
            faults += check()
        if tag_sizes_m:
            announce("looking for a tag on a wall")
            sight = thread.post(lambda: SightCheck(node, robot, tag_sizes_m, mover)).result(_MADE_S)
            try:
                faults += sight.check()
            finally:
                thread.post(sight.close).result(_MADE_S)
        return faults
    finally:
        thread.post(mover.close).result(_MADE_S)
        thread.post(ear.close).result(_MADE_S)
