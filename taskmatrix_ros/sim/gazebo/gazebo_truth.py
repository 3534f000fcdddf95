"""What is known of Gazebo's world by the poses that it publishes. For judges and the gripper, never for skills."""

from __future__ import annotations

from geometry_msgs.msg import PoseStamped

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.truth.bump import Bump
from taskmatrix_ros.sim.truth.true_pose import TruePose


class GazeboTruth:
    """The newest poses; before the first, those of the world file.

    :param world: as Gazebo loaded it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.time_s = 0.0
        self.held: str | None = None
        self.hardest_bump: Bump | None = None
        self._poses = {
            model.name: Transform.from_rpy(model.pose.xyz_m, model.pose.rpy_rad)
            for model in world.models
            if not model.is_static
        }

    def hear(self, model: str, message: PoseStamped) -> None:
        """Take in a pose, world frame."""
        p, q = message.pose.position, message.pose.orientation
        self._poses[model] = Transform.from_quaternion((p.x, p.y, p.z), (q.x, q.y, q.z, q.w))

    def note(self, bumps: list[Bump]) -> None:
        """Remember the hardest."""
        for bump in bumps:
            if self.hardest_bump is None or bump.force_n > self.hardest_bump.force_n:
                self.hardest_bump = bump

    def pose(self, model: str) -> Transform:
        """Pose of a model that can move. :raises KeyError: there is no such model."""
        return self._poses[model]

    def true_pose(self, model: str) -> TruePose:
        """The same as a judge wants it. :raises KeyError: there is no such model."""
        pose = self._poses[model]
        x, y, z = (float(value) for value in pose.translation)
        return TruePose(x, y, z, pose.yaw_rad)
