"""Looking for an object."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from taskmatrix_ros.perception.boxed_body import PictureBox
from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.object_catalogue import CatalogueObject, spoken_name
from taskmatrix_ros.perception.pictures.picture_file import encode_picture
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.description.world_description import Room, Surface
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach
from taskmatrix_ros.robot.reaching.reach_target import object_target
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject
from taskmatrix_ros.robot.seeing.picture_eye import PictureEye
from taskmatrix_ros.robot.seeing.strangers import Sought
from taskmatrix_ros.robot.skill_error import SkillError, SkillErrorCode
from taskmatrix_ros.robot.skill_run import SkillRun
from taskmatrix_ros.robot.skills.skill_parts import SkillParts

_SMALL_M = (0.08, 0.08, 0.1)
"""What a thing that nobody has measured is taken for."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where it is, and how many pictures that took."""

    object: RememberedObject
    looks: int


class _Search:
    """Counts what one search has looked at, for its result and for its error."""

    def __init__(self) -> None:
        self.looks = 0
        self.seen_from: list[Pose2] = []
        self.surfaces: list[str] = []
        self.skipped: list[str] = []
        self.unreached: list[Pose2] = []
        self.sought: Sought | None = None


class FindSkill:
    """Looks where the object was last seen, then here, then from planned view points, until it sees the object.

    :param parts: of the robot and its home.
    """

    def __init__(self, parts: SkillParts) -> None:
        self._p = parts

    def run(self, run: SkillRun, name: str, place: str) -> Found:
        """Look for an object.

        :param name: spoken name; "the coke can" will do.
        :param place: where to look first, a place or a room; empty for here first.
        :raises SkillError: NOT_FOUND, UNKNOWN_PLACE, NO_CAMERA, LOST, BLOCKED, and whatever ends a run.
        """
        p = self._p
        thing = p.known_object(name)
        first, last = self._regions(place)
        search = _Search()
        if p.world.catalogue.find(name) is None:
            if p.eye is None:
                return self._glance_round(run, name, search)
            thing = self._stranger(run, name, search, p.eye)
        assert thing is not None
        held = p.hand.held
        if held is not None and held.thing.name == thing.name:
            return Found(self._in_hand(thing), 0)
        p.localize(run)
        found = self._look(run, thing, search) or self._look_where_it_was(run, thing, search)
        if found is not None:
            found = self._look_nearer(run, thing, search, found)
        if found is None:
            found = self._look_over(run, thing, search, first, last)
        if found is None:
            raise SkillError(SkillErrorCode.NOT_FOUND, self._not_found(thing.name, search))
        return Found(found, search.looks)

    def _stranger(self, run: SkillRun, name: str, search: _Search, eye: PictureEye) -> CatalogueObject:
        """Search for what is on no list by having a vision model point at it, in each picture anew."""
        spending = eye.spending()

        def point(frame: CameraFrame) -> PictureBox | None:
            return eye.locate(encode_picture(frame.image), name, spending, run.check)

        search.sought = Sought(name, point)
        return self._p.strangers.find(name) or CatalogueObject(spoken_name(name), (), "", None, None, None, _SMALL_M, 0)

    def _regions(self, place: str) -> tuple[tuple[list[Room], list[Surface]], tuple[list[Room], list[Surface]]]:
        """Rooms and surfaces to look over first and afterwards."""
        world = self._p.world
        everything = (list(world.rooms), list(world.surfaces))
        if not place.strip():
            return everything, ([], [])
        room, named = world.find_room(place), world.find_place(place)
        if room is None and named is None:
            near = ", ".join(world.nearest_places(place))
            raise SkillError(SkillErrorCode.UNKNOWN_PLACE, f"'{place}' is not on the map; known: {near}, ...")
        if named is not None and named.surface is not None:
            chosen = [world.surface(named.surface)]
        else:
            inside = room.name if room is not None else named.room if named is not None else ""
            chosen = [s for s in world.surfaces if s.room == inside]
        rooms = [r for r in world.rooms if any(s.room == r.name for s in chosen)] or list(world.rooms)
        return (rooms, chosen), everything

    def _look(self, run: SkillRun, thing: CatalogueObject, search: _Search) -> RememberedObject | None:
        """Look from here."""
        p = self._p
        run.report(run.last_progress.completion, "looking", f"looking for {thing.name}")
        p.clear_sight(run)
        view = p.looker.look(run, sought=search.sought)
        search.looks += view.pictures
        search.seen_from.append(p.navigator.where().pose)
        if thing.name in view.objects:
            return p.memory.get(thing.name)
        if thing.tag_id is None and not view.measured:
            raise SkillError(
                SkillErrorCode.NO_CAMERA,
                f"{thing.name} carries no tag, and no distances came on camera/depth within "
                f"{p.settings.look.camera_timeout_wall_s:.0f} s of wall time; see whether the depth camera runs",
            )
        return None

    def _look_where_it_was(self, run: SkillRun, thing: CatalogueObject, search: _Search) -> RememberedObject | None:
        """Look again at where it was seen, the likeliest place first; believe it gone where it is not."""
        p = self._p
        for known in p.memory.likely_places(thing.name, run.now_s, p.settings.look.half_life_s):
            spot = (known.x_m, known.y_m, known.z_m)
            if any(p.views.shows(pose, spot) for pose in search.seen_from[1:]):
                continue  # it would have been seen on the way to a likelier place
            minutes = known.age_s(run.now_s) / 60.0
            found = self._look_at(run, thing, search, known, f"where {thing.name} was seen {minutes:.0f} min ago")
            if found is not None:
                return found
            p.memory.forget(thing.name)
        return None

    def _look_at(
        self, run: SkillRun, thing: CatalogueObject, search: _Search, known: RememberedObject, where: str
    ) -> RememberedObject | None:
        p = self._p
        here = p.navigator.where().pose
        if p.views.shows(here.facing(known.x_m, known.y_m), (known.x_m, known.y_m, known.z_m)):
            run.report(0.1, "turning", f"turning to {where}")
            p.carry(run)
            p.motion.turn_by(run, here.bearing_to(known.x_m, known.y_m))
            return self._look(run, thing, search)
        try:
            stand = p.reach.plan(object_target(thing, known), here).stand
        except OutOfReach:
            return None
        run.report(0.1, "driving", f"going to look {where}")
        try:
            self._drive(run, stand)
        except SkillError as error:
            if error.code not in (SkillErrorCode.BLOCKED, SkillErrorCode.NO_PATH):
                raise
            search.skipped.append(where)
            return None
        return self._look(run, thing, search)

    def _look_nearer(
        self, run: SkillRun, thing: CatalogueObject, search: _Search, found: RememberedObject
    ) -> RememberedObject | None:
        """Go nearer to what was seen from so far that its place is a guess; None if it is not there."""
        p = self._p
        if found.unsure_m <= p.settings.look.sure_m:
            return found
        spot = (found.x_m, found.y_m, found.z_m)
        pose = p.views.nearest_to(p.navigator.where().pose, p.world.rooms, spot, p.settings.look.near_m)
        if pose is None:
            return found
        run.report(0.5, "driving", f"going nearer: {thing.name} was seen from {found.distance_m:.1f} m")
        try:
            self._drive(run, pose)
        except SkillError as error:
            if error.code not in (SkillErrorCode.BLOCKED, SkillErrorCode.NO_PATH):
                raise
            return found
        nearer = self._look(run, thing, search)
        if nearer is None:
            p.memory.forget(thing.name)
        return nearer

    def _look_over(
        self,
        run: SkillRun,
        thing: CatalogueObject,
        search: _Search,
        *regions: tuple[list[Room], list[Surface]],
    ) -> RememberedObject | None:
        """Go from view point to view point: first to what was not looked at for a while."""
        p = self._p
        # What pictures showed a while ago is known; so first what they did not show, and only then the same again.
        known = p.memory.looks_since(run.now_s - p.settings.look.fresh_s)
        for rooms, surfaces, seen_before in [(*region, poses) for region in regions for poses in (known, [])]:
            here = p.navigator.where().pose
            views = p.views.plan(here, rooms, surfaces, [*search.seen_from, *search.unreached, *seen_before])
            for number, view in enumerate(views):
                where = ", ".join(view.surfaces)
                run.report(number / len(views), "driving", f"going to look at {where}")
                try:
                    self._drive(run, view.pose)
                except SkillError as error:
                    if error.code not in (SkillErrorCode.BLOCKED, SkillErrorCode.NO_PATH):
                        raise
                    search.skipped.append(where)
                    search.unreached.append(view.pose)
                    continue
                found = self._look(run, thing, search)
                search.surfaces += [s for s in view.surfaces if s not in search.surfaces]
                if found is not None:
                    found = self._look_nearer(run, thing, search, found)
                if found is not None:
                    return found
        return None

    def _drive(self, run: SkillRun, pose: Pose2) -> None:
        p = self._p
        p.carry(run)
        p.navigator.make_room(run)
        completion = run.last_progress.completion
        p.navigator.go(run, pose, lambda _, state, message, left_m: run.report(completion, state, message, left_m))

    def _glance_round(self, run: SkillRun, name: str, search: _Search) -> Found:
        """Look all round for a thing that nobody could recognise, and say so."""
        p = self._p
        others: set[str] = set()
        p.hand.raise_to(run, p.settings.carry.height_m)
        for step in range(p.settings.look.glances):
            run.report(step / p.settings.look.glances, "looking", f"looking round for '{name}'")
            view = p.looker.look(run)
            search.looks += view.pictures
            others |= set(view.objects)
            if step < p.settings.look.glances - 1:
                p.motion.turn_by(run, 2 * math.pi / p.settings.look.glances)
        seen = f"seen instead: {', '.join(sorted(others))}" if others else "nothing known was seen"
        raise SkillError(
            SkillErrorCode.NOT_FOUND,
            f"'{name}' was not found: {search.looks} pictures all round, {seen}; {p.no_such_object(name)}",
        )

    def _in_hand(self, thing: CatalogueObject) -> RememberedObject:
        p = self._p
        here = p.navigator.where()
        x, y = p.grasp_point(here.pose)
        pose = Transform.from_plane(x, y, here.pose.yaw_rad, p.hand.height_m)
        return RememberedObject(thing.name, pose, np.eye(3) * 1e-4, 0.1, here.stamp_s, 0.0, 1.0)

    def _not_found(self, name: str, search: _Search) -> str:
        looked = ", ".join(search.surfaces) or "around here"
        skipped = f"; could not get to {', '.join(search.skipped)}" if search.skipped else ""
        return f"{name} was not found: {search.looks} pictures of {looked}{skipped}"
