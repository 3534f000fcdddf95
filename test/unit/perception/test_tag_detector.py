from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rendered_tags import CAMERA, draw, facing

from taskmatrix_ros.perception.camera_frame import CameraFrame
from taskmatrix_ros.perception.tag_detector import TagDetector, tag_corners
from taskmatrix_ros.perception.transform import Transform

SIZE_M = 0.064
DETECTOR = TagDetector({5: SIZE_M, 20: 0.16})


def turn_between(a: Transform, b: Transform) -> float:
    return float(np.linalg.norm(cv2.Rodrigues(a.rotation.T @ b.rotation)[0]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.floats(0.3, 1.5),
    st.floats(-0.2, 0.2),
    st.floats(-0.2, 0.2),
    st.floats(-0.8, 0.8),
    st.floats(-0.5, 0.3),
    st.integers(0, 1000),
)
def test_pose_of_a_noisy_tag(z: float, x: float, y: float, yaw: float, pitch: float, seed: int) -> None:
    truth = facing(x * z, y * z, z, yaw, pitch)
    (seen,) = DETECTOR.detect(draw([(5, SIZE_M, truth)], noise=2.0, seed=seed))
    assert seen.tag_id == 5
    assert np.abs(seen.corners_px - CAMERA.project(truth.apply(tag_corners(SIZE_M)))).max() < 0.4
    assert np.linalg.norm(seen.pose.translation - truth.translation) < 0.002 + 0.015 * z
    best = min(turn_between(truth, p) for p in (seen.pose, seen.alternative) if p is not None)
    assert best < math.radians(1 + 4 * z)
    if seen.ambiguity < 0.5:
        assert turn_between(truth, seen.pose) < math.radians(1 + 4 * z)


def test_uncertainty_grows_with_distance_and_lies_along_the_line_of_sight() -> None:
    near, far = (DETECTOR.detect(draw([(5, SIZE_M, facing(0, 0, z, 0.4))]))[0] for z in (0.5, 1.5))
    assert far.covariance[2, 2] > 16 * near.covariance[2, 2]
    assert far.covariance[2, 2] > 10 * far.covariance[0, 0]
    assert (np.linalg.eigvalsh(far.covariance) > 0).all()


def test_a_face_seen_squarely_from_afar_is_ambiguous_and_one_seen_aslant_from_near_is_not() -> None:
    vague = DETECTOR.detect(draw([(5, SIZE_M, facing(0, 0, 2.0, 0.05))], noise=2.0))[0]
    clear = DETECTOR.detect(draw([(5, SIZE_M, facing(0, 0, 0.4, 0.7))], noise=2.0))[0]
    assert vague.alternative is not None
    assert vague.ambiguity > 0.5 > clear.ambiguity


def test_several_tags_nearest_first_and_twice_the_same_twice() -> None:
    frame = draw(
        [(20, 0.16, facing(0.3, -0.2, 1.8)), (5, SIZE_M, facing(-0.1, 0, 0.8)), (5, SIZE_M, facing(0.1, 0, 0.9))]
    )
    assert [t.tag_id for t in DETECTOR.detect(frame)] == [5, 5, 20]


def test_unknown_numbers_and_empty_pictures_give_nothing() -> None:
    assert DETECTOR.detect(draw([(7, SIZE_M, facing(0, 0, 0.6))])) == []
    assert DETECTOR.detect(draw([])) == []


def test_a_mirrored_tag_is_not_found() -> None:
    frame = draw([(5, SIZE_M, facing(0, 0, 0.6))])
    mirrored = CameraFrame(0.0, np.ascontiguousarray(frame.image[:, ::-1]), frame.camera)
    assert DETECTOR.detect(mirrored) == []


def test_reach_at_640_by_480() -> None:
    found = sum(
        bool(DETECTOR.detect(draw([(5, SIZE_M, facing(0, 0, 2.2, 0.1 * k))], noise=2.0, seed=k))) for k in range(8)
    )
    assert found >= 7


def test_a_tag_behind_noise_is_given_up_and_not_guessed() -> None:
    frame = draw([(5, SIZE_M, facing(0, 0, 0.5))])
    image = frame.image.copy()
    rng = np.random.default_rng(3)
    image[:, 310:] = rng.integers(0, 255, image[:, 310:].shape, dtype=np.uint8)
    seen = DETECTOR.detect(CameraFrame(0.0, image, frame.camera))
    assert all(np.linalg.norm(t.pose.translation - [0, 0, 0.5]) < 0.02 for t in seen)


@pytest.mark.parametrize("stamp_s", [0.0, 12.5])
def test_the_stamp_is_the_pictures(stamp_s: float) -> None:
    assert DETECTOR.detect(draw([(5, SIZE_M, facing(0, 0, 0.6))], stamp_s=stamp_s))[0].stamp_s == stamp_s
