"""What the gripper has to reach to grasp an object."""

from __future__ import annotations

import math

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.robot.object_memory import RememberedObject
from taskmatrix_ros.robot.pose2 import wrap_angle
from taskmatrix_ros.robot.reach_planner import ReachTarget

_SURE_YAW_RAD = 0.2


def object_target(thing: CatalogueObject, seen: RememberedObject, face_rad: float = 0.2) -> ReachTarget:
    """Give the target for grasping: square to one of the object's four faces.

    :param seen: where it is; if its turn is not known well, any direction within an eighth of a turn of a face will do.
    :param face_rad: how far the fingers may come in askew.
    """
    yaw = seen.pose.yaw_rad
    directions = tuple(wrap_angle(yaw + k * math.pi / 2) for k in range(4))
    tolerance = face_rad if seen.yaw_error_rad < _SURE_YAW_RAD else math.pi / 4
    return ReachTarget(seen.x_m, seen.y_m, seen.z_m, seen.z_m - thing.size_m[2] / 4, directions, tolerance)
