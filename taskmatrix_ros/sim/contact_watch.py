"""What the robot bumps into."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from taskmatrix_ros.sim.sdf_types import World
from taskmatrix_ros.sim.static_boxes import static_boxes


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


class ContactWatch:
    """Finds what the robot touches: furniture, walls and people, but not the floor and not what it may grasp."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, world: World) -> None:
        self._model, self._data = model, data
        names = [model.body(int(b)).name for b in model.geom_bodyid]
        models = [name.partition("/")[0] for name in names]
        self._parts = [name.partition("/")[2] for name in names]
        self._models = models
        robot = world.robot.name
        self._is_robot = np.array([name == robot for name in models])
        static = {m.name for m in world.models if m.is_static}
        graspable = set(world.graspable)
        standing = {box.name for box in static_boxes(world)}
        floors = [
            name in static and f"{name}/{model.geom(i).name.rpartition('/')[2]}" not in standing
            for i, name in enumerate(models)
        ]
        self._is_obstacle = np.array(
            [name not in graspable and name != robot and not floor for name, floor in zip(models, floors, strict=True)]
        )

    def bumps(self) -> list[Bump]:
        """Return what touches now; empty when the robot drives freely."""
        data = self._data
        if data.ncon == 0:
            return []
        geoms = data.contact.geom
        first, second = geoms[:, 0], geoms[:, 1]
        pair = (self._is_robot[first] & self._is_obstacle[second]) | (self._is_obstacle[first] & self._is_robot[second])
        found = []
        wrench = np.zeros(6)
        for index in np.flatnonzero(pair):
            mujoco.mj_contactForce(self._model, data, int(index), wrench)
            robot, other = int(first[index]), int(second[index])
            if not self._is_robot[robot]:
                robot, other = other, robot
            found.append(Bump(self._parts[robot], self._models[other], float(wrench[0])))
        return found
