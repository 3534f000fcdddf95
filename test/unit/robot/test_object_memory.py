from __future__ import annotations

import math

import numpy as np
import pytest

from taskmatrix_ros.perception.observation import ObjectObservation
from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.localization.localization import Estimate
from taskmatrix_ros.robot.seeing.object_memory import ObjectMemory

HERE = Estimate(10.0, Pose2(2.0, 1.0, math.pi / 2), np.diag([1e-4, 1e-4, 1e-4]))


def seen(x: float, y: float, *, sigma: float = 0.01, distance: float = 1.0, stamp: float = 10.0) -> ObjectObservation:
    pose = Transform.from_rpy((x, y, 0.8), (0, 0, 0.2))
    return ObjectObservation("coke", stamp, pose, np.eye(3) * sigma**2, 0.05, distance, 0.95)


def test_what_is_ahead_of_the_robot_is_north_on_the_map() -> None:
    coke = ObjectMemory().see(seen(1.0, 0.0), HERE)
    assert (coke.x_m, coke.y_m, coke.z_m) == pytest.approx((2.0, 2.0, 0.8))
    assert coke.pose.yaw_rad == pytest.approx(math.pi / 2 + 0.2)


def test_the_robots_own_error_adds_to_the_objects() -> None:
    unsure = Estimate(10.0, HERE.pose, np.diag([0.01, 0.01, 0.01]))
    assert np.trace(ObjectMemory().see(seen(1.0, 0.0), unsure).covariance) > 0.02


def test_sightings_of_one_spot_are_averaged_by_how_sure_each_is() -> None:
    memory = ObjectMemory()
    memory.see(seen(1.00, 0.0, sigma=0.001), HERE)
    both = memory.see(seen(1.04, 0.0, sigma=0.1), HERE)
    assert both.y_m == pytest.approx(2.0, abs=0.01)
    assert both.sightings == 2


def test_a_sighting_elsewhere_and_one_from_much_nearer_replace() -> None:
    memory = ObjectMemory()
    memory.see(seen(1.0, 0.0), HERE)
    assert memory.see(seen(1.0, 0.6), HERE).x_m == pytest.approx(1.4)
    assert memory.see(seen(1.0, 0.55, distance=0.5), HERE).x_m == pytest.approx(1.45)


def test_forgetting() -> None:
    memory = ObjectMemory()
    memory.see(seen(1.0, 0.0), HERE)
    assert [o.name for o in memory.all()] == ["coke"]
    memory.forget("coke")
    memory.forget("never seen")
    assert memory.get("coke") is None


def test_height_is_taken_from_the_table_that_it_stands_on() -> None:
    memory = ObjectMemory(lambda name, at, _unsure: 0.75 if (name, round(at[2], 3)) == ("coke", 0.8) else at[2])
    coke = memory.see(seen(1.0, 0.0), HERE)
    assert (coke.x_m, coke.y_m, coke.z_m) == pytest.approx((2.0, 2.0, 0.75))


def test_a_known_height_corrects_a_distance_that_was_misjudged() -> None:
    """Four metres away and six degrees below the camera: 15 cm too far is 1.5 cm too low."""
    sight = np.array([4.0, 0.0, -0.4]) / math.hypot(4.0, 0.4)
    truth = np.array([4.05, 0.0, 0.9])
    covariance = np.eye(3) * 0.001**2 + np.outer(sight, sight) * 0.1**2
    pose = Transform.from_rpy(truth + 0.15 * sight, (0, 0, 0.2))
    afar = ObjectObservation("coke", 10.0, pose, covariance, 0.05, 4.1, 0.95)
    sure = Estimate(10.0, HERE.pose, np.diag([1e-8, 1e-8, 1e-10]))
    assert ObjectMemory().see(afar, sure).y_m == pytest.approx(HERE.pose.y_m + 4.05 + 0.149, abs=0.002)
    coke = ObjectMemory(lambda _name, _at, unsure_m: 0.9 if unsure_m > 0.1 else 7.0).see(afar, sure)
    assert (coke.x_m, coke.y_m, coke.z_m) == pytest.approx((2.0, HERE.pose.y_m + 4.05, 0.9), abs=0.03)
    assert coke.unsure_m < 0.06


def test_what_was_seen_grows_old_and_less_likely() -> None:
    coke = ObjectMemory().see(seen(1.0, 0.0), HERE)
    assert (coke.age_s(10.0), coke.confidence_now(10.0, 600.0)) == (0.0, 0.95)
    assert coke.age_s(610.0) == 600.0
    assert coke.confidence_now(610.0, 600.0) == pytest.approx(0.475)


def test_where_it_was_before_is_kept_and_the_likeliest_place_comes_first() -> None:
    memory = ObjectMemory()
    memory.see(seen(1.0, 0.0, stamp=10.0), HERE)
    memory.see(seen(1.0, 0.9, stamp=20.0), HERE)
    memory.see(seen(2.0, 0.0, stamp=30.0), HERE)
    places = memory.likely_places("coke", 40.0, 600.0)
    assert [one.seen_at_s for one in places] == [30.0, 20.0, 10.0]
    memory.forget("coke")
    assert memory.get("coke") is None
    assert [one.seen_at_s for one in memory.likely_places("coke", 40.0, 600.0)] == [30.0, 20.0, 10.0]
    memory.see(seen(1.0, 0.0, stamp=50.0), HERE)
    memory.forget("coke")
    assert [one.seen_at_s for one in memory.likely_places("coke", 60.0, 600.0)] == [50.0, 30.0, 20.0]
    assert memory.likely_places("milk", 60.0, 600.0) == []
    memory.clear()
    assert memory.likely_places("coke", 60.0, 600.0) == []


def test_from_where_was_looked_is_known_by_time() -> None:
    memory = ObjectMemory()
    for stamp_s in (1.0, 2.0, 3.0):
        memory.looked(stamp_s, Pose2(stamp_s, 0.0, 0.0))
    assert [pose.x_m for pose in memory.looks_since(2.0)] == [2.0, 3.0]
