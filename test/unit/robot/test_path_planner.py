from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.path_planner import NoPath, PathPlanner
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox

BOUNDS = (0.0, 0.0, 5.0, 4.0)
RADIUS = 0.25
boxes = st.builds(
    lambda x, y, yaw, a, b: StaticBox("box", Pose2(x, y, yaw), a, b, 0.0, 1.0),
    st.floats(0.5, 4.5),
    st.floats(0.5, 3.5),
    st.floats(-3, 3),
    st.floats(0.1, 1.5),
    st.floats(0.1, 1.5),
)
spots = st.tuples(st.floats(0.3, 4.7), st.floats(0.3, 3.7))


def planner(furniture: list[StaticBox]) -> PathPlanner:
    return PathPlanner(OccupancyGrid(furniture, BOUNDS, height_m=1.3), RADIUS, 0.5)


def exact_clearance(furniture: list[StaticBox], path: np.ndarray) -> float:
    points = np.concatenate([a + np.linspace(0, 1, 200)[:, None] * (b - a) for a, b in pairwise(path)])
    return min(float(b.distance(points).min()) for b in furniture)


@settings(deadline=None, max_examples=60)
@given(st.lists(boxes, min_size=1, max_size=6), spots, spots)
def test_a_path_never_crosses_inflated_obstacles(
    furniture: list[StaticBox], start: tuple[float, float], goal: tuple[float, float]
) -> None:
    plan = planner(furniture)
    try:
        path = plan.plan(start, goal)
    except NoPath:
        assume(False)
    assert exact_clearance(furniture, path) > RADIUS - 0.045  # interpolation between points 5 cm apart
    assert math.dist(path[0], start) <= 0.22
    assert math.dist(path[-1], goal) <= 0.22


@settings(deadline=None, max_examples=30)
@given(st.lists(boxes, max_size=4), spots, spots)
def test_cost_and_path_agree_on_what_can_be_reached(
    furniture: list[StaticBox], start: tuple[float, float], goal: tuple[float, float]
) -> None:
    plan = planner(furniture)
    cost = plan.cost_m(start, goal)
    if math.isinf(cost):
        with pytest.raises(NoPath):
            plan.plan(start, goal)
    else:
        path = plan.plan(start, goal)
        assert np.linalg.norm(np.diff(path, axis=0), axis=1).sum() <= cost * 1.1 + 0.5


def test_open_floor_is_crossed_in_a_straight_line() -> None:
    path = planner([]).plan((0.5, 0.5), (4.5, 3.5))
    assert path == pytest.approx(np.array([[0.5, 0.5], [4.5, 3.5]]))


def test_a_door_is_passed_through_its_middle() -> None:
    wall = [
        StaticBox("left", Pose2(2.5, 0.7, 0), 0.1, 1.4, 0, 2),
        StaticBox("right", Pose2(2.5, 3.3, 0), 0.1, 1.4, 0, 2),
    ]
    path = planner(wall).plan((1.0, 0.5), (4.0, 0.5))
    crossing = np.interp(2.5, path[:, 0], path[:, 1])
    assert crossing == pytest.approx(2.0, abs=0.25)


def test_a_closed_room_has_no_way_in() -> None:
    wall = [StaticBox("wall", Pose2(2.5, 2.0, 0), 0.1, 5.0, 0, 2)]
    with pytest.raises(NoPath, match="not connected"):
        planner(wall).plan((1.0, 1.0), (4.0, 1.0))


def test_a_goal_inside_furniture_is_named() -> None:
    with pytest.raises(NoPath, match=r"the goal \(2.50, 2.00\)"):
        planner([StaticBox("table", Pose2(2.5, 2.0, 0), 1, 1, 0, 1)]).plan((1.0, 1.0), (2.5, 2.0))


def test_an_obstacle_that_appears_is_gone_round() -> None:
    grid = OccupancyGrid([], BOUNDS, height_m=1.3).with_obstacles([[2.5, 2.0]])
    path = PathPlanner(grid, RADIUS, 0.5).plan((1.0, 2.0), (4.0, 2.0))
    points = np.concatenate([a + np.linspace(0, 1, 100)[:, None] * (b - a) for a, b in pairwise(path)])
    assert np.hypot(points[:, 0] - 2.5, points[:, 1] - 2.0).min() > RADIUS - 0.02


def test_a_radius_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="radius_m"):
        PathPlanner(OccupancyGrid([], BOUNDS, height_m=1.3), 0.6, 0.5)
