from __future__ import annotations

import math

import numpy as np
import pytest
from home import home
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.perception.transform import Transform
from taskmatrix_ros.robot.geometry.pose2 import Pose2, wrap_angle
from taskmatrix_ros.robot.reaching.reach_planner import OutOfReach, ReachTarget
from taskmatrix_ros.robot.reaching.reach_target import plan_reach
from taskmatrix_ros.robot.seeing.object_memory import RememberedObject

DOCK = Pose2(4.3, 0.6, math.pi / 2)
EDGE_M = 0.09


def target(x: float, y: float, top: float, heading: float, turn: float = 0.0) -> ReachTarget:
    directions = tuple(wrap_angle(heading + turn + k * math.pi / 2) for k in range(4))
    return ReachTarget(x, y, top + 0.06, top + 0.02, directions, home().settings.approach.face_rad)


def on_edge(surface_name: str, along: float) -> ReachTarget:
    """Something near the edge that the place's stand looks at, as people leave things."""
    h = home()
    surface = h.world.surface(surface_name)
    place = next(p for p in h.world.places if p.surface == surface_name and p.name == surface_name)
    heading = place.approach.yaw_rad
    c, s = round(math.cos(heading)), round(math.sin(heading))
    half = (surface.size_m[0] if c else surface.size_m[1]) / 2 - EDGE_M
    side = ((surface.size_m[1] if c else surface.size_m[0]) / 2 - 0.15) * along
    x = surface.center_m[0] - c * half - s * side
    y = surface.center_m[1] - s * half + c * side
    return target(x, y, surface.height_m, heading)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(
        ["kitchen_counter", "kitchen_table", "kitchen_shelf", "tv_stand", "dining_table", "desk", "nightstand"]
    ),
    st.floats(-1, 1),
)
def test_everything_near_an_edge_can_be_reached_without_touching_furniture(surface: str, along: float) -> None:
    h = home()
    goal = on_edge(surface, along)
    plan = h.reach.plan(goal, DOCK)
    stand = plan.stand
    assert stand.bearing_to(goal.x_m, goal.y_m) == pytest.approx(0, abs=1e-6)
    final = stand.ahead(plan.advance_m)
    assert final.distance_to(goal.x_m, goal.y_m) == pytest.approx(h.robot.gripper.grasp_x_m, abs=1e-6)
    least = h.robot.base.footprint_radius_m
    assert h.grid.line_clearance_m((stand.x_m, stand.y_m), (final.x_m, final.y_m)) > least
    assert h.reach.sees(stand, goal.x_m, goal.y_m, goal.look_height_m)
    assert min(abs(wrap_angle(stand.yaw_rad - d)) for d in goal.directions_rad) <= h.settings.approach.face_rad + 1e-9


def test_from_a_good_stand_the_robot_need_not_move() -> None:
    goal = on_edge("coffee_table", 0.0)
    plan = home().reach.plan(goal, Pose2(goal.x_m, goal.y_m + 1.0, -1.4))
    assert plan.here
    assert plan.cost_m < 0.2


@pytest.mark.parametrize("off_m", [-0.035, -0.013, 0.02, 0.035])
def test_a_stand_that_was_missed_by_a_little_is_not_driven_to_again(off_m: float) -> None:
    """The nearest stand and the farthest one: to within what a drive misses them by."""
    h = home()
    goal = on_edge("coffee_table", 0.0)
    tip_m, approach = h.robot.gripper.tip_x_m, h.settings.approach
    near_m = tip_m + approach.min_stand_off_m
    far_m = h.robot.gripper.grasp_x_m + h.settings.grasp.reach_m - h.settings.drive.arrival_distance_m - 0.02
    for stand_m in (near_m, min(far_m, tip_m + approach.max_stand_off_m)):
        here = Pose2(goal.x_m, goal.y_m + stand_m + off_m, -math.pi / 2)
        assert h.reach.plan(goal, here).here


def test_a_neighbour_beside_the_fingers_is_kept_off() -> None:
    goal = on_edge("dining_table", 0.0)
    straight = home().reach.plan(goal, DOCK)
    crowded = home().reach.plan(goal, DOCK, [(goal.x_m + 0.20, goal.y_m)])
    assert straight.stand.yaw_rad != crowded.stand.yaw_rad or crowded.cost_m >= straight.cost_m
    with pytest.raises(OutOfReach, match="other objects"):
        home().reach.plan(goal, DOCK, [(goal.x_m + 0.12, goal.y_m), (goal.x_m - 0.12, goal.y_m)])


def test_the_middle_of_a_big_table_is_out_of_reach() -> None:
    with pytest.raises(OutOfReach, match="furniture keeps the base too far away"):
        home().reach.plan(target(6.2, 1.2, 0.72, 0.0), DOCK)


def test_what_hangs_from_the_hand_needs_room_too() -> None:
    goal = on_edge("kitchen_counter", 0.9)
    assert home().reach.plan(goal, DOCK, hanging_m=0.06).advance_m > 0


def test_farther_askew_than_is_good_only_where_nothing_else_is_left() -> None:
    """A thing at the end of the counter, behind which a cupboard leaves a narrow way."""
    asked: list[float] = []

    class Narrow:
        def plan(self, target: ReachTarget, *_: object) -> str:
            asked.append(target.tolerance_rad)
            if target.tolerance_rad < 0.6:
                raise OutOfReach("furniture keeps the base too far away")
            return "a stand"

    h = home()
    coke = h.world.catalogue.find("coke")
    seen = RememberedObject("coke", Transform.from_plane(2, 2, 0, 0.9), np.eye(3) * 1e-4, 0.05, 1.0, 1.0, 0.9)
    assert plan_reach(Narrow(), coke, seen, DOCK, (), h.settings.approach) == "a stand"  # type: ignore[arg-type]
    assert asked == [h.settings.approach.face_rad, h.settings.approach.last_face_rad]
    plan = plan_reach(h.reach, coke, seen, DOCK, (), h.settings.approach)
    off = min(abs(wrap_angle(plan.stand.yaw_rad - k * math.pi / 2)) for k in range(4))
    assert off <= h.settings.approach.face_rad + 1e-9
