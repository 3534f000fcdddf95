"""What the gripper has to reach to grasp an object."""

from __future__ import annotations

import math
from collections.abc import Sequence

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach, ReachPlan, ReachPlanner, ReachTarget
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject
from taskmatrix_ros.robot.skill_settings import ApproachSettings

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


def plan_reach(
    reach: ReachPlanner,
    thing: CatalogueObject,
    seen: RememberedObject,
    here: Pose2,
    others: Sequence[tuple[float, float]],
    approach: ApproachSettings,
) -> ReachPlan:
    """Choose a stand from which to grasp an object; farther askew than is good only where nothing else is left.

    :param here: where the robot is. :param others: x and y of what the fingers must not touch, map frame.
    :raises OutOfReach: there is none.
    """
    try:
        return reach.plan(object_target(thing, seen, approach.face_rad), here, others)
    except OutOfReach:
        return reach.plan(object_target(thing, seen, approach.last_face_rad), here, others)
