from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from taskmatrix_ros.robot.body.obstacle_guard import ObstacleGuard
from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox

STRAIGHT = np.stack([np.arange(0, 1.5, 0.05), np.zeros(30)], axis=-1)


def guard(*points: tuple[float, float]) -> ObstacleGuard:
    scan = SimpleNamespace(points_m=np.array(points, float).reshape(-1, 2))
    return made(scan)


def made(scan: object, mapped: tuple[StaticBox, ...] = ()) -> ObstacleGuard:
    field = DistanceField.from_boxes(mapped, (-5, -5, 5, 5))
    return ObstacleGuard(
        SimpleNamespace(scan=scan), field, radius_m=0.2, side_m=0.02, margin_m=0.08, unknown_margin_m=0.35
    )


def test_free_way_straight_ahead() -> None:
    assert guard((1.0, 0.0)).free_straight() == pytest.approx(0.72)
    assert guard((1.0, 0.1)).free_straight() == pytest.approx(1.0 - math.sqrt(0.03) - 0.08)
    assert guard((1.0, 0.3)).free_straight() == math.inf
    assert guard((-0.5, 0.0)).free_straight() == math.inf
    assert guard((-0.5, 0.0)).free_straight(-1) == pytest.approx(0.22)
    assert guard().free_straight() == math.inf


def test_an_obstacle_on_the_path_is_named() -> None:
    free_m, where = guard((1.0, 0.05)).free_along(Pose2(2, 3, 0), STRAIGHT + np.array([2, 3]))
    assert where == pytest.approx((3.0, 3.05))
    assert 0.38 < free_m < 0.51


def test_what_is_on_the_map_may_be_driven_up_to() -> None:
    chest = StaticBox("chest", Pose2(1.2, 0.0, 0), 0.4, 0.4, 0, 0.5)
    scan = SimpleNamespace(points_m=np.array([[1.0, 0.05]]))
    assert 0.65 < made(scan, (chest,)).free_along(Pose2(), STRAIGHT)[0] < 0.78


def test_what_is_beside_the_robot_or_behind_it_is_no_obstacle() -> None:
    assert guard((0.0, 0.21), (-0.21, 0.0), (0.5, 0.4)).free_along(Pose2(), STRAIGHT) == (math.inf, None)


def test_a_path_that_turns_away_is_free() -> None:
    bend = np.concatenate([STRAIGHT[:8], STRAIGHT[7] + [[0, y] for y in np.arange(0, 1, 0.05)]])
    assert guard((1.0, 0.0)).free_along(Pose2(), bend)[0] == math.inf


def test_no_scan_yet_is_no_obstacle() -> None:
    blind = made(None)
    assert blind.free_straight() == math.inf
    assert blind.free_along(Pose2(), STRAIGHT) == (math.inf, None)


def test_only_what_the_map_does_not_explain_is_unexpected() -> None:
    wall = StaticBox("wall", Pose2(1.0, 0.0, 0), 0.1, 4.0, 0, 2)
    scan = SimpleNamespace(points_m=np.array([(0.95, 0.0), (0.95, 0.5), (0.5, 0.2), (0.51, 0.21)]))
    assert made(scan, (wall,)).unexpected(Pose2()) == pytest.approx(np.array([[0.5, 0.2]]))
