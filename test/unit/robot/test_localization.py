from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulated_scan import room, scan_points

from taskmatrix_ros.perception.camera_model import CameraModel
from taskmatrix_ros.perception.tag_detector import TagObservation, pose_covariance
from taskmatrix_ros.perception.transform import OPTICAL_IN_BODY, Transform
from taskmatrix_ros.robot.description.world_description import WallTag
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.localization.localization import Localization, LocalizationState

CAMERA = CameraModel.from_fovy(640, 480, math.radians(50))
MOUNT = Transform.from_rpy((0.05, 0, 1.3), (0, 0.35, 0))
BASE_FROM_CAMERA = Transform(MOUNT.rotation @ OPTICAL_IN_BODY, MOUNT.translation)
BOXES = room()
FIELD = DistanceField.from_boxes(BOXES, (-0.3, -0.3, 6.3, 5.3))
TAGS = {
    30: WallTag(id=30, x_m=5.99, y_m=2.5, z_m=1.2, yaw_rad=math.pi, size_m=0.16),
    31: WallTag(id=31, x_m=3.0, y_m=4.99, z_m=1.2, yaw_rad=-math.pi / 2, size_m=0.16),
}


def localization(*, scans: bool = True) -> Localization:
    return Localization(TAGS, FIELD if scans else None, BASE_FROM_CAMERA, max_speed_m_s=0.6)


def sighting(tag_id: int, truth: Pose2, stamp_s: float, *, mirrored: bool = False) -> TagObservation:
    """What a perfect detector reports; ``mirrored`` swaps the two poses of a distant square."""
    wall = TAGS[tag_id]
    base = Transform.from_plane(truth.x_m, truth.y_m, truth.yaw_rad)
    pose = BASE_FROM_CAMERA.inverse() @ base.inverse() @ wall.map_from_tag
    # The other solution leans the normal to the other side of the line of sight.
    sight = pose.translation / np.linalg.norm(pose.translation)
    normal = pose.rotation[:, 2]
    flipped = 2 * (normal @ sight) * sight - normal
    axis = np.cross(normal, flipped)
    angle = math.atan2(float(np.linalg.norm(axis)), float(normal @ flipped))
    axis = axis / max(float(np.linalg.norm(axis)), 1e-9)
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k
    other = Transform(turn @ pose.rotation, pose.translation)
    first, second = (other, pose) if mirrored else (pose, other)
    corners = CAMERA.project(pose.apply(wall.corners))
    covariance = pose_covariance(pose, wall.corners, CAMERA, 0.15)
    return TagObservation(tag_id, wall.size_m, stamp_s, corners, first, second, 0.8, 0.1, 0.98, covariance)


def assert_at(loc: Localization, truth: Pose2, within_m: float = 0.04, within_rad: float = 0.03) -> None:
    pose = loc.estimate().pose
    assert pose.distance_to(truth.x_m, truth.y_m) < within_m, (pose, truth)
    assert abs(wrap_angle(pose.yaw_rad - truth.yaw_rad)) < within_rad, (pose, truth)


def test_unknown_until_something_is_seen() -> None:
    loc = localization()
    assert loc.state is LocalizationState.UNKNOWN
    loc.on_odometry(0.0, Pose2())
    loc.on_scan(0.0, scan_points(BOXES, Pose2(2, 2, 0)))
    assert loc.estimate() is None
    assert loc.state is LocalizationState.UNKNOWN


def test_a_given_pose_waits_for_odometry() -> None:
    loc = localization()
    loc.start(Pose2(2, 2, 1))
    loc.on_odometry(5.0, Pose2(0.3, 0, 0))
    assert_at(loc, Pose2(2, 2, 1), 1e-6)
    loc.on_odometry(5.1, Pose2(0.35, 0, 0))
    assert_at(loc, Pose2(2, 2, 1) @ Pose2(0.05, 0, 0), 1e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(2.8, 4.2), st.floats(1.0, 3.0), st.floats(-0.3, 0.3), st.booleans())
def test_one_tag_and_a_scan_tell_where_it_is_whichever_pose_the_detector_prefers(
    x: float, y: float, yaw: float, mirrored: bool
) -> None:
    truth = Pose2(x, y, yaw)
    loc = localization()
    loc.on_odometry(1.0, Pose2(7, 7, 7))
    loc.on_scan(1.0, scan_points(BOXES, truth, noise_m=0.01))
    for k in range(3):
        loc.on_tags(1.0 + 0.1 * k, [sighting(30, truth, 1.0, mirrored=mirrored)], CAMERA)
        loc.on_odometry(1.1 + 0.1 * k, Pose2(7, 7, 7))
    assert loc.state is LocalizationState.TRACKING
    assert_at(loc, truth)


def test_tags_of_objects_and_unknown_numbers_tell_nothing() -> None:
    loc = localization()
    loc.on_odometry(1.0, Pose2())
    stranger = sighting(30, Pose2(3, 2, 0), 1.0)
    assert loc.on_tags(1.0, [TagObservation(**{**fields(stranger), "tag_id": 77})], CAMERA) == 0
    assert loc.estimate() is None


def fields(o: TagObservation) -> dict[str, object]:
    return {name: getattr(o, name) for name in o.__slots__}


def test_a_late_picture_does_not_drag_the_robot_back() -> None:
    truth = Pose2(2.0, 2.2, 0.0)
    loc = localization(scans=False)
    loc.start(truth, 0.05, 0.05)
    for k in range(11):
        loc.on_odometry(1.0 + 0.1 * k, Pose2(0.05 * k, 0, 0))
    # Taken at 1.2 s, when the robot had made 10 cm; it arrives at 2.0 s, after 50 cm.
    loc.on_tags(1.2, [sighting(30, truth @ Pose2(0.1, 0, 0), 1.2)], CAMERA)
    assert_at(loc, truth @ Pose2(0.5, 0, 0))


def test_an_odometry_jump_is_not_believed_and_the_scan_heals_it() -> None:
    truth = Pose2(3.0, 2.0, 0.4)
    loc = localization()
    loc.start(truth, 0.03, 0.03)
    for k in range(10):
        loc.on_odometry(0.02 * k, Pose2())
    loc.on_odometry(0.2, Pose2(3.0, -2.0, 0.0))
    assert_at(loc, truth)
    assert loc.estimate().position_error_m > 0.1
    for k in range(1, 6):
        loc.on_odometry(0.2 + 1.1 * k, Pose2(3.0, -2.0, 0.0))
        loc.on_scan(0.2 + 1.1 * k, scan_points(BOXES, truth, noise_m=0.01, seed=k))
    assert_at(loc, truth)
    assert loc.estimate().position_error_m < 0.05


def test_three_pictures_that_contradict_the_pose_win() -> None:
    truth = Pose2(3.5, 2.4, 0.1)
    loc = localization()
    loc.start(Pose2(1.5, 1.0, 0.0), 0.05, 0.05)
    for k in range(8):
        loc.on_odometry(1.0 + 0.2 * k, Pose2())
        loc.on_scan(1.0 + 0.2 * k, scan_points(BOXES, truth, noise_m=0.01, seed=k))
        loc.on_tags(1.0 + 0.2 * k, [sighting(30, truth, 1.0)], CAMERA)
    assert_at(loc, truth, 0.06, 0.05)


@settings(deadline=None, max_examples=30)
@given(
    st.floats(1.5, 4.5),
    st.floats(1.0, 3.2),
    st.floats(-3.1, 3.1),
    st.sampled_from([(0.12, 0.0), (-0.1, 0.08), (0.0, -0.15)]),
    st.integers(0, 99),
)
@example(3.0, 1.0, -1.5, (0.0, -0.15), 0)  # a shift by the wall's thickness lays the scan on the wall's far face
def test_a_pose_that_is_believed_and_wrong_is_put_right_by_scans(
    x: float, y: float, yaw: float, off: tuple[float, float], seed: int
) -> None:
    """Ten centimetres off and sure of it: the walls ahead fit, those beside are taken for something else."""
    truth = Pose2(x, y, yaw)
    if min(float(box.distance([x, y])) for box in BOXES) < 0.3:
        return
    loc = localization()
    loc.start(Pose2(x + off[0], y + off[1], yaw), 0.008, 0.006)
    for k in range(4):
        loc.on_odometry(1.0 + 1.1 * k, Pose2())
        loc.on_scan(1.0 + 1.1 * k, scan_points(BOXES, truth, noise_m=0.005, seed=seed + k))
    assert_at(loc, truth, 0.025, 0.015)
    assert loc.doubts is None


def test_a_tag_that_is_seen_well_ends_a_false_certainty() -> None:
    truth = Pose2(3.5, 2.4, 0.1)
    loc = localization(scans=False)
    loc.start(Pose2(3.5, 2.25, 0.1), 0.008, 0.006)
    loc.on_odometry(1.0, Pose2())
    assert loc.on_tags(1.0, [sighting(30, truth, 1.0)], CAMERA) == 1
    estimate = loc.estimate()
    off_m = estimate.pose.distance_to(truth.x_m, truth.y_m)
    assert off_m < 0.14
    assert off_m < 2.5 * estimate.position_error_m


def test_long_blind_driving_ends_in_lost() -> None:
    loc = localization(scans=False)
    loc.start(Pose2(), 0.05, 0.05)
    for k in range(4000):
        loc.on_odometry(0.1 * k, Pose2(0.02 * k, 0, 0))
        if k % 50 == 0:
            loc.estimate()
    assert loc.state is LocalizationState.LOST


def test_a_doubt_widens_the_pose_until_a_tag_confirms_it() -> None:
    truth = Pose2(3.5, 2.4, 0.1)
    loc = localization(scans=False)
    loc.start(truth, 0.02, 0.02)
    loc.on_odometry(1.0, Pose2())
    loc.doubt("it bumped into something")
    assert loc.doubts == "it bumped into something"
    assert loc.estimate().position_error_m > 0.1
    assert loc.on_tags(1.0, [sighting(30, truth, 1.0)], CAMERA) == 1
    assert loc.doubts is None
    assert_at(loc, truth)


def test_scans_that_do_not_fit_raise_a_doubt_and_end_in_lost() -> None:
    loc = localization()
    loc.start(Pose2(3, 2, 0), 0.03, 0.03)
    elsewhere = scan_points(room(3.0, 2.0), Pose2(1, 1, 0))
    for k in range(60):
        loc.on_odometry(0.1 * k, Pose2(0.03 * k, 0, 0))
        loc.on_scan(0.1 * k, elsewhere)
    assert "of the scan fits the map" in loc.doubts
    assert loc.state is LocalizationState.LOST


@pytest.mark.parametrize("stamp_s", [0.0, 99.0])
def test_moments_that_odometry_does_not_cover_have_no_pose(stamp_s: float) -> None:
    loc = localization()
    loc.start(Pose2())
    loc.on_odometry(50.0, Pose2())
    assert loc.estimate(stamp_s) is None
