"""From where to look for things."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.robot.description.robot_description import RobotDescription
from taskmatrix_ros.robot.description.world_description import Room, Surface
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.path_planner import PathPlanner
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.skill_settings import SkillSettings

_HEADINGS = 16
_SAMPLE_M = 0.25
_THING_M = 0.06  # middle of a small thing over the surface it stands on
_LOOK_S = 0.8


@dataclass(frozen=True, slots=True)
class ViewPoint:
    """A pose to look from.

    :param covers: numbers of the spots that it shows and no view before it did.
    :param surfaces: names of the surfaces they lie on.
    """

    pose: Pose2
    covers: frozenset[int]
    surfaces: tuple[str, ...]


class ViewPlanner:
    """Covers tops of furniture with as few and as near views as it can, greedily.

    A spot counts as seen from a pose if it lies in the picture, within range of the camera for a small tag on an
    upright face, with nothing in between.

    :source: Gonzalez-Banos and Latombe, "A randomized art-gallery algorithm for sensor placement", 2001, for covering
        by sampled views; the choice of the next one by gain over cost is the common greedy one.
    """

    def __init__(
        self, grid: OccupancyGrid, planner: PathPlanner, robot: RobotDescription, settings: SkillSettings
    ) -> None:
        self._grid = grid
        self._planner = planner
        self._robot = robot
        self._settings = settings
        self._model = robot.camera.ideal_model()
        boxes = grid.boxes
        self._box_centers = np.array([[b.pose.x_m, b.pose.y_m, (b.bottom_m + b.top_m) / 2] for b in boxes])
        self._box_halves = np.array([[b.size_x_m / 2, b.size_y_m / 2, (b.top_m - b.bottom_m) / 2] for b in boxes])
        self._box_yaws = np.array([b.pose.yaw_rad for b in boxes])
        self._visible: dict[tuple[float, float, str], NDArray[np.bool_]] = {}

    def spots(self, surfaces: Iterable[Surface]) -> tuple[NDArray[np.float64], list[str]]:
        """Spots where things may stand.

        :returns: ``(N, 3)``, metres, map frame, and the name of each one's surface.
        """
        points: list[tuple[float, float, float]] = []
        names: list[str] = []
        for surface in surfaces:
            sides = []
            for size in surface.size_m:
                half = max(size / 2 - 0.08, 0.0)
                sides.append(np.linspace(-half, half, max(2, math.ceil(2 * half / _SAMPLE_M) + 1)))
            for dx in sides[0]:
                for dy in sides[1]:
                    points.append(
                        (
                            surface.center_m[0] + float(dx),
                            surface.center_m[1] + float(dy),
                            surface.height_m + _THING_M,
                        )
                    )
                    names.append(surface.name)
        return np.array(points).reshape(-1, 3), names

    def candidates(self, rooms: Iterable[Room]) -> list[tuple[float, float]]:
        """Spots with room to turn, x and y, map frame."""
        step = self._settings.look.view_step_m
        room_to_turn = self._robot.reach_radius_m + self._settings.drive.turn_margin_m
        spots = [
            (float(x), float(y))
            for room in rooms
            for x in np.arange(room.x_m[0] + step / 2, room.x_m[1], step)
            for y in np.arange(room.y_m[0] + step / 2, room.y_m[1], step)
        ]
        return [spot for spot in spots if self._grid.clearance_m(*spot) >= room_to_turn]

    def plan(
        self, here: Pose2, rooms: Sequence[Room], surfaces: Sequence[Surface], seen_from: Sequence[Pose2] = ()
    ) -> list[ViewPoint]:
        """Plan views that together show every spot that can be shown.

        :param here: where the robot is; turning here costs least.
        :param rooms: to look from.
        :param surfaces: to look at.
        :param seen_from: poses that were looked from already.
        :returns: in the order to go; empty if nothing more can be shown.
        """
        spots, names = self.spots(surfaces)
        if not len(spots):
            return []
        positions = [(here.x_m, here.y_m), *self.candidates(rooms)]
        visible = np.array([self._visible_on(p, surfaces, remember=p != positions[0]) for p in positions])
        headings = np.arange(_HEADINGS) * 2 * math.pi / _HEADINGS
        away = spots[None, :, :2] - np.array(positions)[:, None, :]
        within = self._in_picture(away[:, None], np.cos(headings)[None, :, None], np.sin(headings)[None, :, None])
        shows = within & visible[:, None, :]
        left = np.ones(len(spots), bool)
        for pose in seen_from:
            left &= ~self._shown_from(pose, spots)
        plan: list[ViewPoint] = []
        at = here
        while left.any() and len(plan) < self._settings.look.max_views:
            gains = (shows & left).sum(axis=2)
            if not gains.any():
                break
            costs = self._costs_s(at, positions, headings)
            score = gains / costs
            i, k = np.unravel_index(int(np.argmax(score)), score.shape)
            if gains[i, k] == 0:
                break
            new = shows[i, k] & left
            if math.isinf(costs[i, k]):
                break
            left &= ~shows[i, k]
            pose = Pose2(*positions[i], wrap_angle(float(headings[k])))
            plan.append(
                ViewPoint(
                    pose,
                    frozenset(int(n) for n in np.flatnonzero(new)),
                    tuple(dict.fromkeys(names[n] for n in np.flatnonzero(new))),
                )
            )
            at = pose
        return plan

    def nearest_to(
        self, here: Pose2, rooms: Iterable[Room], spot_m: tuple[float, float, float], within_m: float
    ) -> Pose2 | None:
        """Give the pose that is reached soonest of those that show a spot from near by.

        :param spot_m: x, y, z, map frame. :param within_m: of the camera to the spot, over the floor.
        :returns: None if there is none.
        """
        best, least = None, math.inf
        for x_m, y_m in self.candidates(rooms):
            if math.hypot(spot_m[0] - x_m, spot_m[1] - y_m) > within_m:
                continue
            cost = self._planner.cost_m((here.x_m, here.y_m), (x_m, y_m))
            if cost < least and bool(self._visible_from(x_m, y_m, np.array([spot_m]))[0]):
                best, least = Pose2(x_m, y_m, 0.0).facing(spot_m[0], spot_m[1]), cost
        return best

    def shows(self, pose: Pose2, spot_m: tuple[float, float, float]) -> bool:
        """Whether a picture from a pose would show something small at a spot, map frame."""
        return bool(self._shown_from(pose, np.array([spot_m]))[0])

    def _visible_on(
        self, position: tuple[float, float], surfaces: Sequence[Surface], *, remember: bool
    ) -> NDArray[np.bool_]:
        """Which spots of surfaces can be seen from a position; furniture does not move, so each is computed once."""
        parts = []
        for surface in surfaces:
            key = (*position, surface.name)
            seen = self._visible.get(key)
            if seen is None:
                seen = self._visible_from(*position, self.spots([surface])[0])
                if remember:
                    self._visible[key] = seen
            parts.append(seen)
        return np.concatenate(parts)

    def _costs_s(
        self, at: Pose2, positions: Sequence[tuple[float, float]], headings: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        drive = self._settings.drive
        ways = np.array([self._planner.cost_m((at.x_m, at.y_m), p) for p in positions])
        here = np.array([math.hypot(p[0] - at.x_m, p[1] - at.y_m) < 0.02 for p in positions])
        ways = np.where(here, 0.0, ways + 0.5)
        turns = np.abs((headings - at.yaw_rad + math.pi) % (2 * math.pi) - math.pi)
        turning = np.where(here[:, None], turns[None, :], 1.5)
        return np.asarray(ways[:, None] / drive.max_linear_m_s + turning / drive.max_angular_rad_s + _LOOK_S)

    def _shown_from(self, pose: Pose2, spots: NDArray[np.float64]) -> NDArray[np.bool_]:
        within = self._in_picture(spots[:, :2] - [pose.x_m, pose.y_m], math.cos(pose.yaw_rad), math.sin(pose.yaw_rad))
        return within & self._visible_from(pose.x_m, pose.y_m, spots)

    def _in_picture(
        self, away: NDArray[np.float64], cosine: NDArray[np.float64] | float, sine: NDArray[np.float64] | float
    ) -> NDArray[np.bool_]:
        """Whether spots lie between the left and right border of the picture.

        :param away: ``(..., 2)`` from the robot, map frame.
        :param cosine: of the heading; broadcasts against ``away[..., 0]``.
        :param sine: the same.
        """
        ahead = cosine * away[..., 0] + sine * away[..., 1] - self._robot.camera.x_m
        left = cosine * away[..., 1] - sine * away[..., 0] - self._robot.camera.y_m
        half = self._model.fovx_rad / 2 - self._settings.look.edge_rad
        return np.asarray(np.abs(np.arctan2(left, ahead)) <= half)

    def _visible_from(self, x_m: float, y_m: float, spots: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which spots a camera over (x, y) could see, were it turned towards them."""
        camera = self._robot.camera
        eye = np.array([x_m, y_m, camera.z_m])
        away = spots - eye
        level = np.hypot(away[:, 0], away[:, 1]) - camera.x_m
        down = np.arctan2(-away[:, 2], np.maximum(level, 1e-3)) - camera.pitch_rad
        half = self._model.fovy_rad / 2 - self._settings.look.edge_rad
        # A tag on an upright face is foreshortened when looked at from above, and that costs range.
        distance = np.hypot(level, away[:, 2])
        reach = self._settings.look.range_m * np.cos(np.arctan2(-away[:, 2], np.maximum(level, 1e-3)))
        good = (np.abs(down) <= half) & (distance <= reach) & (level > 0.2)
        result = np.zeros(len(spots), bool)
        for n in np.flatnonzero(good):
            result[n] = not self._hidden(eye, spots[n])
        return result

    def _hidden(self, eye: NDArray[np.float64], spot: NDArray[np.float64]) -> bool:
        """Whether a box lies between; the slab test on all boxes at once."""
        c, s = np.cos(self._box_yaws), np.sin(self._box_yaws)

        def local(point: NDArray[np.float64]) -> NDArray[np.float64]:
            d = point - self._box_centers
            return np.stack([c * d[:, 0] + s * d[:, 1], -s * d[:, 0] + c * d[:, 1], d[:, 2]], axis=-1)

        start, end = local(eye), local(spot)
        step = end - start
        with np.errstate(divide="ignore", invalid="ignore"):
            near = (-self._box_halves - start) / step
            far = (self._box_halves - start) / step
        low, high = np.fmin(near, far), np.fmax(near, far)
        enter, leave = low.max(axis=1), high.min(axis=1)
        return bool(np.any((enter <= leave) & (leave > 0.0) & (enter < 0.99)))
