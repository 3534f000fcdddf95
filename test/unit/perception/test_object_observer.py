from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendered_tags import CAMERA, draw

from taskmatrix_ros.perception.object_catalogue import CatalogueObject, ObjectCatalogue
from taskmatrix_ros.perception.object_observer import ObjectObserver
from taskmatrix_ros.perception.tag_detector import TagDetector
from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform

COKE = CatalogueObject("coke", (), "drink", 1, 0.064, 0.04, (0.08, 0.08, 0.12), 0.08)
CATALOGUE = ObjectCatalogue([COKE])
MOUNT = Transform.from_rpy((0.05, 0, 1.3), (0, 0.35, 0))
BASE_FROM_CAMERA = Transform(MOUNT.rotation @ OPTICAL_IN_BODY, MOUNT.translation)
DETECTOR = TagDetector(CATALOGUE.tag_sizes_m)
OBSERVER = ObjectObserver(CATALOGUE, BASE_FROM_CAMERA)


def picture_of(base_from_object: Transform, seed: int = 0):
    """Draw the faces of the object that look at the camera."""
    tags = []
    for face in COKE.face_transforms():
        camera_from_tag = BASE_FROM_CAMERA.inverse() @ base_from_object @ face
        towards = -camera_from_tag.translation @ camera_from_tag.rotation[:, 2]
        if towards > 0.2 * np.linalg.norm(camera_from_tag.translation):
            tags.append((COKE.tag_id, COKE.tag_size_m, camera_from_tag))
    return draw(tags, CAMERA, noise=2.0, seed=seed)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0.9, 1.6), st.floats(-0.3, 0.3), st.floats(-math.pi, math.pi), st.integers(0, 1000))
def test_an_object_on_a_table_is_located(x: float, y: float, yaw: float, seed: int) -> None:
    """The median of five pictures counts: the noise of one can be drawn as bad as one likes."""
    truth = Transform.from_rpy((x, y, 0.78), (0, 0, yaw))
    distance = float(np.linalg.norm(truth.translation - MOUNT.translation))
    errors_m = []
    for number in range(5):
        (seen,) = OBSERVER.observe(DETECTOR.detect(picture_of(truth, 5 * seed + number)))
        errors_m.append(float(np.max(np.abs(seen.position_m - truth.translation))))
        quarter = math.remainder(seen.pose.yaw_rad - yaw, math.pi / 2)  # the four faces look alike
        assert abs(quarter) < 0.05 + 3 * seen.yaw_error_rad
        assert seen.pose.tilt_rad == pytest.approx(0, abs=1e-6)
        assert 0.7 <= seen.confidence <= 1.0
    assert float(np.median(errors_m)) < 0.004 + 0.012 * distance


def test_of_two_possible_poses_the_standing_one_is_taken() -> None:
    for k in range(10):
        truth = Transform.from_rpy((2.0, 0.1, 0.78), (0, 0, 0.02 * k))
        for seen in OBSERVER.observe(DETECTOR.detect(picture_of(truth, k))):
            assert abs(math.remainder(seen.pose.yaw_rad - 0.02 * k, math.pi / 2)) < 0.35


def test_a_tag_that_lies_on_its_back_is_no_standing_object() -> None:
    lying = Transform.from_rpy((1.0, 0, 0.5), (0, -math.pi / 2, 0))
    camera_from_tag = BASE_FROM_CAMERA.inverse() @ lying @ COKE.face_transforms()[0]
    tags = DETECTOR.detect(draw([(1, 0.064, camera_from_tag)], CAMERA))
    assert tags
    assert OBSERVER.observe(tags) == []


def test_tags_of_nothing_are_passed_over() -> None:
    assert OBSERVER.observe([]) == []
