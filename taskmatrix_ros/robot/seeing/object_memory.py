"""What was seen where, and when."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.localization.localization import Estimate

_SAME_M = 0.12
_HEIGHT_SIGMA_M = 0.004
_FORMER, _LOOKS = 5, 200


@dataclass(frozen=True, slots=True, eq=False)
class RememberedObject:
    """An object on the map.

    :param pose: of its origin, map frame, upright.
    :param covariance: ``(3, 3)`` of the position, m.
    :param seen_at_s: ROS time of the last picture that showed it.
    :param distance_m: from the camera in the best picture.
    :param sightings: pictures that showed it there.
    """

    name: str
    pose: Transform
    covariance: NDArray[np.float64]
    yaw_error_rad: float
    seen_at_s: float
    distance_m: float
    confidence: float
    sightings: int = 1

    @property
    def unsure_m(self) -> float:
        """Largest standard deviation of where it stands, in any direction over the floor."""
        return math.sqrt(max(0.0, float(np.linalg.eigvalsh(self.covariance[:2, :2])[-1])))

    def age_s(self, now_s: float) -> float:
        """ROS seconds since a picture last showed it."""
        return max(0.0, now_s - self.seen_at_s)

    def confidence_now(self, now_s: float, half_life_s: float) -> float:
        """How likely it still stands there, 0..1: somebody may have taken it since.

        :param half_life_s: after which half of what was seen has been moved.
        """
        return self.confidence * 0.5 ** (self.age_s(now_s) / half_life_s)

    @property
    def x_m(self) -> float:
        """Map frame."""
        return float(self.pose.translation[0])

    @property
    def y_m(self) -> float:
        """Map frame."""
        return float(self.pose.translation[1])

    @property
    def z_m(self) -> float:
        """Of its middle over the floor."""
        return float(self.pose.translation[2])


class ObjectMemory:
    """The newest belief about each object, where it was before, and from where was looked. Thread-safe.

    :param stands_at: what height over the floor the middle of a named thing has that was seen at a position, map frame,
        to within so many metres: a picture tells height worse than the map tells where tables are.
    """

    def __init__(
        self, stands_at: Callable[[str, NDArray[np.float64], float], float] = lambda _name, at, _unsure: float(at[2])
    ) -> None:
        self._stands_at = stands_at
        self._objects: dict[str, RememberedObject] = {}
        self._former: dict[str, deque[RememberedObject]] = {}
        self._looks: deque[tuple[float, Pose2]] = deque(maxlen=_LOOKS)
        self._lock = threading.Lock()

    def see(self, seen: ObjectObservation, robot: Estimate) -> RememberedObject:
        """Take in an observation.

        Sightings of the same spot are averaged by how sure each is, with the robot's own error added; one that is
        clearly elsewhere replaces what was believed.

        :param robot: where the robot was when the picture was taken.
        """
        base = Transform.from_plane(robot.pose.x_m, robot.pose.y_m, robot.pose.yaw_rad)
        pose = base @ seen.pose
        x, y = seen.position_m[0], seen.position_m[1]
        c, s = math.cos(robot.pose.yaw_rad), math.sin(robot.pose.yaw_rad)
        by_robot = np.array([[1.0, 0.0, -s * x - c * y], [0.0, 1.0, c * x - s * y], [0.0, 0.0, 0.0]])
        covariance = base.rotation @ seen.covariance @ base.rotation.T + by_robot @ robot.covariance @ by_robot.T
        unsure_m = math.sqrt(float(np.linalg.eigvalsh(covariance[:2, :2])[-1]))
        height_m = self._stands_at(seen.name, pose.translation, 2.0 * unsure_m)
        if height_m != float(pose.translation[2]):
            pose, covariance = _at_height(pose, covariance, height_m)
        fresh = RememberedObject(
            seen.name, pose, covariance, seen.yaw_error_rad, seen.stamp_s, seen.distance_m, seen.confidence
        )
        with self._lock:
            known = self._objects.get(seen.name)
            if known is not None and _apart_m(known, fresh) > _SAME_M:
                self._keep(known)
            self._objects[seen.name] = fresh if known is None else _fuse(known, fresh)
            return self._objects[seen.name]

    def put(self, remembered: RememberedObject) -> None:
        """Set what is believed, as after putting something down."""
        with self._lock:
            self._objects[remembered.name] = remembered

    def forget(self, name: str) -> None:
        """Believe nothing about an object: it was looked for where it was, and is gone. Where it was is kept."""
        with self._lock:
            known = self._objects.pop(name, None)
            if known is not None:
                self._keep(known)

    def clear(self) -> None:
        """Believe nothing, and know of nothing that was."""
        with self._lock:
            self._objects.clear()
            self._former.clear()
            self._looks.clear()

    def looked(self, stamp_s: float, pose: Pose2) -> None:
        """Note that a picture was taken from a pose, map frame: what it shows is known from then on."""
        with self._lock:
            self._looks.append((stamp_s, pose))

    def looks_since(self, stamp_s: float) -> list[Pose2]:
        """Poses from which pictures were taken since a moment, oldest first."""
        with self._lock:
            return [pose for at_s, pose in self._looks if at_s >= stamp_s]

    def likely_places(self, name: str, now_s: float, half_life_s: float) -> list[RememberedObject]:
        """Give where an object was seen, likeliest first: what is believed, then where it stood before that.

        :param half_life_s: as in ``RememberedObject.confidence_now``.
        """
        with self._lock:
            believed = self._objects.get(name)
            former = list(self._former.get(name, ()))
        former.sort(key=lambda one: one.confidence_now(now_s, half_life_s), reverse=True)
        return [one for one in (believed, *former) if one is not None]

    def _keep(self, known: RememberedObject) -> None:
        """Keep where something was, a spot once."""
        former = self._former.setdefault(known.name, deque(maxlen=_FORMER))
        for other in [one for one in former if _apart_m(one, known) <= _SAME_M]:
            former.remove(other)
        former.append(known)

    def get(self, name: str) -> RememberedObject | None:
        """Return what is believed about an object; None if it was not seen or is gone."""
        with self._lock:
            return self._objects.get(name)

    def all(self) -> list[RememberedObject]:
        """Everything, by name."""
        with self._lock:
            return [self._objects[k] for k in sorted(self._objects)]


def _apart_m(a: RememberedObject, b: RememberedObject) -> float:
    return float(np.linalg.norm(a.pose.translation - b.pose.translation))


def _at_height(
    pose: Transform, covariance: NDArray[np.float64], height_m: float
) -> tuple[Transform, NDArray[np.float64]]:
    """Take a height from the map: along the line of sight, a thing seen too low was seen too near."""
    gain = covariance[:, 2] / (float(covariance[2, 2]) + _HEIGHT_SIGMA_M**2)
    moved = pose.translation + gain * (height_m - float(pose.translation[2]))
    moved[2] = height_m
    narrowed = covariance - np.outer(gain, covariance[2])
    return Transform(pose.rotation, moved), np.asarray((narrowed + narrowed.T) / 2)


def _fuse(known: RememberedObject, fresh: RememberedObject) -> RememberedObject:
    apart_m = _apart_m(known, fresh)
    # Much closer pictures, and ones after a while, count alone: the robot's own error has changed since.
    if apart_m > _SAME_M or fresh.seen_at_s - known.seen_at_s > 3.0 or fresh.distance_m < 0.6 * known.distance_m:
        return replace(fresh, sightings=1 if apart_m > _SAME_M else known.sightings + 1)
    a, b = (np.linalg.inv(o.covariance + np.eye(3) * 1e-8) for o in (known, fresh))
    covariance = np.linalg.inv(a + b)
    position = covariance @ (a @ known.pose.translation + b @ fresh.pose.translation)
    surest = known if known.yaw_error_rad <= fresh.yaw_error_rad else fresh
    return RememberedObject(
        known.name,
        Transform(surest.pose.rotation, position),
        # Pictures taken from one spot share the robot's error: two of them are no surer than the better one.
        known.covariance if np.trace(known.covariance) < np.trace(fresh.covariance) else fresh.covariance,
        surest.yaw_error_rad,
        fresh.seen_at_s,
        min(known.distance_m, fresh.distance_m),
        max(known.confidence, fresh.confidence),
        known.sightings + 1,
    )
