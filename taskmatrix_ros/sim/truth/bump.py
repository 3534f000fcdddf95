"""What the robot is not meant to touch, and that it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.worlds.static_boxes import static_boxes


@dataclass(frozen=True, slots=True)
class Bump:
    """One touch between the robot and something that is not meant to be touched.

    :param robot_part: link of the robot.
    :param other: model that was touched.
    :param force_n: normal force.
    """

    robot_part: str
    other: str
    force_n: float


def obstacle_test(world: World) -> Callable[[str, str], bool]:
    """Give what tells of a model and one of its collision shapes whether the robot must not touch it.

    That is furniture, walls and people, but not the floor, not the robot itself and not what it may grasp.
    """
    static = {m.name for m in world.models if m.is_static}
    standing = {box.name for box in static_boxes(world)}
    own = {world.robot.name, *world.graspable}

    def is_obstacle(model: str, collision: str) -> bool:
        return model not in own and (model not in static or f"{model}/{collision}" in standing)

    return is_obstacle
