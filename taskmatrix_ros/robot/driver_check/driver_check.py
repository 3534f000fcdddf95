"""Every check of a driver, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.driver_check.ear import ClockStandsError, DriverEar
from taskmatrix_ros.robot.driver_check.fault import Fault, FaultCode
from taskmatrix_ros.robot.driver_check.listening import listen
from taskmatrix_ros.robot.driver_check.mover import Mover
from taskmatrix_ros.robot.driver_check.moving import MovingCheck
from taskmatrix_ros.robot.driver_check.seeing import SightCheck
from taskmatrix_ros.ros.node_thread import NodeThread

_MADE_S = 30.0
_NEEDED = frozenset({FaultCode.SILENT, FaultCode.DEAF, FaultCode.RATE, FaultCode.STAMP, FaultCode.LATE})
"""With one of these nothing can be learned by moving."""
_ATTEMPTS = 3
_MOST_LAG_S = 0.25
"""Of the checker itself, in ROS time: half of what the contract gives a driver to stop in."""


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
    :returns: what is wrong, in the order it was found, and what could not be judged. The rest was measured
        and is good.
    """
    node = thread.node
    ear = thread.post(lambda: DriverEar(node)).result(_MADE_S)
    mover = thread.post(lambda: Mover(node, ear, robot)).result(_MADE_S)
    moving = MovingCheck(ear, mover, robot)
    sight = SightCheck(thread, robot, tag_sizes_m, ear, mover)
    faults: list[Fault] = []
    try:
        for line, check in (
            ("listening", lambda: listen(ear, robot)),
            ("waiting for whoever takes commands", moving.check_heard),
            ("moving lift and gripper", moving.check_hand),
            ("turning to the left on the spot", moving.check_turn),
            ("driving forward", moving.check_drive),
            ("driving back, then falling silent", moving.check_watchdog),
            ("driving, then stopping", moving.check_stop),
        ):
            announce(line)
            faults += _measured(ear, line, check)
            if any(fault.code in _NEEDED for fault in faults):
                return faults
        announce("looking for a tag on a wall")
        faults += sight.check()  # of a robot that stands: it does not matter when it is looked at
    except ClockStandsError:
        faults.append(Fault(FaultCode.STAMP, "ROS time stands still", "let the simulator run and publish /clock"))
    finally:
        for close in (mover.close, ear.close):
            thread.post(close).result(_MADE_S)
    return faults


def _measured(ear: DriverEar, line: str, check: Callable[[], Iterator[Fault]]) -> list[Fault]:
    """Give what a check found in time that the checker could follow; repeat one that it could not."""
    worst_s = 0.0
    for _ in range(_ATTEMPTS):
        began_ns = time.time_ns()
        faults = list(check())
        lag_s = ear.lag_s(began_ns)
        if lag_s <= _MOST_LAG_S:
            return faults
        worst_s = max(worst_s, lag_s)
    said = f"{line}: the checker fell {worst_s:.1f} s of ROS time behind, in each of {_ATTEMPTS} attempts"
    return [Fault(FaultCode.LATE, said, "check on a faster machine, or let the simulator run at a lower --speed")]
