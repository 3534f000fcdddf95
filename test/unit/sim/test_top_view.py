from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.perception.lettering import Lettering
from taskmatrix_ros.sim.pictures.top_view import TopView, write_top_view
from taskmatrix_ros.sim.sdf.sdf_reader import SdfReader
from taskmatrix_ros.sim.worlds.home_map import load_home_map
from taskmatrix_ros.sim.worlds.locations import map_file, model_folder, world_file

WORLD = SdfReader(model_folder()).load_world(world_file("home"))
HOME = load_home_map(map_file("home"))
BLUE, GREEN, ORANGE = (178, 114, 0), (115, 158, 0), (0, 94, 213)


def thing(x: float, y: float) -> dict[str, Any]:
    return {"x_m": x, "y_m": y, "z_m": 0.78, "yaw_rad": 0.0, "room": "kitchen", "on": None}


def snapshot(*, moved: bool = True, path: bool = True) -> dict[str, Any]:
    return {
        "world": "home",
        "seed": 4,
        "time_s": 31.0,
        "robot": {"x_m": 1.9, "y_m": 2.5, "yaw_rad": -1.57},
        "objects_at_start": {"coke": thing(3.2, 5.2)},
        "objects": {"coke": thing(1.7, 1.7) if moved else thing(3.21, 5.2)},
        "path": [[0.0, 4.3, 0.6, 1.57], [3.0, 4.3, 2.5, 3.1], [9.0, 1.9, 2.5, 3.1]] if path else [],
        "hardest_bump": None,
    }


def near(image: np.ndarray, view: TopView, x: float, y: float, color: tuple[int, int, int], reach: int = 9) -> int:
    px, py = (round(v / 2) for v in view._plan.pixel(x, y))
    patch = image[py - reach : py + reach + 1, px - reach : px + reach + 1].astype(int)
    return int((np.abs(patch - color).max(axis=2) < 12).sum())


def test_shows_the_path_and_the_object_before_and_after() -> None:
    view = TopView(WORLD, HOME)
    image = view.draw(snapshot(), "a title")
    assert near(image, view, 3.2, 5.2, ORANGE) > 15
    assert near(image, view, 1.7, 1.7, GREEN) > 60
    assert near(image, view, 3.0, 2.5, BLUE) > 30
    assert near(image, view, 6.0, 3.0, BLUE) == 0


def test_an_object_that_was_not_moved_is_shown_once() -> None:
    view = TopView(WORLD, HOME)
    image = view.draw(snapshot(moved=False), "t")
    assert near(image, view, 3.2, 5.2, ORANGE) == 0
    assert near(image, view, 3.2, 5.2, GREEN) == 0
    assert near(image, view, 3.2, 5.2, (120, 114, 110)) > 60


def test_walls_are_dark_and_doors_open() -> None:
    view = TopView(WORLD, HOME)
    image = view.draw(snapshot(path=False), "t")
    assert near(image, view, 4.1, 3.8, (74, 66, 60), 3) > 40
    assert near(image, view, 2.8, 3.8, (74, 66, 60), 3) == 0


def test_draws_with_the_stroke_font_of_older_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "FontFace", raising=False)
    page = np.full((60, 400, 3), 255, np.uint8)
    Lettering(page).write("robot → path", 5, 40, 24, (0, 0, 0))
    assert (page < 128).sum() > 100
    TopView(WORLD, HOME).draw(snapshot(), "t")


def test_writes_a_png(tmp_path: Path) -> None:
    path = tmp_path / "view.png"
    write_top_view(path, WORLD, HOME, snapshot(), "fetch")
    assert cv2.imread(str(path)).shape[1] > 1000


def test_says_when_the_picture_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot write .*choose another folder"):
        write_top_view(tmp_path / "no" / "view.png", WORLD, HOME, snapshot(), "fetch")
