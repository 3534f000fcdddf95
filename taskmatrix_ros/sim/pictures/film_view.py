"""From where a film looks at the world: from straight above, or from above and behind the robot."""

from __future__ import annotations

from enum import StrEnum

import mujoco
import numpy as np

from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.worlds.static_boxes import static_boxes

_MARGIN_M = 0.3
_ABOVE_M = 8.0
# Steep enough that a wall of 2.4 m behind the robot does not hide it.
_FOLLOW_ELEVATION_DEG, _FOLLOW_DISTANCE_M, _FOLLOW_HEIGHT_M = -75.0, 3.6, 0.6
_FOLLOW_FOVY_DEG = 45.0
_NORTH_UP_DEG = 90.0


class FilmView(StrEnum):
    """``top``: the whole world, north up. ``follow``: near the robot, north up."""

    TOP = "top"
    FOLLOW = "follow"


def film_camera(model: mujoco.MjModel, world: World, view: FilmView, size_px: tuple[int, int]) -> mujoco.MjvCamera:
    """Make the camera of a film.

    :param model: its free cameras get the field of view of this one; fixed cameras keep theirs.
    :param size_px: width and height of the picture, which has to hold the whole world from above.
    """
    camera = mujoco.MjvCamera()
    camera.azimuth = _NORTH_UP_DEG
    if view is FilmView.FOLLOW:
        camera.type = mujoco.mjtCamera.mjCAMERA_FREE
        camera.elevation, camera.distance = _FOLLOW_ELEVATION_DEG, _FOLLOW_DISTANCE_M
        model.vis.global_.fovy = _FOLLOW_FOVY_DEG
        return camera
    corners = np.concatenate([box.corners_m() for box in static_boxes(world)])
    low, high = corners.min(axis=0) - _MARGIN_M, corners.max(axis=0) + _MARGIN_M
    across, up = high - low
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    camera.orthographic = 1
    camera.lookat[:] = [*(low + high) / 2, 0.0]
    camera.elevation, camera.distance = -90.0, _ABOVE_M
    model.vis.global_.fovy = float(max(up, across * size_px[1] / size_px[0]))  # orthographic: metres
    return camera


def follow(camera: mujoco.MjvCamera, data: mujoco.MjData, body: int) -> None:
    """Turn a following camera to where a body is. :param data: with up-to-date kinematics."""
    camera.lookat[:] = [*data.xpos[body][:2], _FOLLOW_HEIGHT_M]
