"""From Gazebo's contacts to bumps."""

from __future__ import annotations

from typing import Any

from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.truth.bump import Bump, obstacle_test


class ContactReader:
    """Picks out of ``ros_gz_interfaces/msg/Contacts`` what the robot is not meant to touch."""

    def __init__(self, world: World) -> None:
        self._robot = world.robot.name
        self._is_obstacle = obstacle_test(world)

    def bumps(self, message: Any) -> list[Bump]:
        """Read one message.

        :param message: contacts, each with ``collision1.name`` and ``collision2.name`` (``model::link::collision``),
            and for each point a normal and the wrenches, world frame, N.
        """
        found = []
        for contact in message.contacts:
            first, second = (str(side.name).split("::") for side in (contact.collision1, contact.collision2))
            if first[0] != self._robot:
                first, second = second, first
            if first[0] != self._robot or len(first) < 3 or not self._is_obstacle(second[0], second[-1]):
                continue
            force_n = sum(
                abs(_dot(wrench.body_1_wrench.force, normal))
                for wrench, normal in zip(contact.wrenches, contact.normals, strict=False)
            )
            found.append(Bump(first[1], second[0], force_n))
        return found


def _dot(a: Any, b: Any) -> float:
    return float(a.x * b.x + a.y * b.y + a.z * b.z)
