"""What the robot bumps into."""

from __future__ import annotations

import mujoco
import numpy as np

from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.truth.bump import Bump, obstacle_test


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
        is_obstacle = obstacle_test(world)
        self._is_obstacle = np.array(
            [is_obstacle(name, model.geom(index).name.rpartition("/")[2]) for index, name in enumerate(models)]
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
