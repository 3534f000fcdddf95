"""Things that no object list knows, once somebody pointed at them in a picture."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.boxed_body import BoxedBody, PictureBox, measure_body
from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.object_catalogue import CatalogueObject, spoken_name
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.solid import Solid, SolidShape
from taskmatrix_ros.perception.support import Support
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory

_SAME_M, _SAME_SIZE = 0.08, 0.35
_CONFIDENCE = 0.7
_MOST = 50


@dataclass(frozen=True, slots=True)
class Sought:
    """A thing to point at. :param point: gives where it is in a picture; None if it is not in it."""

    name: str
    point: Callable[[CameraFrame], PictureBox | None]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A picture with distances, and what can carry things before the robot.

    :param depth_m: ``(H, W)``, of the picture's size. :param robot: map frame. :param tops: base_link.
    """

    frame: CameraFrame
    depth_m: NDArray[np.float32]
    robot: Pose2
    tops: Sequence[Support]


class Strangers:
    """Measures what is pointed at, keeps its size under the name it was asked for, and knows it again where it stood.

    Thread-safe.

    :param memory: of where things are.
    """

    def __init__(self, memory: ObjectMemory, base_from_camera: Transform) -> None:
        self._memory = memory
        self._base_from_camera = base_from_camera
        self._met: dict[str, CatalogueObject] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> CatalogueObject | None:
        """Give what was met under a name."""
        with self._lock:
            return self._met.get(spoken_name(name))

    @property
    def any_about(self) -> bool:
        """Whether one of them is believed to stand somewhere."""
        with self._lock:
            names = list(self._met)
        return any(self._memory.get(name) is not None for name in names)

    def look_for(self, sought: Sought, scene: Measured) -> ObjectObservation | None:
        """Have a thing pointed at, and measure it."""
        box = sought.point(scene.frame)
        if box is None:
            return None
        body = measure_body(box, scene.depth_m, scene.frame.camera, self._base_from_camera, scene.tops)
        if body is None:
            return None
        name = spoken_name(sought.name)
        with self._lock:
            while len(self._met) >= _MOST and name not in self._met:
                self._met.pop(next(iter(self._met)))
            width_m = min(body.size_m[0], body.size_m[1])
            self._met[name] = CatalogueObject(name, (), "", None, None, None, body.size_m, width_m)
        return _observation(name, body, scene.frame.stamp_s)

    def look_again(self, scene: Measured) -> list[ObjectObservation]:
        """Measure those that should be in a picture; what has another size or place is something else."""
        with self._lock:
            met = list(self._met.values())
        seen = []
        for thing in met:
            known = self._memory.get(thing.name)
            if known is None:
                continue
            map_from_base = Transform.from_plane(scene.robot.x_m, scene.robot.y_m, scene.robot.yaw_rad)
            expected = map_from_base.inverse() @ known.pose
            box = self._box_around(expected, thing, scene.frame)
            if box is None:
                continue
            body = measure_body(box, scene.depth_m, scene.frame.camera, self._base_from_camera, scene.tops)
            if body is None or math.dist(body.pose.translation[:2], expected.translation[:2]) > _SAME_M:
                continue
            if all(abs(a - b) <= _SAME_SIZE * b for a, b in zip(body.size_m, thing.size_m, strict=True)):
                seen.append(_observation(thing.name, body, scene.frame.stamp_s))
        return seen

    def _box_around(self, base_from_thing: Transform, thing: CatalogueObject, frame: CameraFrame) -> PictureBox | None:
        """The part of the picture that shows a body which is where it is expected; None if that is not in it."""
        outline = Solid(SolidShape.BOX, thing.size_m).outline()
        corners = (self._base_from_camera.inverse() @ base_from_thing).apply(outline)
        if (corners[:, 2] < 0.1).any():
            return None
        size = np.array([frame.camera.width_px, frame.camera.height_px])
        shares = frame.camera.project(corners) / size
        low, high = np.clip(shares.min(axis=0), 0.0, 1.0), np.clip(shares.max(axis=0), 0.0, 1.0)
        if (high - low <= 0.0).any():
            return None
        return PictureBox(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _observation(name: str, body: BoxedBody, stamp_s: float) -> ObjectObservation:
    sigma_m = 0.008 + 0.004 * body.distance_m
    return ObjectObservation(
        name=name,
        stamp_s=stamp_s,
        pose=body.pose,
        covariance=np.eye(3) * sigma_m**2,
        yaw_error_rad=0.15 if body.size_m[0] > 1.2 * body.size_m[1] else math.pi,
        distance_m=body.distance_m,
        confidence=_CONFIDENCE,
    )
