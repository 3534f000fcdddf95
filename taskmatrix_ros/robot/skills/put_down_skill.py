"""Putting an object down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.body.hand import HeldObject
from taskmatrix_ros.robot.description.world_description import Surface
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach, ReachPlan
from taskmatrix_ros.robot.reaching.surface_space import NoSpace
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skills.skill_parts import SkillParts

_STILL_HELD_S = 1.0
"""In which fingers that shake come to rest on what they hold."""


@dataclass(frozen=True, slots=True)
class PutDown:
    """Where it was left; ``seen`` says whether the camera saw it there afterwards."""

    object: RememberedObject
    seen: bool


class PutDownSkill:
    """Looks for a free spot, reaches over it, lowers, opens, backs off, and believes the fingers.

    :param parts: of the robot and its home.
    """

    def __init__(self, parts: SkillParts) -> None:
        self._p = parts

    def run(self, run: SkillRun, name: str, place: str) -> PutDown:
        """Put down what the gripper holds.

        :param name: of what it should hold; empty for whatever it holds.
        :param place: a surface or a place at one; empty for the nearest one within reach.
        :raises SkillError: NOT_HOLDING, UNKNOWN_PLACE, OUT_OF_REACH, NO_SPACE, RELEASE_FAILED, LOST, and whatever
            ends a run.
        """
        p = self._p
        held = self._held(name)
        p.localize(run)
        surface = self._surface(place)
        run.report(0.05, "approaching", f"looking for a free spot on {surface.name}")
        plan, spot = self._stand_before(run, surface, held)
        release = surface.height_m + held.below_grasp_m + p.settings.place.drop_m
        above = release + p.settings.place.over_m
        run.report(0.35, "approaching", f"reaching over {surface.name}")
        p.hand.raise_to(run, above)
        aim = p.navigator.where().pose.bearing_to(*spot)
        way = plan.advance_m - held.ahead_m
        made = p.motion.advance(run, way, aim_rad=aim, guarded=False)
        if abs(made - way) > p.settings.approach.miss_m:
            p.motion.advance(run, -made)
            raise SkillError(
                SkillErrorCode.OUT_OF_REACH,
                f"something keeps the robot off {surface.name}: it came {made:.2f} of {way:.2f} m",
            )
        run.report(0.5, "lowering", f"lowering {held.thing.name}")
        p.hand.raise_to(run, release)
        if not run.wait_until(lambda: p.hand.held is not None, _STILL_HELD_S):
            # Opening now would look like a success: the fingers open as well on nothing.
            p.hand.raise_to(run, above)
            p.motion.advance(run, -made)
            raise SkillError(
                SkillErrorCode.NOT_HOLDING,
                f"{held.thing.name} slipped out of the fingers before it was over {surface.name}; find it again",
            )
        here = p.navigator.where()
        run.report(0.65, "releasing", "opening the fingers")
        opened = p.hand.open(run)
        if not opened:
            p.hand.raise_to(run, above)
            p.motion.advance(run, -made)
            raise SkillError(
                SkillErrorCode.RELEASE_FAILED,
                f"the fingers are {p.hand.gap_m * 1000:.0f} mm apart and did not open; {held.thing.name} may hang in "
                "them",
            )
        run.report(0.8, "retreating", "backing off")
        grasp = p.settings.grasp
        back = p.navigator.back(run, max(grasp.retreat_m, made), grasp.retreat_m_s)
        left = self._left_at(held, here.pose, surface, here.stamp_s)
        p.memory.put(left)
        run.report(0.9, "checking", f"looking at {held.thing.name}")
        if abs(back) < 0.15 or not p.hand.is_open:
            raise SkillError(
                SkillErrorCode.RELEASE_FAILED,
                f"the robot backed off {abs(back):.2f} m with fingers {p.hand.gap_m * 1000:.0f} mm apart; "
                f"see whether {held.thing.name} is free of them",
            )
        return self._check(run, held, left)

    def _held(self, name: str) -> HeldObject:
        p = self._p
        held = p.hand.held
        wanted = p.known_object(name) if name.strip() else None
        if held is None and wanted is not None:
            held = p.hand.adopt(wanted, name)
        if held is None:
            what = "something unknown; name it" if p.hand.holding else "nothing; pick something up first"
            raise SkillError(SkillErrorCode.NOT_HOLDING, f"the gripper holds {what}")
        if not name.strip():
            wanted = held.thing
        if wanted is None or wanted.name != held.thing.name:
            raise SkillError(SkillErrorCode.NOT_HOLDING, f"the gripper holds {held.thing.name} and not '{name}'")
        return held

    def _surface(self, place: str) -> Surface:
        p = self._p
        world = p.world
        x, y = p.grasp_point(p.navigator.where().pose)

        def away(surface: Surface) -> float:
            return float(surface.box.distance([x, y]))

        if place.strip():
            named, room = world.find_place(place), world.find_room(place)
            if named is not None and named.surface is not None:
                choices = [world.surface(named.surface)]
            elif named is not None or room is not None:
                inside = room.name if room is not None else named.room if named is not None else ""
                choices = [s for s in world.surfaces if s.room == inside]
            else:
                near = ", ".join(world.nearest_places(place))
                raise SkillError(SkillErrorCode.UNKNOWN_PLACE, f"'{place}' is not on the map; known: {near}, ...")
        else:
            choices = list(world.surfaces)
        if not choices:
            raise SkillError(SkillErrorCode.UNKNOWN_PLACE, f"'{place}' has no surface to put anything on")
        nearest = min(choices, key=away)
        if away(nearest) > p.settings.place.reach_m:
            raise SkillError(
                SkillErrorCode.OUT_OF_REACH,
                f"{nearest.name} is {away(nearest):.2f} m from the gripper, which reaches "
                f"{p.settings.place.reach_m:.2f} m; go there first",
            )
        return nearest

    def _stand_before(self, run: SkillRun, surface: Surface, held: HeldObject) -> tuple[ReachPlan, tuple[float, float]]:
        """Stand before a free spot, turned to it."""
        p = self._p
        height = surface.height_m + held.below_grasp_m + p.settings.place.drop_m
        looked = False
        for _ in range(6):
            here = p.navigator.where().pose
            things = [o for o in p.memory.all() if o.name != held.thing.name]
            try:
                plan, spot = p.space.plan(surface, here, height, things, hanging_m=held.below_grasp_m)
            except NoSpace as error:
                raise SkillError(SkillErrorCode.NO_SPACE, str(error)) from error
            except OutOfReach as error:
                raise SkillError(
                    SkillErrorCode.NO_SPACE, f"no free spot on {surface.name} within reach: {error}"
                ) from error
            if not plan.here:
                run.report(0.15, "approaching", f"going to a free spot of {surface.name}")
                p.carry(run)
                p.navigator.go(run, plan.stand)
                continue
            bearing = here.bearing_to(*spot)
            if abs(bearing) > 3 * p.settings.approach.arrive_rad:
                p.motion.turn_by(run, bearing)
                continue
            if looked:
                return plan, spot
            # Lowered, the hand hides less of the surface; it is still before the edge, so nothing is under it.
            p.clear_sight(run)
            p.looker.look(run)
            looked = True
        raise SkillError(SkillErrorCode.OUT_OF_REACH, f"the robot could not get square before {surface.name}")

    def _left_at(self, held: HeldObject, here: Pose2, surface: Surface, stamp_s: float) -> RememberedObject:
        p = self._p
        spot = here.ahead(p.robot.gripper.grasp_x_m + held.ahead_m)
        z = surface.height_m + held.thing.size_m[2] / 2
        pose = Transform.from_plane(spot.x_m, spot.y_m, here.yaw_rad, z)
        return RememberedObject(held.thing.name, pose, np.eye(3) * 0.03**2, 0.1, stamp_s, 0.0, 0.7)

    def _check(self, run: SkillRun, held: HeldObject, left: RememberedObject) -> PutDown:
        """Look at where it was left."""
        p = self._p
        pose = p.navigator.where().pose
        if not p.reach.sees(pose, left.x_m, left.y_m, left.z_m):
            p.navigator.back(run, p.settings.drive.back_off_m, p.settings.drive.back_off_m_s)
        p.clear_sight(
            run, p.navigator.where().pose.distance_to(left.x_m, left.y_m), left.z_m - held.thing.size_m[2] / 2
        )
        view = p.looker.look(run)
        seen = p.memory.get(held.thing.name)
        if held.thing.name not in view.objects or seen is None:
            run.report(1.0, "checking", "the fingers let go; the camera does not see it")
            return PutDown(left, seen=False)
        apart = math.hypot(seen.x_m - left.x_m, seen.y_m - left.y_m)
        run.report(1.0, "checking", f"seen {apart * 100:.0f} cm from where it was left")
        return PutDown(seen, seen=True)
