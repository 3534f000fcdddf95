"""What the skills share: one robot in one home."""

from __future__ import annotations

import math
from dataclasses import dataclass

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.robot.body.base_motion import BaseMotion
from taskmatrix_ros.robot.body.hand import Hand
from taskmatrix_ros.robot.body.navigator import Navigator
from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.localization.localization import Localization
from taskmatrix_ros.robot.reaching.reach_planner import ReachPlanner
from taskmatrix_ros.robot.reaching.surface_space import SurfaceSpace
from taskmatrix_ros.robot.seeing.looker import Looker
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory
from taskmatrix_ros.robot.seeing.picture_eye import PictureEye
from taskmatrix_ros.robot.seeing.pose_looker import PoseLooker
from taskmatrix_ros.robot.seeing.strangers import Strangers
from taskmatrix_ros.robot.seeing.view_planner import ViewPlanner
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skill_settings import SkillSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillParts:
    """The parts, each built once by the skill server."""

    world: WorldDescription
    robot: RobotDescription
    settings: SkillSettings
    localization: Localization
    memory: ObjectMemory
    hand: Hand
    motion: BaseMotion
    looker: Looker | PoseLooker
    navigator: Navigator
    reach: ReachPlanner
    views: ViewPlanner
    space: SurfaceSpace
    strangers: Strangers
    eye: PictureEye | None = None

    def known_object(self, name: str) -> CatalogueObject | None:
        """Look an object up; None if there is no picture of such a thing.

        :raises SkillError: BAD_GOAL for an empty name.
        """
        if not name.strip():
            raise SkillError(SkillErrorCode.BAD_GOAL, "the goal names no object; give one, such as 'coke'")
        return self.world.catalogue.find(name) or self.strangers.find(name)

    def no_such_object(self, name: str) -> str:
        """One sentence that says what is known instead."""
        near = self.world.catalogue.nearest(name) or list(self.world.catalogue.names)
        why = f"there is no picture of '{name}' to recognise it by; known: {', '.join(near)}"
        if self.eye is None:
            why += "; no vision model is configured: give the profile `models.chat` with `pictures: true`"
        return why

    def grasp_point(self, pose: Pose2) -> tuple[float, float]:
        """Where the middle of the grasp is for a pose of the base, x and y, map frame."""
        tip = pose.ahead(self.robot.gripper.grasp_x_m)
        return tip.x_m, tip.y_m

    def sight_height(self, ahead_m: float | None = None, z_m: float = 0.0) -> float:
        """Greatest height of the grasp at which the hand hides neither a spot nor what is above it in the picture.

        :param ahead_m: of the spot from base_link; None for the lower border of the picture.
        :param z_m: of the spot over the floor.
        """
        camera, gripper = self.robot.camera, self.robot.gripper
        down = camera.pitch_rad + camera.ideal_model().fovy_rad / 2
        if ahead_m is not None and ahead_m > camera.x_m:
            down = min(down, math.atan2(camera.z_m - z_m, ahead_m - camera.x_m) + self.settings.look.edge_rad)
        sight = camera.z_m - (gripper.tip_x_m - camera.x_m) * math.tan(max(down, 0.0))
        return min(self.settings.carry.height_m, sight - self.settings.carry.hand_half_height_m)

    def carry(self, run: SkillRun) -> None:
        """Raise the hand to where it may be while driving; wait for it only where a turn could hit something."""
        pose = self.localization.estimate()
        roomy = pose is not None and self.navigator.has_room(pose.pose)
        self.hand.raise_to(run, self.settings.carry.height_m, wait=not roomy)

    def clear_sight(self, run: SkillRun, ahead_m: float | None = None, z_m: float = 0.0) -> None:
        """Lower the hand out of the picture, unless something is below it.

        :param ahead_m: of what is to be seen, from base_link; None for everything.
        """
        height = self.sight_height(ahead_m, z_m)
        pose = self.localization.estimate()
        if self.hand.height_m > height and (pose is None or not self.navigator.hand_free(pose.pose)):
            return
        self.hand.raise_to(run, height)

    def localize(self, run: SkillRun) -> None:
        """Turn round until wall tags tell where the robot is, if that is not known.

        :raises SkillError: LOST if none tells it.
        """
        if not self.navigator.is_lost and self.localization.doubts is None:
            return
        steps = self.settings.look.glances
        self.hand.raise_to(run, self.settings.carry.height_m)
        for step in range(steps + 1):
            run.report(-1.0, "looking", "looking for wall tags to learn where the robot is")
            self.looker.look(run, 1 if self.navigator.is_lost else 3)
            if not self.navigator.is_lost and self.localization.doubts is None:
                return
            if step < steps:
                self.motion.turn_by(run, 2 * math.pi / steps)
        if not self.navigator.is_lost:
            self.localization.dismiss_doubt()
            return
        raise SkillError(
            SkillErrorCode.LOST,
            "the robot looked all round and saw no wall tag that tells where it is; drive it to where one is in sight, "
            "or start the skill server with an initial pose",
        )
