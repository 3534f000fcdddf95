"""Maps for the planner, of a home and of a robot's own."""

from __future__ import annotations

import json

from taskmatrix_ros.app.profile.robot_maps import map_of_home, map_of_world
from taskmatrix_ros.registry.home_snapshot import HomeSnapshot

HOME = {
    "areas": [{"id": "k", "name": "Kitchen"}, {"id": "hall", "name": "Hall"}],
    "places": [{"id": "t", "name": "Table", "area": "Kitchen"}, {"id": "hall", "name": "hall", "area": "hall"}],
    "objects": [
        {"id": "cup", "name": "cup", "category": "dish", "attributes": {"red": True, "hot": False}, "at": "table"},
        {"id": "pen", "name": "pen", "category": ["tool", "toy"], "attributes": ["blue"], "at": "t"},
        {"id": "hat", "at": None},
    ],
    "robot": {"at": "t", "holding": "pen"},
}


def test_a_home_gives_things_and_places() -> None:
    found = map_of_home(HomeSnapshot.parse(json.dumps(HOME)))
    cup, pen, hat = found.objects
    assert (cup.at, cup.categories, cup.traits, cup.lacks) == ("t", ("dish",), {"red"}, {"hot"})
    assert (pen.at, pen.categories, pen.traits) == ("", ("tool", "toy"), {"blue"})
    assert (hat.said, hat.at) == ("hat", "")
    assert (found.at, found.holding) == ("t", "pen")
    assert [(place.id, place.area, place.is_area) for place in found.places] == [
        ("t", "k", False),
        ("hall", "hall", False),
        ("k", "k", True),
    ]


def test_an_empty_home_gives_an_empty_map() -> None:
    found = map_of_home(HomeSnapshot.parse("{}"))
    assert (found.objects, found.places, found.at, found.holding) == ((), (), "", "")


def test_the_map_of_the_demo_names_its_things() -> None:
    found = map_of_world("home")
    bottle = found.get("water_bottle")
    assert bottle is not None
    assert "bottle of water" in bottle.called
    assert not found.knows_where
    assert {place.id for place in found.places if not place.is_area} >= {"kitchen_counter", "user", "desk"}
