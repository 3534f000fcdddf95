from __future__ import annotations

import math

import numpy as np
import pytest
from home import home

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2
from taskmatrix_ros.robot.reaching.surface_space import NoSpace, SurfaceSpace
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject

SPACE = SurfaceSpace(home().reach, edge_m=0.07, gap_m=0.06)
TABLE = home().world.surface("coffee_table")
BEFORE = Pose2(1.9, 2.65, -math.pi / 2)


def thing(name: str, x: float, y: float) -> RememberedObject:
    pose = Transform.from_plane(x, y, 0.0, TABLE.height_m + 0.06)
    return RememberedObject(name, pose, np.eye(3) * 1e-4, 0.05, 1.0, 1.0, 0.9)


def test_an_empty_table_is_used_straight_ahead() -> None:
    plan, spot = SPACE.plan(TABLE, BEFORE, TABLE.height_m + 0.07, [])
    assert plan.here or plan.stand.distance_to(BEFORE.x_m, BEFORE.y_m) < 0.6
    assert abs(spot[0] - 1.9) < 0.4
    assert TABLE.box.distance(spot) < -0.06


def test_spots_keep_away_from_edges_and_things() -> None:
    taken = [thing("coke", 1.9, 1.7), thing("cup", 1.6, 1.7), thing("elsewhere", 5.0, 5.0)]
    spots = SPACE.free_spots(TABLE, taken)
    assert spots
    for x, y in spots:
        assert TABLE.box.distance([x, y]) <= -0.07 + 1e-9
        assert all(math.hypot(x - o.x_m, y - o.y_m) > 0.15 for o in taken)


def test_a_crowded_table_still_has_the_spot_that_is_left() -> None:
    crowd = [thing(f"t{i}", x, 1.7) for i, x in enumerate(np.arange(1.45, 2.0, 0.15))]
    _, spot = SPACE.plan(TABLE, BEFORE, TABLE.height_m + 0.07, crowd)
    assert min(math.hypot(spot[0] - o.x_m, spot[1] - o.y_m) for o in crowd) > 0.15


def test_a_full_table_has_no_space() -> None:
    crowd = [
        thing(f"t{i}", x, y)
        for i, (x, y) in enumerate((x, y) for x in np.arange(1.4, 2.45, 0.1) for y in np.arange(1.35, 1.8, 0.1))
    ]
    with pytest.raises(NoSpace, match="coffee_table has no free spot"):
        SPACE.plan(TABLE, BEFORE, TABLE.height_m + 0.07, crowd)
