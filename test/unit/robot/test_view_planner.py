from __future__ import annotations

import math

import numpy as np
from home import home

from taskmatrix_ros.robot.geometry.pose2 import Pose2

DOCK = Pose2(4.3, 0.6, math.pi / 2)


def test_the_views_of_the_home_show_every_surface() -> None:
    h = home()
    views = h.views.plan(DOCK, h.world.rooms, h.world.surfaces)
    spots, _ = h.views.spots(h.world.surfaces)
    assert set().union(*(v.covers for v in views)) == set(range(len(spots)))
    assert len(views) <= h.settings.look.max_views
    for view in views:
        assert h.grid.clearance_m(view.pose.x_m, view.pose.y_m) > h.radius
        assert np.isfinite(h.planner.cost_m((DOCK.x_m, DOCK.y_m), (view.pose.x_m, view.pose.y_m)))


def test_what_a_view_covers_is_in_its_picture_and_near_enough() -> None:
    h = home()
    spots, names = h.views.spots(h.world.surfaces)
    for view in h.views.plan(DOCK, h.world.rooms, h.world.surfaces):
        for n in view.covers:
            assert h.reach.sees(view.pose, *(float(v) for v in spots[n]))
            assert np.linalg.norm(spots[n] - [view.pose.x_m, view.pose.y_m, 1.3]) < h.settings.look.range_m + 0.1
            assert names[n] in view.surfaces


def test_one_place_is_looked_over_from_its_own_room() -> None:
    h = home()
    kitchen = [r for r in h.world.rooms if r.name == "kitchen"]
    surfaces = [s for s in h.world.surfaces if s.room == "kitchen"]
    views = h.views.plan(Pose2(2.1, 4.9, math.pi / 2), kitchen, surfaces)
    assert 1 <= len(views) <= 8
    assert all(kitchen[0].contains(v.pose.x_m, v.pose.y_m) for v in views)


def test_what_was_seen_is_not_looked_at_again() -> None:
    h = home()
    table = [h.world.surface("coffee_table")]
    views = h.views.plan(DOCK, h.world.rooms, table)
    assert h.views.plan(DOCK, h.world.rooms, table, [v.pose for v in views]) == []


def test_walls_hide_what_is_behind_them() -> None:
    h = home()
    counter = [h.world.surface("kitchen_counter")]
    living = [r for r in h.world.rooms if r.name == "living_room"]
    shown = [v for v in h.views.plan(DOCK, living, counter) if v.pose.x_m < 2.0]
    assert shown == []


def test_a_look_from_nearer_shows_the_spot_from_near_by() -> None:
    h = home()
    spot = (2.05, 6.5, 0.91)
    pose = h.views.nearest_to(DOCK, h.world.rooms, spot, h.settings.look.near_m)
    assert pose is not None
    assert pose.distance_to(spot[0], spot[1]) <= h.settings.look.near_m
    assert h.views.shows(pose, spot)
    assert h.grid.clearance_m(pose.x_m, pose.y_m) > h.radius


def test_what_no_pose_shows_has_no_look_from_nearer() -> None:
    h = home()
    assert h.views.nearest_to(DOCK, h.world.rooms, (2.05, 9.0, 0.9), h.settings.look.near_m) is None


def test_nothing_to_look_at_gives_no_views() -> None:
    assert home().views.plan(DOCK, home().world.rooms, []) == []
