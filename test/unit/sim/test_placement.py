from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.sdf.sdf_types import World
from taskmatrix_ros.sim.worlds.home_map import HomeMap, load_home_map
from taskmatrix_ros.sim.worlds.locations import map_file, model_folder, placement_file, world_file
from taskmatrix_ros.sim.worlds.placement import Placement, load_placement

WORLD: World = SdfReader(model_folder()).load_world(world_file("home"))
HOME: HomeMap = load_home_map(map_file("home"))
RULES: Placement = load_placement(placement_file("home"))


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_every_seed_puts_every_object_where_its_rule_allows(seed: int) -> None:
    world = RULES.place(WORLD, HOME, seed)
    places = {}
    for name, allowed in RULES.surfaces.items():
        x, y, z = world.model(name).pose.xyz_m
        surface = HOME.surface_under(name, x, y, z)
        assert surface in allowed
        front = HOME.surfaces[surface].front_yaw_rad
        center, size = HOME.surfaces[surface].center_m, HOME.surfaces[surface].size_m
        depth = abs(math.cos(front)) * size[0] + abs(math.sin(front)) * size[1]
        from_edge = (x - center[0]) * math.cos(front) + (y - center[1]) * math.sin(front) + depth / 2
        assert RULES.edge_m[0] <= from_edge <= RULES.edge_m[1]
        places[name] = (x, y)
    names = sorted(places)
    for index, one in enumerate(names):
        for other in names[:index]:
            assert math.dist(places[one], places[other]) >= RULES.spacing_m


def test_rules_cover_everything_that_can_be_carried() -> None:
    assert set(RULES.surfaces) == set(WORLD.graspable)


def test_coke_is_always_in_the_kitchen() -> None:
    assert {HOME.surfaces[name].room for name in RULES.surfaces["coke"]} == {"kitchen"}


def test_the_table_beside_the_user_stays_free() -> None:
    assert all("coffee_table" not in allowed for allowed in RULES.surfaces.values())


def test_the_same_seed_gives_the_same_home_and_another_seed_another() -> None:
    def poses(seed: int) -> list[object]:
        world = RULES.place(WORLD, HOME, seed)
        return [world.model(name).pose for name in RULES.surfaces]

    assert poses(5) == poses(5)
    assert poses(5) != poses(6)


def test_seeds_use_every_surface_they_may() -> None:
    seen = set()
    for seed in range(60):
        x, y, z = RULES.place(WORLD, HOME, seed).model("coke").pose.xyz_m
        seen.add(HOME.surface_under("coke", x, y, z))
    assert seen == set(RULES.surfaces["coke"])


def changed(**parts: object) -> Placement:
    content = {name: getattr(RULES, name) for name in Placement.__slots__}
    return Placement(**{**content, **parts})


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (changed(surfaces={"unicorn": ("desk",)}), "there is no object 'unicorn'; known: apple"),
        (changed(surfaces={"coke": ("moon",)}), "'coke' names surface 'moon'"),
        (changed(spacing_m=9.0), "no room for"),
    ],
)
def test_rules_that_cannot_be_kept_are_refused(rules: Placement, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        rules.place(WORLD, HOME, 1)


@pytest.mark.parametrize(
    ("text", "what"),
    [("edge_m: [1, 2", "is not YAML"), ("edge_m: [1, 2]", "side_margin_m"), ("[]", "lacks or misstates")],
)
def test_a_broken_placement_file_is_refused(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=what):
        load_placement(path)


def test_an_absent_placement_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_placement(tmp_path / "none.yaml")
