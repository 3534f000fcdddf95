"""What the robot bumps into."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from taskmatrix_ros.sim.sdf_types import World

# A contact whose normal is this close to vertical carries something; anything flatter is a bump.
_SUPPORT_NORMAL_Z = 0.7


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
        graspable = set(world.graspable)
        self._is_obstacle = np.array([name not in graspable and name != robot for name in models])

    def bumps(self) -> list[Bump]:
        """Return what touches now; empty when the robot drives freely."""
        data = self._data
        if data.ncon == 0:
            return []
        geoms = data.contact.geom
        first, second = geoms[:, 0], geoms[:, 1]
        pair = (self._is_robot[first] & self._is_obstacle[second]) | (self._is_obstacle[first] & self._is_robot[second])
        flat = np.abs(data.contact.frame[:, 2]) < _SUPPORT_NORMAL_Z
        found = []
        wrench = np.zeros(6)
        for index in np.flatnonzero(pair & flat):
            mujoco.mj_contactForce(self._model, data, int(index), wrench)
            robot, other = int(first[index]), int(second[index])
            if not self._is_robot[robot]:
                robot, other = other, robot
            found.append(Bump(self._parts[robot], self._models[other], float(wrench[0])))
        return found
