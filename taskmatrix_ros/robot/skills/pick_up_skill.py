"""Grasping an object."""

from __future__ import annotations

import math
from dataclasses import dataclass

from taskmatrix_ros.perception.object_catalogue import CatalogueObject
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach
from taskmatrix_ros.robot.reaching.reach_target import plan_reach
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skills.skill_parts import SkillParts


@dataclass(frozen=True, slots=True)
class PickedUp:
    """What the fingers hold, and at which attempt they got it."""

    held: str
    attempts: int


class PickUpSkill:
    """Looks at the object, aims, lowers the open hand, advances, closes, and believes the fingers only.

    :param parts: of the robot and its home.
    """

    def __init__(self, parts: SkillParts) -> None:
        self._p = parts

    def run(self, run: SkillRun, name: str) -> PickedUp:
        """Grasp an object that stands within reach.

        :raises SkillError: NOT_LOCATED, OUT_OF_REACH, HAND_FULL, GRASP_FAILED, LOST, and whatever ends a run.
        """
        p = self._p
        thing = p.known_object(name)
        if thing is None:
            raise SkillError(SkillErrorCode.NOT_LOCATED, p.no_such_object(name))
        if p.hand.holding:
            raise SkillError(SkillErrorCode.HAND_FULL, f"the gripper holds {p.hand.holding}; put it down first")
        seen = p.memory.get(thing.name)
        if seen is None:
            raise SkillError(SkillErrorCode.NOT_LOCATED, f"nobody has found {thing.name} yet; find it first")
        self._check_reach(thing, seen)
        if thing.grasp_width_m > p.hand.open_gap_m - p.settings.approach.finger_margin_m:
            raise SkillError(
                SkillErrorCode.GRASP_FAILED,
                f"{thing.name} is {thing.grasp_width_m * 1000:.0f} mm wide, and the fingers open to "
                f"{p.hand.open_gap_m * 1000:.0f} mm",
            )
        problem = "the fingers closed on nothing"
        attempts = p.settings.grasp.retries + 1
        for attempt in range(1, attempts + 1):
            run.report(0.05, "approaching", f"looking at {thing.name}, attempt {attempt} of {attempts}")
            failed = self._attempt(run, thing, name)
            if failed is None:
                run.report(1.0, "checking", f"the fingers hold {thing.name}")
                return PickedUp(p.hand.holding, attempt)
            problem = failed
            run.report(0.05, "checking", f"attempt {attempt} of {attempts} failed: {problem}")
        raise SkillError(
            SkillErrorCode.GRASP_FAILED, f"{thing.name} could not be grasped in {attempts} attempts: {problem}"
        )

    def _check_reach(self, thing: CatalogueObject, seen: RememberedObject) -> None:
        p = self._p
        x, y = p.grasp_point(p.navigator.where().pose)
        distance = math.hypot(seen.x_m - x, seen.y_m - y)
        if distance > p.settings.grasp.reach_m:
            raise SkillError(
                SkillErrorCode.OUT_OF_REACH,
                f"{thing.name} is {distance:.2f} m from the gripper, which reaches {p.settings.grasp.reach_m:.2f} m; "
                "go to it first",
            )

    def _attempt(self, run: SkillRun, thing: CatalogueObject, called: str) -> str | None:
        """Try once; returns what went wrong, None if the fingers hold it."""
        p = self._p
        if not p.hand.open(run):
            return "the fingers did not open"
        sight = self._stand_before(run, thing)
        grasp = p.robot.gripper
        height = self._grasp_height(sight, thing)
        run.report(0.4, "gripping", f"reaching for {thing.name}")
        p.hand.raise_to(run, height)
        sight = self._come_closer(run, thing, sight)
        x, y = float(sight.position_m[0]), float(sight.position_m[1])
        ahead = math.hypot(x, y)
        way = ahead - grasp.grasp_x_m
        made = p.motion.advance(run, way, aim_rad=math.atan2(y, x), guarded=False)
        if abs(made - way) > p.settings.approach.miss_m:
            p.motion.advance(run, -made)
            return f"the robot came only {made:.2f} of {way:.2f} m"
        run.report(0.6, "gripping", "closing the fingers")
        below = height - (float(sight.position_m[2]) - thing.size_m[2] / 2)
        gripped = p.hand.close(run, thing, called, below, ahead - made - grasp.grasp_x_m)
        gap_m = p.hand.gap_m
        if gripped:
            p.memory.forget(thing.name)
            run.report(0.75, "lifting", f"lifting {thing.name}")
            p.hand.raise_to(run, p.hand.height_m + p.settings.grasp.lift_m)
        else:
            p.hand.open(run)
        p.navigator.back(run, p.settings.grasp.retreat_m, p.settings.grasp.retreat_m_s)
        run.report(0.9, "checking", "checking the fingers")
        p.carry(run)
        if not gripped:
            return f"the fingers closed to {gap_m * 1000:.0f} mm and not on something as wide as {thing.name}"
        if p.hand.held is None:
            return f"it slipped out of the fingers, which are {p.hand.gap_m * 1000:.0f} mm apart now"
        return None

    def _come_closer(self, run: SkillRun, thing: CatalogueObject, sight: ObjectObservation) -> ObjectObservation:
        """Break a long advance for another look, if the camera sees the object from nearer."""
        p = self._p
        x, y = float(sight.position_m[0]), float(sight.position_m[1])
        first = math.hypot(x, y) - p.robot.gripper.grasp_x_m - p.settings.approach.last_look_m
        if first < 0.05 or not p.reach.sees(Pose2(), math.hypot(x, y) - first, 0.0, float(sight.position_m[2])):
            return sight
        made = p.motion.advance(run, first, aim_rad=math.atan2(y, x), guarded=False)
        view = p.looker.look(run)
        if thing.name not in view.objects:
            p.motion.advance(run, -made)
            raise self._gone(thing)
        return view.objects[thing.name]

    def _gone(self, thing: CatalogueObject) -> SkillError:
        self._p.memory.forget(thing.name)
        return SkillError(SkillErrorCode.NOT_LOCATED, f"{thing.name} is no longer where it was seen; find it again")

    def _grasp_height(self, sight: ObjectObservation, thing: CatalogueObject) -> float:
        """Middle of the object, but never so low that the fingers touch what it stands on."""
        p = self._p
        z = float(sight.position_m[2])
        bottom = z - thing.size_m[2] / 2
        return max(z, bottom + p.robot.gripper.finger_height_m / 2 + p.settings.approach.finger_margin_m)

    def _stand_before(self, run: SkillRun, thing: CatalogueObject) -> ObjectObservation:
        """Stand where a straight advance ends with the object between the fingers, turned to it, with a fresh sight."""
        p = self._p
        approach = p.settings.approach
        for _ in range(6):
            sight = self._sight(run, thing)
            seen = p.memory.get(thing.name)
            if seen is None:
                raise SkillError(SkillErrorCode.LOST, "the robot does not know where it is, so nor where the object is")
            x, y = float(sight.position_m[0]), float(sight.position_m[1])
            bearing = math.atan2(y, x)
            askew = min(abs(wrap_angle(bearing - sight.pose.yaw_rad - k * math.pi / 2)) for k in range(4))
            others = [(o.x_m, o.y_m) for o in p.memory.all() if o.name != thing.name and abs(o.z_m - seen.z_m) < 0.2]
            try:
                plan = plan_reach(p.reach, thing, seen, p.navigator.where().pose, others, approach)
            except OutOfReach as error:
                raise SkillError(SkillErrorCode.OUT_OF_REACH, f"{thing.name} cannot be grasped: {error}") from error
            if plan.here:
                if abs(bearing) <= 3 * approach.arrive_rad:
                    return sight
                run.report(0.25, "aligning", f"turning {math.degrees(bearing):.0f} degrees to {thing.name}")
                p.motion.turn_by(run, bearing)
                continue
            run.report(
                0.15, "approaching", f"going to stand square to {thing.name} ({math.degrees(askew):.0f} deg off)"
            )
            p.navigator.go(run, plan.stand)
        raise SkillError(
            SkillErrorCode.GRASP_FAILED,
            f"the robot could not get square before {thing.name}; something pushes it or it",
        )

    def _sight(self, run: SkillRun, thing: CatalogueObject) -> ObjectObservation:
        """See it now: turn to where it was seen, glance left and right if it is not there."""
        p = self._p
        count = p.settings.look.close_pictures
        seen = p.memory.get(thing.name)
        here = p.localization.estimate()
        if seen is not None and here is not None:
            distance = here.pose.distance_to(seen.x_m, seen.y_m)
            p.clear_sight(run, distance, seen.z_m - thing.size_m[2] / 2)
        view = p.looker.look(run, count)
        if thing.name in view.objects:
            return view.objects[thing.name]
        if seen is not None:
            bearing = p.navigator.where().pose.bearing_to(seen.x_m, seen.y_m)
            glance = p.settings.look.glance_rad
            for turn in (bearing, glance, -2 * glance):
                p.motion.turn_by(run, turn)
                view = p.looker.look(run, count)
                if thing.name in view.objects:
                    return view.objects[thing.name]
        raise self._gone(thing)
