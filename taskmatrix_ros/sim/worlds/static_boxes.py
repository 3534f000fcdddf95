"""What stands still in a world, as upright boxes: the source of a robot's occupancy map.

``python -m taskmatrix_ros.sim.worlds.static_boxes home`` prints the ``obstacles`` of ``config/world/home.yaml``.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.sim.sdf.sdf_types import Geometry, Pose, World
from taskmatrix_ros.sim.sdf.transforms import matrix_from_pose


@dataclass(frozen=True, slots=True)
class StaticBox:
    """A box that never moves, with two faces level.

    :param name: ``model/collision``.
    :param center_m: x, y, z in the world frame.
    :param size_m: full lengths along its own x, y and z.
    :param yaw_rad: of its own x axis, -pi/2 < yaw <= pi/2.
    """

    name: str
    center_m: tuple[float, float, float]
    size_m: tuple[float, float, float]
    yaw_rad: float

    @property
    def top_m(self) -> float:
        """Height of its upper face."""
        return self.center_m[2] + self.size_m[2] / 2

    @property
    def bottom_m(self) -> float:
        """Height of its lower face."""
        return self.center_m[2] - self.size_m[2] / 2

    def corners_m(self) -> NDArray[np.float64]:
        """Outline seen from above, ``(4, 2)``, counterclockwise, world frame."""
        c, s = math.cos(self.yaw_rad), math.sin(self.yaw_rad)
        half = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * np.array(self.size_m[:2]) / 2
        outline: NDArray[np.float64] = half @ np.array([[c, s], [-s, c]]) + np.array(self.center_m[:2])
        return outline


def static_boxes(world: World) -> list[StaticBox]:
    """Return every collision shape of the static models that rises above the floor.

    A shape that is not an upright box is replaced by its upright bounding box.

    :returns: in the order of the world file; the floor itself (top at or below 0) is left out.
    """
    boxes = []
    for model in world.models:
        if not model.is_static:
            continue
        world_from_model = matrix_from_pose(model.pose)
        for link in model.links:
            world_from_link = world_from_model @ matrix_from_pose(link.pose)
            for collision in link.collisions:
                box = _box(f"{model.name}/{collision.name}", world_from_link, collision.pose, collision.geometry)
                if box.top_m > 1e-6:
                    boxes.append(box)
    return boxes


def _box(name: str, world_from_link: NDArray[np.float64], pose: Pose, geometry: Geometry) -> StaticBox:
    matrix = world_from_link @ matrix_from_pose(pose)
    size = np.array(geometry.extent_m)
    yaw = 0.0
    if abs(matrix[2, 2]) > 1 - 1e-9:
        yaw = math.atan2(matrix[1, 0], matrix[0, 0])
    else:
        size = np.abs(matrix[:3, :3]) @ size
    # A box turned by half a turn is the same box.
    yaw = -((-yaw + math.pi / 2) % math.pi - math.pi / 2)
    center = tuple(round(float(c), 9) + 0.0 for c in matrix[:3, 3])
    extent = tuple(round(float(s), 9) for s in size)
    return StaticBox(name, (center[0], center[1], center[2]), (extent[0], extent[1], extent[2]), round(yaw, 9) + 0.0)


def obstacles_yaml(world: World) -> str:
    """Write the boxes as the ``obstacles`` section of a world's map file."""
    lines = ["obstacles:"]
    for box in static_boxes(world):
        center, size = (", ".join(f"{round(v, 5):g}" for v in vector) for vector in (box.center_m, box.size_m))
        lines.append(
            f"  - {{name: {box.name}, center_m: [{center}], size_m: [{size}], yaw_rad: {round(box.yaw_rad, 6):g}}}"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
    from taskmatrix_ros.sim.worlds.locations import model_folder, world_file

    sys.stdout.write(obstacles_yaml(SdfReader(model_folder()).load_world(world_file(sys.argv[1]))))
