"""The topics that ros_gz_bridge carries, for any world with the robot of ``config/gz_bridge.yaml``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.resources import resource

_OBJECT_TOPICS = ("gz/gripper/attach/", "gz/gripper/detach/", "gz/gripper/state/")
POSE_TOPIC = "gz/pose/"

Direction = Literal["GZ_TO_ROS", "ROS_TO_GZ", "BIDIRECTIONAL"]


class BridgeEntry(Frozen):
    """One topic, with the keys of ros_gz_bridge's own file.

    :source: ros_gz_bridge (jazzy), ``src/bridge_config.cpp``.
    """

    ros_topic_name: Annotated[str, Field(min_length=1)]
    gz_topic_name: Annotated[str, Field(pattern=r"^/")]
    ros_type_name: Annotated[str, Field(pattern=r"^\w+/msg/\w+$")]
    gz_type_name: Annotated[str, Field(pattern=r"^gz\.msgs\.\w+$")]
    direction: Direction
    publisher_queue: int = Field(default=10, ge=1)
    subscriber_queue: int = Field(default=10, ge=1)
    lazy: bool = False


def load_bridge(path: Path | None = None) -> tuple[BridgeEntry, ...]:
    """Read a bridge file, by default the shipped one.

    :raises ConfigError: it is not there, or an entry is wrong.
    """
    path = path or resource("config/gz_bridge.yaml")
    try:
        return TypeAdapter(tuple[BridgeEntry, ...]).validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"gazebo: the bridge file {path} cannot be used: {error}") from error


def bridge_for(objects: Iterable[str], shipped: Iterable[BridgeEntry]) -> tuple[BridgeEntry, ...]:
    """Give the entries for a world with other objects: the robot's as shipped, each object's written anew.

    :param objects: names of what the robot's DetachableJoint plugins name.
    """
    robot = [entry for entry in shipped if not _is_of_object(entry)]
    return (*robot, *(entry for name in objects for entry in object_entries(name)))


def object_entries(name: str) -> Iterator[BridgeEntry]:
    """Give the entries of one object: its pose, and the joint that fastens it to the gripper."""
    yield BridgeEntry(
        ros_topic_name=f"{POSE_TOPIC}{name}",
        gz_topic_name=f"/model/{name}/pose",
        ros_type_name="geometry_msgs/msg/PoseStamped",
        gz_type_name="gz.msgs.Pose",
        direction="GZ_TO_ROS",
        publisher_queue=1,
    )
    for what in ("attach", "detach"):
        yield BridgeEntry(
            ros_topic_name=f"gz/gripper/{what}/{name}",
            gz_topic_name=f"/gripper/{what}/{name}",
            ros_type_name="std_msgs/msg/Empty",
            gz_type_name="gz.msgs.Empty",
            direction="ROS_TO_GZ",
        )
    yield BridgeEntry(
        ros_topic_name=f"gz/gripper/state/{name}",
        gz_topic_name=f"/gripper/state/{name}",
        ros_type_name="std_msgs/msg/String",
        gz_type_name="gz.msgs.StringMsg",
        direction="GZ_TO_ROS",
    )


def write_bridge(entries: Iterable[BridgeEntry], path: Path) -> Path:
    """Write a file for ``parameter_bridge --ros-args -p config_file:=…``."""
    plain = [entry.model_dump(exclude_defaults=True) for entry in entries]
    path.write_text(yaml.safe_dump(plain, sort_keys=False), "utf-8")
    return path


def _is_of_object(entry: BridgeEntry) -> bool:
    name = entry.ros_topic_name
    return name.startswith(_OBJECT_TOPICS) or (name.startswith(POSE_TOPIC) and name != f"{POSE_TOPIC}robot")
