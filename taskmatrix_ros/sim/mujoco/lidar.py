"""A planar laser scanner by ray casting."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.mujoco.mujoco_world import GeomGroup
from taskmatrix_ros.sim.sdf.sdf_types import LidarSensor, Link, Model
from taskmatrix_ros.sim.sdf.transforms import matrix_from_pose


class Lidar:
    """Casts the rays of one scanner against everything that collides, the robot itself excepted.

    :param noise_m: standard deviation of a range.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        robot: Model,
        link: Link,
        sensor: LidarSensor,
        generator: np.random.Generator,
        *,
        noise_m: float = 0.005,
    ) -> None:
        self.sensor = sensor
        self._model = model
        self._body = model.body(f"{robot.name}/{link.name}").id
        self._body_from_sensor = matrix_from_pose(sensor.pose)
        angles = np.linspace(sensor.angle_min_rad, sensor.angle_max_rad, sensor.samples)
        self._directions = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1)
        self._groups = np.zeros(6, np.uint8)
        self._groups[GeomGroup.COLLISION] = 1
        self._generator = generator
        self._noise_m = noise_m

    def scan(self, data: mujoco.MjData) -> NDArray[np.float32]:
        """Measure now.

        :returns: ``(samples,) float32``, metres; inf where nothing is within ``range_max_m``, as REP 117 says.
        """
        sensor = self.sensor
        rotation = data.xmat[self._body].reshape(3, 3)
        origin = data.xpos[self._body] + rotation @ self._body_from_sensor[:3, 3]
        rays = self._directions @ (rotation @ self._body_from_sensor[:3, :3]).T
        ranges = np.empty(sensor.samples)
        geoms = np.empty(sensor.samples, np.int32)
        mujoco.mj_multiRay(
            self._model,
            data,
            origin,
            np.ascontiguousarray(rays).ravel(),
            self._groups,
            1,
            self._body,
            geoms,
            ranges,
            None,
            sensor.samples,
            sensor.range_max_m,
        )
        hit = geoms >= 0
        ranges += self._noise_m * self._generator.standard_normal(sensor.samples)
        ranges[~hit | (ranges > sensor.range_max_m)] = np.inf
        ranges[hit & (ranges < sensor.range_min_m)] = -np.inf
        return ranges.astype(np.float32)
