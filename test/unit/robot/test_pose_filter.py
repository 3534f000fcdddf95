from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_scan import room, scan_points

from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.tag_detector import tag_corners
from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.localization.pose_filter import MotionNoise, PoseFilter, TagVerdict
from taskmatrix_ros.robot.localization.scan_match import ScanNoise

CAMERA = CameraModel.from_fovy(640, 480, math.radians(50))
MOUNT = Transform.from_rpy((0.05, 0, 1.3), (0, 0.35, 0))
BASE_FROM_CAMERA = Transform(MOUNT.rotation @ OPTICAL_IN_BODY, MOUNT.translation)
# A tag on the wall x = 3, looking west: x right is south, y up.
TAG = Transform(np.array([[0.0, 0, -1], [-1, 0, 0], [0, 1, 0]]), np.array([3.0, 0.0, 1.2]))
CORNERS = tag_corners(0.16)


def seen_from(pose: Pose2, tag: Transform = TAG, *, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    base = Transform.from_plane(pose.x_m, pose.y_m, pose.yaw_rad)
    points = BASE_FROM_CAMERA.inverse().apply(base.inverse().apply(tag.apply(CORNERS)))
    assert points[:, 2].min() > 0
    return CAMERA.project(points) + np.random.default_rng(seed).normal(0, noise, (4, 2))


def error(pose: Pose2, truth: Pose2) -> tuple[float, float]:
    return pose.distance_to(truth.x_m, truth.y_m), abs(wrap_angle(pose.yaw_rad - truth.yaw_rad))


@settings(deadline=None, max_examples=40)
@given(st.floats(-0.12, 0.12), st.floats(-0.12, 0.12), st.floats(-0.12, 0.12), st.floats(-0.25, 0.25))
def test_tags_pull_a_wrong_pose_to_the_truth(dx: float, dy: float, dyaw: float, heading: float) -> None:
    truth = Pose2(1.2, 0.3, heading)
    beside = Transform(TAG.rotation, TAG.translation + np.array([0, 0.8, 0]))
    tracker = PoseFilter(MotionNoise(), corner_noise_px=0.5)
    tracker.start(Pose2(1.2 + dx, 0.3 + dy, heading + dyaw), np.diag([0.02, 0.02, 0.02]), Pose2())
    before = tracker.position_error_m
    for k in range(6):
        for tag in (TAG, beside):
            verdict = tracker.update(tag, CORNERS, seen_from(truth, tag, noise=0.3, seed=k), CAMERA, BASE_FROM_CAMERA)
            assert verdict is TagVerdict.USED
    off_m, off_rad = error(tracker.pose, truth)
    assert off_m < 0.03
    assert off_rad < 0.02
    assert tracker.position_error_m < before / 3


def test_a_tag_elsewhere_than_mapped_is_an_outlier_and_changes_nothing() -> None:
    truth = Pose2(1.0, 0.0, 0.0)
    tracker = PoseFilter(MotionNoise(), corner_noise_px=1.0)
    tracker.start(truth, np.diag([0.0004, 0.0004, 0.0004]), Pose2())
    moved = Transform(TAG.rotation, TAG.translation + np.array([0, 0.5, 0]))
    verdict = tracker.update(TAG, CORNERS, seen_from(truth, moved), CAMERA, BASE_FROM_CAMERA)
    assert verdict is TagVerdict.OUTLIER
    assert tracker.pose == truth


def test_a_tag_behind_the_camera_is_no_measurement() -> None:
    tracker = PoseFilter(MotionNoise())
    tracker.start(Pose2(1.0, 0.0, math.pi), np.eye(3) * 0.01, Pose2())
    verdict = tracker.update(TAG, CORNERS, np.full((4, 2), 200.0), CAMERA, BASE_FROM_CAMERA)
    assert verdict is TagVerdict.BEHIND


def test_driving_makes_unsure_and_the_split_of_the_way_does_not_matter() -> None:
    errors = []
    for steps in (20, 200):
        tracker = PoseFilter(MotionNoise(floor_m=0.0))
        tracker.start(Pose2(), np.zeros((3, 3)), Pose2())
        for k in range(1, steps + 1):
            tracker.predict(Pose2(2.0 * k / steps, 0, 0))
        errors.append(tracker.position_error_m)
        assert tracker.pose.x_m == pytest.approx(2.0)
    assert 0.005 < errors[0] < 0.2
    assert errors[0] == pytest.approx(errors[1], rel=0.05)


def test_looking_ahead_changes_nothing() -> None:
    tracker = PoseFilter(MotionNoise())
    tracker.start(Pose2(1, 1, 0), np.eye(3) * 0.01, Pose2())
    pose, covariance = tracker.ahead(Pose2(0.5, 0, 0))
    assert pose.x_m == pytest.approx(1.5)
    assert np.trace(covariance) > 0.03
    assert tracker.pose == Pose2(1, 1, 0)


def test_spread_of_the_errors_is_what_the_covariance_says() -> None:
    squared = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth = Pose2(1.2, 0.1, 0.1)
        start = Pose2(1.2 + rng.normal(0, 0.1), 0.1 + rng.normal(0, 0.1), 0.1 + rng.normal(0, 0.05))
        tracker = PoseFilter(MotionNoise(), corner_noise_px=0.5)
        tracker.start(start, np.diag([0.01, 0.01, 0.0025]), Pose2())
        tracker.update(TAG, CORNERS, seen_from(truth, noise=0.5, seed=seed), CAMERA, BASE_FROM_CAMERA)
        off = np.array(
            [tracker.pose.x_m - truth.x_m, tracker.pose.y_m - truth.y_m, tracker.pose.yaw_rad - truth.yaw_rad]
        )
        squared.append(float(off @ np.linalg.solve(tracker.covariance, off)))
    assert 1.8 < np.mean(squared) < 4.8  # three numbers: three on average


@pytest.mark.parametrize("truth", [Pose2(1.5, 1.2, 0.3), Pose2(3.0, 2.5, 2.0), Pose2(4.8, 1.0, -1.2)])
def test_scans_hold_the_pose_while_odometry_slips(truth: Pose2) -> None:
    boxes = room()
    field = DistanceField.from_boxes(boxes, (-0.3, -0.3, 6.3, 5.3))
    tracker = PoseFilter(MotionNoise())
    tracker.start(truth, np.diag([0.0025, 0.0025, 0.0025]), Pose2())
    odometry = Pose2()
    for k in range(20):
        step = Pose2(0.02, 0, 0.05)
        truth = truth @ step
        odometry = odometry @ Pose2(0.024, 0, 0.044)  # a fifth too far, an eighth too little
        tracker.predict(odometry)
        fit = tracker.update_scan(scan_points(boxes, truth, noise_m=0.01, seed=k), field, ScanNoise())
        tracker.widen(0.008, 0.006)
        assert fit.used
    off_m, off_rad = error(tracker.pose, truth)
    assert off_m < 0.03
    assert off_rad < 0.02


def test_a_scan_of_another_room_corrects_nothing() -> None:
    field = DistanceField.from_boxes(room(), (-0.3, -0.3, 6.3, 5.3))
    tracker = PoseFilter(MotionNoise())
    tracker.start(Pose2(3, 2, 0), np.eye(3) * 0.0025, Pose2())
    fit = tracker.update_scan(scan_points(room(3.0, 2.0), Pose2(1, 1, 0)), field, ScanNoise())
    assert not fit.used
    assert tracker.pose == Pose2(3, 2, 0)


def test_measuring_before_a_start_is_a_mistake() -> None:
    with pytest.raises(RuntimeError, match="unknown"):
        PoseFilter(MotionNoise()).update(TAG, CORNERS, np.zeros((4, 2)), CAMERA, BASE_FROM_CAMERA)
