"""From tags in a picture to objects around the robot."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from taskmatrix_ros.perception.object_catalogue import CatalogueObject, ObjectCatalogue
from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.tag_detector import TagObservation
from taskmatrix_ros.perception.transform import Transform

_MAX_TILT_RAD = math.radians(35)
_BIAS_PX = 3.0


class ObjectObserver:
    """Turns tag poses into object poses.

    :param catalogue: of the objects that carry tags.
    :param base_from_camera: pose of the camera optical frame in base_link.
    """

    def __init__(self, catalogue: ObjectCatalogue, base_from_camera: Transform) -> None:
        self._catalogue = catalogue
        self._base_from_camera = base_from_camera

    def observe(self, tags: Iterable[TagObservation]) -> list[ObjectObservation]:
        """Locate the objects in one picture.

        Of the two poses that a distant square allows, the one that leaves the object standing is taken. Two faces of
        one object are averaged, weighted by how sure each is.

        :returns: one per object, nearest first.
        """
        faces: dict[str, list[ObjectObservation]] = {}
        for tag in tags:
            thing = self._catalogue.by_tag(tag.tag_id)
            if thing is None:
                continue
            seen = self._locate(tag, thing)
            if seen is not None:
                faces.setdefault(thing.name, []).append(seen)
        return sorted((_merge(group) for group in faces.values()), key=lambda o: o.distance_m)

    def _locate(self, tag: TagObservation, thing: CatalogueObject) -> ObjectObservation | None:
        face_m = thing.tag_face_m or 0.0
        # The four faces look alike, so the first stands for all: the yaw is known up to quarter turns.
        face = thing.face_transforms()[0].inverse()
        poses = [self._base_from_camera @ tag.pose @ face]
        if tag.alternative is not None:
            poses.append(self._base_from_camera @ tag.alternative @ face)
        tilts = [p.tilt_rad for p in poses]
        # The better fit wins unless it leans clearly more than the other: noise tilts both.
        best = 1 if len(poses) > 1 and tilts[1] < tilts[0] - 0.1 and tag.ambiguity > 0.3 else 0
        if tilts[best] > _MAX_TILT_RAD:
            return None
        upright = Transform.from_rpy(poses[best].translation, (0.0, 0.0, poses[best].yaw_rad))
        # The face is known better than the leaning axis behind it: start from the tag and go straight back.
        tag_in_base = self._base_from_camera @ (tag.pose if best == 0 or tag.alternative is None else tag.alternative)
        outwards = upright.rotation[:, 0]
        middle = tag_in_base.translation - outwards * face_m
        rotation = self._base_from_camera.rotation
        covariance = rotation @ tag.covariance[:3, :3] @ rotation.T
        # A tag of a few pixels looks larger or smaller than it is, always the same way: along the line of sight the
        # corners' scatter tells too little.
        sight = tag_in_base.translation - self._base_from_camera.translation
        along = sight / max(float(np.linalg.norm(sight)), 1e-6)
        covariance = covariance + np.outer(along, along) * (_BIAS_PX * tag.distance_m / tag.side_px**2) ** 2
        yaw_error = float(np.sqrt(tag.covariance[4, 4]))  # about the tag's y axis, which is up
        covariance = covariance + np.diag([1.0, 1.0, 0.0]) * (face_m * min(yaw_error, 1.0)) ** 2
        return ObjectObservation(
            name=thing.name,
            stamp_s=tag.stamp_s,
            pose=Transform(upright.rotation, middle),
            covariance=covariance,
            yaw_error_rad=yaw_error,
            distance_m=tag.distance_m,
            confidence=float(min(1.0, max(0.0, tag.correlation))),
        )


def _merge(group: list[ObjectObservation]) -> ObjectObservation:
    if len(group) == 1:
        return group[0]
    weights = [np.linalg.inv(o.covariance + np.eye(3) * 1e-8) for o in group]
    covariance = np.linalg.inv(np.sum(weights, axis=0))
    position = covariance @ np.sum([w @ o.position_m for w, o in zip(weights, group, strict=True)], axis=0)
    surest = min(group, key=lambda o: o.yaw_error_rad)
    return ObjectObservation(
        name=surest.name,
        stamp_s=surest.stamp_s,
        pose=Transform(surest.pose.rotation, position),
        covariance=covariance,
        yaw_error_rad=surest.yaw_error_rad,
        distance_m=min(o.distance_m for o in group),
        confidence=max(o.confidence for o in group),
    )
