"""How the skill server of a profile is started."""

from __future__ import annotations

from taskmatrix_ros.app.profile.settings import Settings
from taskmatrix_ros.core.errors import ConfigError

SKILLS_MODULE = "taskmatrix_ros.robot.process"


def skill_arguments(settings: Settings) -> list[str]:
    """Give its arguments: map, robot, namespaces, whose stop it obeys, whose time it takes, what sees for it.

    :raises ConfigError: the profile names no skills, or no ROS.
    """
    skills, ros = settings.processes.skills, settings.ros
    if skills is None or ros is None:
        raise ConfigError(f"profile {settings.profile}: names no `processes.skills`; set them as in hardware.example")
    own = ros.namespace.rstrip("/")
    words = [f"--world={skills.world}", f"--robot={skills.robot}", f"--namespace={ros.robot_namespace}"]
    words += [f"--stop-topic={own}/stop", f"--alive-topic={own}/alive", f"--perception={skills.perception}"]
    if skills.initial_pose is not None:
        words += ["--initial-pose", *map(str, skills.initial_pose)]
    if settings.models is not None and settings.models.chat.pictures:
        words.append(f"--vision={settings.models.chat.model_dump_json(exclude_defaults=True)}")
    return words if ros.sim_time else [*words, "--wall-time"]
