"""Homes drawn by chance can be simulated, and a robot reaches everything in them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from taskmatrix_ros.cli.main import app
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.robot.description.world_description import WorldDescription
from taskmatrix_ros.sim.mujoco.launcher import build_simulator
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.worlds.free_floor import FreeFloor
from taskmatrix_ros.sim.worlds.furniture import SURFACES
from taskmatrix_ros.sim.worlds.home_design import FIRST_TAG, design_home, distance_m
from taskmatrix_ros.sim.worlds.home_files import write_home
from taskmatrix_ros.sim.worlds.locations import model_folder
from taskmatrix_ros.sim.worlds.static_boxes import static_boxes


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(1, 8), st.integers(0, 10_000))
def test_a_design_leaves_room_to_stand(rooms: int, objects: int, seed: int) -> None:
    design = design_home(rooms, objects, seed)
    assert design == design_home(rooms, objects, seed)
    assert len(design.rooms) == rooms == len({room.name for room in design.rooms})
    assert len({piece.name for piece in design.pieces}) == len(design.pieces)
    assert all(sum(tag.room == room.name for tag in design.tags) >= 2 for room in design.rooms)
    for piece in design.surfaces:
        assert piece.stand is not None
        x, y, yaw = piece.stand
        room = next(room for room in design.rooms if room.name == piece.room)
        assert room.x_m[0] < x < room.x_m[1]
        assert room.y_m[0] < y < room.y_m[1]
        assert all(distance_m(other.extent_m, (x, y)) > 0.3 for other in design.pieces)
        ahead = (x + math.cos(yaw) * 0.9, y + math.sin(yaw) * 0.9)
        assert distance_m(piece.extent_m, ahead) < 1e-6, "the robot does not look at what it stands before"


def test_a_floor_that_is_cut_in_two_joins_nothing() -> None:
    floor = FreeFloor((4.0, 2.0))
    assert floor.joins((0.5, 1.0), [(3.5, 1.0)])
    floor.block((1.9, 2.1, 0.0, 1.2))
    assert floor.joins((0.5, 1.0), [(3.5, 1.0)]), "the robot fits through 0.8 m"
    floor.block((1.9, 2.1, 1.5, 2.0))
    assert not floor.joins((0.5, 1.0), [(3.5, 1.0)])


@pytest.mark.parametrize(("rooms", "objects"), [(0, 1), (13, 1), (1, 0), (2, 41)])
def test_numbers_out_of_range(rooms: int, objects: int) -> None:
    with pytest.raises(ConfigError, match="outside 1"):
        design_home(rooms, objects, 0)


def test_a_seed_below_zero() -> None:
    with pytest.raises(ConfigError, match="seed -3 is below 0"):
        design_home(2, 2, -3)


def test_more_things_than_one_room_has_space_for() -> None:
    with pytest.raises(ConfigError, match="no home of 1 room has space for 40 objects"):
        design_home(1, 40, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--rooms", "0"),
        ("--objects", "200"),
        ("--seed", "-3"),
        ("--rooms", "1", "--objects", "40"),
        ("--out", "/proc/x"),
    ],
)
def test_wrong_arguments_are_one_line_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(app, ["sim", "generate", *arguments])
    assert ended.exit_code == 2, ended.output
    assert ended.stderr.startswith("error sim generate: ")
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_every_kind_of_furniture_is_used_and_stands_as_the_map_says(tmp_path: Path) -> None:
    kinds = set()
    for seed in range(4):
        files = write_home(design_home(6, 8, seed), tmp_path)
        boxes = static_boxes(SdfReader(model_folder(), tmp_path / "models").load_world(files.world))
        known = WorldDescription.load(str(files.map))
        for surface in known.surfaces:
            kinds.add(surface.model)
            tops = [
                np.ptp(box.corners_m(), axis=0)
                for box in boxes
                if box.name.startswith(f"{surface.name}/") and abs(box.top_m - surface.height_m) < 1e-6
            ]
            assert any(top == pytest.approx(surface.size_m) for top in tops), surface
    assert kinds == {kind.name for kind in SURFACES}


@pytest.mark.mujoco
@pytest.mark.parametrize(("rooms", "objects", "seed"), [(2, 3, 0), (3, 8, 1), (5, 14, 2)])
def test_it_can_be_simulated(tmp_path: Path, rooms: int, objects: int, seed: int) -> None:
    files = write_home(design_home(rooms, objects, seed), tmp_path)
    known = WorldDescription.load(str(files.map))
    assert len(known.objects) == objects
    assert {tag.id for tag in known.wall_tags}.isdisjoint({thing.tag_id for thing in known.objects})
    assert min(tag.id for tag in known.wall_tags) == FIRST_TAG
    for placed in (None, 7):
        built = build_simulator(str(files.world), seed=placed)
        built.simulator.run_until(1.0)
        assert built.simulator.hardest_bump is None
        built.recorder.record()
        things = built.recorder.snapshot()["objects"]
        assert set(things) == {thing.name for thing in known.objects}
        assert all(thing["on"] in {surface.name for surface in known.surfaces} for thing in things.values()), things
