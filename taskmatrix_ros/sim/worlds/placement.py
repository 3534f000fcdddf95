"""Puts the things that can be carried somewhere else for every seed, by the rules of a world's placement file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.sdf.sdf_types import Pose, World
from taskmatrix_ros.sim.sdf.transforms import wrapped
from taskmatrix_ros.sim.worlds.home_map import HomeMap, Surface

_TRIES = 200
# A gap that lets an object settle without being pushed out of the surface.
_DROP_M = 0.0005


@dataclass(frozen=True, slots=True)
class Placement:
    """Where things may stand.

    :param edge_m: nearest and farthest distance of an object's middle from the edge that the robot reaches over.
    :param side_margin_m: of an object's middle from the ends of that edge.
    :param spacing_m: between the middles of two objects on one surface.
    :param turn_rad: an object's side faces the robot to within this angle.
    :param surfaces: for each object the names of the surfaces it may stand on.
    """

    edge_m: tuple[float, float]
    side_margin_m: float
    spacing_m: float
    turn_rad: float
    surfaces: dict[str, tuple[str, ...]]

    def place(self, world: World, home: HomeMap, seed: int) -> World:
        """Return the world with every named object on one of its surfaces.

        :raises ConfigError: a rule names an unknown object or surface, or there is no room for an object.
        """
        generator = np.random.default_rng(seed)
        poses: dict[str, Pose] = {}
        for name, allowed in self.surfaces.items():
            if name not in world.graspable or name not in home.object_sizes_m:
                known = ", ".join(sorted(world.graspable))
                raise ConfigError(f"placement: there is no object '{name}'; known: {known}")
            for surface in allowed:
                if surface not in home.surfaces or home.surfaces[surface].front_yaw_rad is None:
                    known = ", ".join(sorted(home.surfaces))
                    raise ConfigError(f"placement: '{name}' names surface '{surface}'; those with an approach: {known}")
            poses[name] = self._find(name, [home.surfaces[s] for s in allowed], home, poses, generator)
        return world.with_poses(poses)

    def _find(
        self, name: str, allowed: list[Surface], home: HomeMap, poses: dict[str, Pose], generator: np.random.Generator
    ) -> Pose:
        height = home.object_sizes_m[name][2]
        for _ in range(_TRIES):
            surface = allowed[int(generator.integers(len(allowed)))]
            x, y, yaw = self._draw(surface, generator)
            apart = (math.dist((x, y), pose.xyz_m[:2]) for pose in poses.values())
            if all(distance >= self.spacing_m for distance in apart):
                return Pose((x, y, surface.height_m + height / 2 + _DROP_M), (0.0, 0.0, yaw))
        raise ConfigError(
            f"placement: no room for '{name}' on {', '.join(s.name for s in allowed)}; allow more surfaces"
        )

    def _draw(self, surface: Surface, generator: np.random.Generator) -> tuple[float, float, float]:
        assert surface.front_yaw_rad is not None
        front = np.array([math.cos(surface.front_yaw_rad), math.sin(surface.front_yaw_rad)])
        side = np.array([-front[1], front[0]])
        size = np.array(surface.size_m)
        depth, length = float(np.abs(front) @ size), float(np.abs(side) @ size)
        reach = max(0.0, length / 2 - self.side_margin_m)
        inwards = float(generator.uniform(*self.edge_m)) - depth / 2
        across = float(generator.uniform(-reach, reach))
        x, y = np.array(surface.center_m) + inwards * front + across * side
        turn = float(generator.uniform(-self.turn_rad, self.turn_rad))
        return float(x), float(y), wrapped(surface.front_yaw_rad + turn)


def load_placement(path: Path) -> Placement:
    """Read a placement file.

    :raises ConfigError: the file is absent, no YAML, or lacks something.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        near, far = (float(v) for v in content["edge_m"])
        return Placement(
            edge_m=(near, far),
            side_margin_m=float(content["side_margin_m"]),
            spacing_m=float(content["spacing_m"]),
            turn_rad=float(content["turn_rad"]),
            surfaces={str(name): tuple(surfaces) for name, surfaces in content["objects"].items()},
        )
    except OSError as error:
        raise ConfigError(f"placement: cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"placement: {path.name} is not YAML: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"placement: {path.name} lacks or misstates {error}; correct it") from error
