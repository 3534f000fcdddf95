"""Known objects without tags, by their colour, shape and size, in a picture with distances."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.colour_range import ColourRange, to_lab
from taskmatrix_ros.perception.object_catalogue import CatalogueObject, ObjectCatalogue
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.solid import Solid, SolidShape
from taskmatrix_ros.perception.support import Support
from taskmatrix_ros.perception.transform import Transform

Array = NDArray[np.float64]

_RANGE_M = 3.0
_UNKNOWN_M = 1e3
_LEAST_PX = 60
_MOST_POINTS = 400
_JUMP_M, _JUMP_RATIO = 0.02, 0.015  # between neighbouring pixels of one thing
_HEIGHT_M, _HEIGHT_RATIO = 0.010, 0.10
_MISFIT_M, _MISFIT_RATIO = 0.0035, 0.0015  # root mean square, plus so much per metre of distance
_CLEARLY_M = 0.0015  # root mean square that another shape must fit worse
_SMOOTH_PX = 5
_OVERLAP = 0.72
_MARGIN_PX = 2


@dataclass(frozen=True, slots=True, eq=False)
class _Blob:
    """Pixels of one colour that hang together, and where they are.

    :param points_m: ``(N, 3)``, base_link. :param pixels: ``(N, 2)``, x and y. :param noise_m: of one distance.
    """

    support: Support
    points_m: Array
    pixels: NDArray[np.int32]
    noise_m: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """A body laid through points: pose in base_link, and the root mean square distance."""

    pose: Transform
    misfit_m: float


class ShapeObserver:
    """Finds what the object list tells by colour, shape and size.

    Pixels of the colour that stand on a known top are put together where their distances hang together. Of such a blob
    the height must be right; the listed body must fit its points, and better than a body of another shape and the same
    size does; and the body's outline in the picture must be the blob's. What passes is the object: a thing of the same
    colour and another shape or size is not.

    :param catalogue: of all objects; those with colour and shape are looked for.
    :param base_from_camera: pose of the camera optical frame in base_link.
    """

    def __init__(self, catalogue: ObjectCatalogue, base_from_camera: Transform) -> None:
        self._things = [
            (thing, ColourRange.parse(thing.color), Solid(thing.shape, thing.size_m))
            for thing in catalogue
            if thing.shape is not None
        ]
        self._base_from_camera = base_from_camera

    @property
    def knows_any(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self._things)

    def observe(
        self, frame: CameraFrame, depth_m: NDArray[np.float32], supports: Sequence[Support]
    ) -> list[ObjectObservation]:
        """Locate the objects in one picture.

        :param depth_m: ``(H, W)``, along the optical axis, of the picture's size; not finite where unknown.
        :returns: one per object, nearest first.
        """
        if not self._things or not supports:
            return []
        lab = to_lab(frame.image)
        known_m = np.where(np.isfinite(depth_m), depth_m, _UNKNOWN_M).astype(np.float32)
        smooth_m = np.asarray(cv2.medianBlur(known_m, _SMOOTH_PX), np.float32)
        whole = (known_m > 0.05) & (known_m < _RANGE_M) & ~_edges(smooth_m)
        found = []
        for thing, colour, solid in self._things:
            mask = colour.mask(lab) & whole
            seen = [
                one
                for blob in self._blobs(mask, known_m, smooth_m, frame.camera, supports, thing.size_m[2])
                if (one := self._recognise(blob, thing, solid, frame)) is not None
            ]
            if seen:
                found.append(max(seen, key=lambda one: one.confidence))
        return sorted(found, key=lambda one: one.distance_m)

    def _blobs(
        self,
        mask: NDArray[np.bool_],
        known_m: NDArray[np.float32],
        smooth_m: NDArray[np.float32],
        camera: CameraModel,
        supports: Iterable[Support],
        height_m: float,
    ) -> Iterable[_Blob]:
        rows, columns = np.nonzero(mask)
        if len(rows) < _LEAST_PX:
            return
        points = self._base_from_camera.apply(camera.points(columns, rows, smooth_m[rows, columns]))
        rough_m = np.abs(known_m[rows, columns] - smooth_m[rows, columns])
        for support in supports:
            standing = support.carries(points)
            standing &= points[:, 2] < support.height_m + height_m + 2 * _HEIGHT_M + _HEIGHT_RATIO * height_m
            if np.count_nonzero(standing) < _LEAST_PX:
                continue
            labels = np.zeros(mask.shape, np.uint8)
            labels[rows[standing], columns[standing]] = 1
            count, numbered = cv2.connectedComponents(labels, connectivity=8)
            of_point = numbered[rows, columns] * standing
            for number in range(1, count):
                own = of_point == number
                if np.count_nonzero(own) >= _LEAST_PX:
                    pixels = np.stack([columns[own], rows[own]], axis=-1).astype(np.int32)
                    yield _Blob(support, points[own], pixels, 1.48 * float(np.median(rough_m[own])))

    def _recognise(
        self, blob: _Blob, thing: CatalogueObject, solid: Solid, frame: CameraFrame
    ) -> ObjectObservation | None:
        """Give the object if the blob is it."""
        size = np.array([frame.camera.width_px, frame.camera.height_px])
        if (blob.pixels < _MARGIN_PX).any() or (blob.pixels >= size - _MARGIN_PX).any():
            return None  # a part of it is out of the picture
        top_m = float(np.percentile(blob.points_m[:, 2], 98)) - blob.support.height_m
        if abs(top_m - solid.size_m[2]) > _HEIGHT_M + _HEIGHT_RATIO * solid.size_m[2] + blob.noise_m / 2:
            return None
        eye = self._base_from_camera.translation
        points = blob.points_m[:: max(1, len(blob.points_m) // _MOST_POINTS)]
        fit = _fit(solid, points, blob.support.height_m, eye)
        distance_m = float(np.linalg.norm(fit.pose.translation - eye))
        allowed_m = math.hypot(_MISFIT_M + _MISFIT_RATIO * distance_m, blob.noise_m / 2)
        if fit.misfit_m > allowed_m:
            return None
        overlap = self._overlap(solid, fit.pose, blob, frame.camera)
        if overlap < _OVERLAP:
            return None
        clearly_m = math.hypot(fit.misfit_m, _CLEARLY_M + blob.noise_m / 10)
        others = [Solid(shape, solid.size_m) for shape in SolidShape if shape is not solid.shape]
        if any(_fit(o, points, blob.support.height_m, eye).misfit_m < clearly_m for o in others):
            return None
        sigma_m = 0.004 + 0.003 * distance_m
        return ObjectObservation(
            name=thing.name,
            stamp_s=frame.stamp_s,
            pose=fit.pose,
            covariance=np.eye(3) * sigma_m**2,
            yaw_error_rad=0.05 + 0.03 * distance_m if solid.turns else math.pi,
            distance_m=distance_m,
            confidence=float(min(1.0, overlap) * (1.0 - 0.4 * fit.misfit_m / allowed_m)),
        )

    def _overlap(self, solid: Solid, pose: Transform, blob: _Blob, camera: CameraModel) -> float:
        """Compare the outline of the body in the picture with the blob's: intersection over union."""
        outline = (self._base_from_camera.inverse() @ pose).apply(solid.outline())
        if (outline[:, 2] <= 0.05).any():
            return 0.0
        expected = np.round(camera.project(outline)).astype(np.int32)
        low = np.minimum(expected.min(axis=0), blob.pixels.min(axis=0))
        high = np.maximum(expected.max(axis=0), blob.pixels.max(axis=0))
        width, height = (int(v) for v in high - low + 1)
        if width > 2 * camera.width_px or height > 2 * camera.height_px:
            return 0.0
        filled = []
        for corners in (expected, blob.pixels):
            canvas = np.zeros((height, width), np.uint8)
            cv2.fillConvexPoly(canvas, cv2.convexHull((corners - low).astype(np.int32)), 1)
            filled.append(canvas.astype(bool))
        both, either = (int(np.count_nonzero(m)) for m in (filled[0] & filled[1], filled[0] | filled[1]))
        return both / max(1, either)


def _edges(depth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Pixels behind which the distance jumps nearer: two things that only look as if they touched."""
    near = cv2.erode(depth_m, np.ones((3, 3), np.uint8))
    return np.asarray(depth_m - near > _JUMP_M + _JUMP_RATIO * near)


def _fit(solid: Solid, points_m: Array, support_m: float, eye_m: Array) -> _Fit:
    """Lay a body that stands on a support through points of its surface, by least squares of their distances to it.

    :param points_m: ``(N, 3)``, base_link. :param eye_m: from where they were seen.
    """
    middle = points_m.mean(axis=0)
    away = middle[:2] - eye_m[:2]
    start = middle[:2] + away / max(float(np.linalg.norm(away)), 1e-6) * min(solid.size_m[0], solid.size_m[1]) * 0.25
    z_m = support_m + solid.size_m[2] / 2

    def local(state: Array) -> Array:
        yaw = state[2] if solid.turns else 0.0
        c, s = math.cos(yaw), math.sin(yaw)
        dx, dy = points_m[:, 0] - state[0], points_m[:, 1] - state[1]
        return np.stack([c * dx + s * dy, -s * dx + c * dy, points_m[:, 2] - z_m], axis=-1)

    best: _Fit | None = None
    same_after = math.pi / 2 if solid.size_m[0] == solid.size_m[1] else math.pi
    bearing = math.atan2(float(away[1]), float(away[0]))
    for turn in (0.0, same_after / 3, 2 * same_after / 3)[: 3 if solid.turns else 1]:
        state = np.array([*start, bearing + turn] if solid.turns else [*start])
        solved = least_squares(
            lambda s: solid.distance(local(s)), state, loss="soft_l1", f_scale=0.004, max_nfev=40, method="trf"
        ).x
        off = np.sort(np.abs(solid.distance(local(solved))))
        misfit_m = float(np.sqrt(np.mean(off[: max(1, int(0.95 * len(off)))] ** 2)))
        if best is None or misfit_m < best.misfit_m:
            yaw_rad = float(solved[2]) if solid.turns else 0.0
            best = _Fit(Transform.from_plane(float(solved[0]), float(solved[1]), yaw_rad, z_m), misfit_m)
    assert best is not None
    return best
