"""The robot of a profile, held against the driver contract of docs/robot.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskmatrix_ros.app.doctor.finding import CheckedPart, doubtful, failed, well
from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.core.errors import ConfigError

_PART = "robot"


def check_robot(
    settings: Settings, *, description: str = "", world: str = "", announce: Callable[[str], None]
) -> tuple[CheckedPart, ...]:
    """Listen to the robot and move it: it turns on the spot and drives 30 cm to and fro.

    Namespace, clock, description and map are the profile's. Nothing else may command the robot meanwhile.

    :param description: of the robot, instead of the profile's: a name in ``config/robot``, or a YAML file.
    :param world: the same in ``config/world``: its wall tags judge the camera.
    :param announce: told in one line each what is done.
    :returns: one part for each fault, or one that says that all is well.
    :raises ConfigError: the profile has no ROS, ROS is not installed, or a description is absent or wrong.
    """
    ros, skills = settings.ros, settings.processes.skills
    if ros is None:
        raise ConfigError(f"doctor: the profile '{settings.profile}' has no `ros:`, so no robot; name another one")
    faults: Any
    try:
        from taskmatrix_ros.robot.driver_check.own_node import check_robot as check

        faults = check(
            ros.robot_namespace,
            description or (skills.robot if skills else "home_robot"),
            world or (skills.world if skills else ""),
            sim_time=ros.sim_time,
            announce=announce,
        )
    except ModuleNotFoundError as error:
        raise ConfigError(f"doctor: {error.name} is not installed; run scripts/setup, or source your ROS") from error
    parts = [
        (failed if fault.is_grave else doubtful)(f"{_PART}: {fault.code.value}", fault.said, fault.remedy)
        for fault in faults
    ]
    where = ros.robot_namespace or "/"
    return tuple(parts) or (well(_PART, f"the driver in {where} keeps the contract"),)
