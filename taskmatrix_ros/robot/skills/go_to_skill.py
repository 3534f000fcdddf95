"""Driving to a place, an object or a pose."""

from __future__ import annotations

from taskmatrix_ros.robot.body.navigator import Arrival
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach
from taskmatrix_ros.robot.reaching.reach_target import plan_reach
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skills.skill_parts import SkillParts


class GoToSkill:
    """Drives to exactly one of a place, an object that was found, and a pose.

    :param parts: of the robot and its home.
    """

    def __init__(self, parts: SkillParts) -> None:
        self._p = parts

    def run(self, run: SkillRun, *, place: str = "", object_name: str = "", pose: Pose2 | None = None) -> Arrival:
        """Drive there.

        :param pose: map frame.
        :raises SkillError: BAD_GOAL, UNKNOWN_PLACE, NOT_LOCATED, NO_PATH, BLOCKED, LOST, and whatever ends a run.
        """
        given = [bool(place.strip()), bool(object_name.strip()), pose is not None]
        if sum(given) != 1:
            raise SkillError(
                SkillErrorCode.BAD_GOAL,
                f"the goal must give exactly one of place, object and pose with a frame_id; it gives {sum(given)}",
            )
        p = self._p
        if place.strip():
            goal = self._place(place)
        elif pose is not None:
            goal = pose
        else:
            goal = None
            self._located(object_name)
        p.localize(run)
        p.carry(run)
        p.navigator.make_room(run)
        if goal is None:
            goal = self._before(object_name)
        drive = p.settings.drive
        arrival = self._go(run, goal)
        for _ in range(2):
            if p.localization.doubts is not None:
                p.localize(run)
                arrival = p.navigator.arrival(goal)
            if arrival.within(drive.arrival_distance_m, drive.arrival_angle_rad):
                return arrival
            run.report(0.97, "recovering", f"{arrival.distance_error_m:.2f} m off the goal, correcting")
            arrival = self._go(run, goal)
        if not arrival.within(drive.arrival_distance_m, drive.arrival_angle_rad):
            raise SkillError(
                SkillErrorCode.BLOCKED,
                f"the robot stands at {arrival.pose}, {arrival.distance_error_m:.2f} m from its goal {goal}, "
                "and gets no nearer",
            )
        return arrival

    def _go(self, run: SkillRun, goal: Pose2) -> Arrival:
        """Drive, and look round once if the robot loses its way."""
        p = self._p
        try:
            return p.navigator.go(run, goal, run.report)
        except SkillError as error:
            if error.code is not SkillErrorCode.LOST:
                raise
        p.motion.stand(run)
        p.localize(run)
        return p.navigator.go(run, goal, run.report)

    def _place(self, name: str) -> Pose2:
        place = self._p.world.find_place(name)
        if place is None:
            near = ", ".join(self._p.world.nearest_places(name))
            raise SkillError(SkillErrorCode.UNKNOWN_PLACE, f"'{name}' is not on the map; known: {near}, ...")
        return place.approach.pose

    def _located(self, name: str) -> None:
        thing = self._p.known_object(name)
        if thing is None:
            raise SkillError(SkillErrorCode.NOT_LOCATED, self._p.no_such_object(name))
        if self._p.memory.get(thing.name) is None:
            raise SkillError(SkillErrorCode.NOT_LOCATED, f"nobody has found {thing.name} yet; find it first")

    def _before(self, name: str) -> Pose2:
        p = self._p
        thing = p.known_object(name)
        seen = p.memory.get(thing.name) if thing is not None else None
        if thing is None or seen is None:
            raise SkillError(SkillErrorCode.NOT_LOCATED, f"nobody has found '{name}' yet; find it first")
        others = [(o.x_m, o.y_m) for o in p.memory.all() if o.name != thing.name and abs(o.z_m - seen.z_m) < 0.2]
        here = p.navigator.where().pose
        try:
            return plan_reach(p.reach, thing, seen, here, others, p.settings.approach).stand
        except OutOfReach as error:
            raise SkillError(SkillErrorCode.NO_PATH, f"{thing.name} cannot be reached: {error}") from error
