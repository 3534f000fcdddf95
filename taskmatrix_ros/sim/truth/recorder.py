"""Writes down what really happened, for the judge and for pictures. Ground truth: no skill may read it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol

from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.truth.bump import Bump
from taskmatrix_ros.sim.truth.true_pose import TruePose
from taskmatrix_ros.sim.worlds.home_map import HomeMap

_STEP_M, _STEP_RAD = 0.01, 0.02


class Truth(Protocol):
    """What a simulator knows of its world, MuJoCo's and Gazebo's alike."""

    world: World
    hardest_bump: Bump | None

    @property
    def time_s(self) -> float:
        """Simulated time."""

    @property
    def held(self) -> str | None:
        """Name of what the gripper really holds."""

    def true_pose(self, model: str) -> TruePose:
        """Pose of a model that can move. :raises KeyError: there is no such model."""


class Recorder:
    """Follows a simulator. ``record`` is called in its stepping thread, ``snapshot`` from any."""

    def __init__(self, simulator: Truth, home: HomeMap, *, seed: int | None, world: str = "home") -> None:
        """:param world: the name or file by which the world was started."""
        self._world = world
        self._simulator = simulator
        self._home = home
        self._seed = seed
        self._robot = simulator.world.robot.name
        self._at_start = self._objects()
        self._path: list[tuple[float, float, float, float]] = []
        self._now: dict[str, Any] = {}
        self.record()

    def record(self) -> dict[str, Any]:
        """Note where everything is; returns it as it is published."""
        pose = self._simulator.true_pose(self._robot)
        self._extend_path(pose)
        self._now = {
            "time_s": round(self._simulator.time_s, 3),
            "robot": {"x_m": round(pose.x_m, 4), "y_m": round(pose.y_m, 4), "yaw_rad": round(pose.yaw_rad, 4)},
            "room": self._home.room_at(pose.x_m, pose.y_m),
            "holding": self._simulator.held,
            "objects": self._objects(),
        }
        return self._now

    def snapshot(self) -> dict[str, Any]:
        """Everything since the start: poses then and now, the robot's path, the hardest bump.

        :returns: plain values, ready for JSON.
        """
        bump = self._simulator.hardest_bump
        return {
            "world": self._simulator.world.name,
            "world_file": self._world,
            "seed": self._seed,
            **self._now,
            "objects_at_start": self._at_start,
            "path": [list(point) for point in self._path],  # time_s, x_m, y_m, yaw_rad
            "hardest_bump": None if bump is None else asdict(bump),
        }

    def _extend_path(self, pose: TruePose) -> None:
        if self._path:
            _, x, y, yaw = self._path[-1]
            if abs(pose.x_m - x) < _STEP_M and abs(pose.y_m - y) < _STEP_M and abs(pose.yaw_rad - yaw) < _STEP_RAD:
                return
        point = (self._simulator.time_s, pose.x_m, pose.y_m, pose.yaw_rad)
        self._path.append((round(point[0], 2), round(point[1], 3), round(point[2], 3), round(point[3], 3)))

    def _objects(self) -> dict[str, dict[str, Any]]:
        found = {}
        for name in self._simulator.world.graspable:
            pose = self._simulator.true_pose(name)
            found[name] = {
                "x_m": round(pose.x_m, 4),
                "y_m": round(pose.y_m, 4),
                "z_m": round(pose.z_m, 4),
                "yaw_rad": round(pose.yaw_rad, 4),
                "room": self._home.room_at(pose.x_m, pose.y_m),
                "on": self._home.surface_under(name, pose.x_m, pose.y_m, pose.z_m),
            }
        return found
