from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.robot.geometry.distance_field import DistanceField
from taskmatrix_ros.robot.geometry.occupancy_grid import OccupancyGrid
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.geometry.static_box import StaticBox

BOUNDS = (0.0, 0.0, 4.0, 3.0)
boxes = st.builds(
    lambda x, y, yaw, a, b: StaticBox("box", Pose2(x, y, yaw), a, b, 0.0, 1.0),
    st.floats(0.5, 3.5),
    st.floats(0.5, 2.5),
    st.floats(-3, 3),
    st.floats(0.1, 1.0),
    st.floats(0.1, 1.0),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(boxes, min_size=1, max_size=4), st.floats(0, 4), st.floats(0, 3))
def test_field_is_the_distance_to_the_nearest_box(furniture: list[StaticBox], x: float, y: float) -> None:
    field = DistanceField.from_boxes(furniture, BOUNDS, 0.05)
    exact = min(float(b.distance([x, y])) for b in furniture)
    assert float(field.at([x, y])) == pytest.approx(exact, abs=0.05)


@settings(deadline=None, max_examples=50)
@given(boxes, st.floats(0, 4), st.floats(0, 3))
def test_distance_of_a_box_against_its_sampled_outline(box: StaticBox, x: float, y: float) -> None:
    corners = box.corners()
    outline = np.concatenate(
        [a + np.linspace(0, 1, 200)[:, None] * (b - a) for a, b in zip(corners, np.roll(corners, -1, axis=0))]
    )
    nearest = float(np.hypot(*(outline - [x, y]).T).min())
    assert abs(float(box.distance([x, y]))) == pytest.approx(nearest, abs=0.01)


def test_outside_counts_as_blocked() -> None:
    field = DistanceField.from_boxes([], BOUNDS)
    assert float(field.at([5.0, 1.0])) < 0
    assert float(field.at([1.0, 1.0])) == 5.0
    assert field.cell(5.0, 1.0) is None


def test_points_add_obstacles_to_a_copy() -> None:
    field = DistanceField.from_boxes([], BOUNDS)
    with_chair = field.with_points([[2.0, 1.5]])
    assert float(with_chair.at([2.3, 1.5])) == pytest.approx(0.3, abs=0.01)
    assert float(field.at([2.3, 1.5])) == 5.0


def test_a_band_leaves_out_what_is_lower_and_higher() -> None:
    table = StaticBox("table", Pose2(1, 1, 0), 1, 1, 0.68, 0.72)
    lintel = StaticBox("lintel", Pose2(3, 1, 0), 1, 1, 2.1, 2.4)
    grid = OccupancyGrid([table, lintel], BOUNDS, height_m=1.32)
    assert grid.clearance_m(1, 1) < 0 < grid.clearance_m(3, 1)
    assert float(grid.band(0.9, 1.2).at([1, 1])) > 1
    assert float(grid.band(0.6, 0.8).at([1, 1])) < 0
