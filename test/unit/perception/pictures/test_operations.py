"""Each operation does to a photograph what its name says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from photographs import CUP, HEIGHT, WIDTH, photograph

from taskmatrix_ros.core.errors import CallFailed
from taskmatrix_ros.perception.pictures import operations
from taskmatrix_ros.perception.pictures.operations import Box


def test_crop_and_resize() -> None:
    picture = photograph()
    part = operations.crop(picture, Box(*CUP))
    assert part.shape == (90, 60, 3)
    assert part[..., 0].mean() > 2 * part[..., 1].mean(), "the cup is red"
    assert operations.resize(picture, 320, None).shape == (240, 320, 3)
    assert operations.resize(picture, None, 960).shape == (960, 1280, 3)
    assert operations.resize(picture, 10, 20).shape == (20, 10, 3)
    half = operations.resize(operations.resize(picture, 320, 240), WIDTH, HEIGHT)
    assert np.abs(half.astype(int) - picture).mean() < 8


@pytest.mark.parametrize("box", [Box(-1, 0, 5, 5), Box(0, 0, 0, 5), Box(600, 0, 41, 5), Box(0, 470, 5, 11)])
def test_a_box_that_does_not_fit(box: Box) -> None:
    with pytest.raises(CallFailed, match="not within the picture of 640x480") as caught:
        operations.crop(photograph(), box)
    assert caught.value.error_code == "BAD_BOX"


@pytest.mark.parametrize("size", [(None, None), (0, 5), (100_000, 100_000), (40_000_000, 1), (None, 70_000)])
def test_a_size_that_is_none(size: tuple[int | None, int | None]) -> None:
    with pytest.raises(CallFailed) as caught:
        operations.resize(photograph(), *size)
    assert caught.value.error_code == "BAD_SIZE"


def test_edges_follow_a_known_figure() -> None:
    picture = np.full((200, 300, 3), 60, np.uint8)
    cv2.circle(picture, (150, 100), 60, (220, 220, 220), cv2.FILLED)
    drawn = operations.edges(picture)[..., 0] > 127
    rows, columns = np.nonzero(drawn)
    off = np.abs(np.hypot(columns - 150, rows - 100) - 60)
    assert drawn.sum() > 0.8 * 2 * np.pi * 60, "most of the circle is found"
    assert off.max() < 3, "nothing else is"


def test_edges_of_a_photograph_are_those_of_its_things() -> None:
    drawn = operations.edges(photograph())[..., 0] > 127
    x, y, width, height = CUP
    outline = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.rectangle(outline, (x, y), (x + width, y + height), 255, 7)
    assert (drawn & (outline > 0)).sum() > 0.8 * 2 * (width + height)
    assert drawn[20:50, 300:600].mean() < 0.01, "a plain wall has none"


def test_lines_of_a_known_figure() -> None:
    picture = np.full((240, 320, 3), 30, np.uint8)
    cv2.line(picture, (20, 40), (300, 40), (240, 240, 240), 3)
    cv2.line(picture, (160, 60), (160, 230), (240, 240, 240), 3)
    drawing, found = operations.lines(picture)
    assert drawing.shape == picture.shape
    longest = found[0]
    assert abs(longest["y1_px"] - 40) <= 3
    assert abs(longest["y2_px"] - 40) <= 3
    assert abs(longest["x1_px"] - longest["x2_px"]) > 240
    assert any(abs(line["x1_px"] - 160) <= 3 and abs(line["x2_px"] - 160) <= 3 for line in found)
    assert operations.lines(np.full((50, 50, 3), 9, np.uint8))[1] == []


def test_a_sketch_is_paper_with_strokes_where_the_edges_are() -> None:
    drawn = operations.sketch(photograph())
    assert np.array_equal(drawn[..., 0], drawn[..., 2]), "it has no color"
    assert np.median(drawn) > 235, "most of it is paper"
    x, y, _, height = CUP
    assert drawn[y : y + height, x : x + 6].mean() < np.median(drawn) - 15, "the cup has an outline"


@pytest.mark.parametrize("by_mask", [False, True])
def test_of_what_is_removed_no_trace_is_left(by_mask: bool) -> None:
    with_cup, without = photograph(), photograph(cup=False)
    x, y, width, height = (CUP[0] - 6, CUP[1] - 6, CUP[2] + 12, CUP[3] + 12)
    where: Box | np.ndarray = Box(x, y, width, height)
    if by_mask:
        where = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        where[y : y + height, x : x + width] = 255
    filled = operations.remove(with_cup, where)
    part = (slice(y, y + height), slice(x, x + width))
    red = filled[part].astype(int)
    assert ((red[..., 0] - red[..., 1]) > 100).mean() < 0.001, "nothing of the cup's red"
    assert np.abs(filled[part].astype(int) - without[part]).mean() < 25
    outside = np.ones((HEIGHT, WIDTH), bool)
    outside[y - 3 : y + height + 3, x - 3 : x + width + 3] = False
    assert np.array_equal(filled[outside], with_cup[outside])


def test_a_mask_of_another_size_or_of_nothing() -> None:
    for mask, why in ((np.zeros((10, 10), np.uint8), "10x10"), (np.zeros((HEIGHT, WIDTH), np.uint8), "nothing")):
        with pytest.raises(CallFailed, match=why) as caught:
            operations.remove(photograph(), mask)
        assert caught.value.error_code == "BAD_MASK"


def test_marks_are_drawn_and_nothing_else() -> None:
    picture = photograph()
    drawn = operations.annotate(picture, [(Box(*CUP), "cup"), (Box(80, 60, 180, 140), "")])
    changed = (drawn != picture).any(axis=2)
    assert changed[CUP[1] + 30, CUP[0]]
    assert changed[130, 80]
    assert not changed[CUP[1] + 40 : CUP[1] + 80, CUP[0] + 10 : CUP[0] + 50].any(), "the inside stays"
    assert changed[CUP[1] - 15 : CUP[1], CUP[0] : CUP[0] + 30].any(), "the label stands above"


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_nothing_is_too_small_to_be_worked_on(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    for work in (operations.edges, operations.sketch, lambda p: operations.lines(p)[0]):
        assert work(pixels).shape == pixels.shape
    assert operations.crop(pixels, Box(0, 0, 1, 1)).shape == (1, 1, 3)
    assert operations.resize(pixels, 4, 4).shape == (4, 4, 3)
    assert operations.annotate(pixels, [(Box(0, 0, 1, 1), "a label wider than the picture")]).shape == pixels.shape


def test_a_large_hole_is_filled_as_a_small_one_and_the_rest_is_untouched() -> None:
    large = cv2.resize(photograph(), (2400, 1800), interpolation=cv2.INTER_CUBIC)
    x, y, width, height = (int(side * 3.75) for side in CUP)
    hole = Box(x - 300, y - 500, width + 900, height + 600)
    filled = operations.remove(large, hole)
    inside = filled[y + 60 : y + height - 60, x + 60 : x + width - 60].astype(int)
    redness = inside[..., 0] - inside[..., 1:].mean(axis=-1)
    assert redness.max() < 70, "no trace of the cup"
    outside = np.ones(large.shape[:2], bool)
    outside[hole.y_px - 3 : hole.y_px + hole.height_px + 3, hole.x_px - 3 : hole.x_px + hole.width_px + 3] = False
    assert np.array_equal(filled[outside], large[outside])


def test_a_sketch_of_a_large_photograph_is_that_of_the_same_one_small() -> None:
    small = operations.sketch(photograph())
    large = operations.sketch(cv2.resize(photograph(), (2560, 1920), interpolation=cv2.INTER_CUBIC))
    again = cv2.resize(large, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - again).mean() < 4


def test_labels_of_other_alphabets_are_written() -> None:
    if not hasattr(cv2, "FontFace"):
        pytest.skip("this OpenCV writes ASCII only")
    picture = np.zeros((200, 400, 3), np.uint8)
    drawn = [operations.annotate(picture, [(Box(50, 100, 200, 60), label)]) for label in ("Küche", "Kuche", "K??che")]
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_distances_as_colors() -> None:
    depth = np.full((40, 60), 4.0, np.float32)
    depth[:, :20] = 1.0
    depth[:5] = np.nan
    depth[5] = 0.0
    picture, told = operations.depth_picture(depth)
    assert told == {"nearest_m": 1.0, "median_m": 4.0, "farthest_m": 4.0}
    assert not picture[:6].any()
    near, far = picture[20, 5].astype(int), picture[20, 50].astype(int)
    assert near[0] > near[2], "near is warm"
    assert far[2] >= far[0]
    with pytest.raises(CallFailed, match="measures nothing"):
        operations.depth_picture(np.full((3, 3), np.inf, np.float32))
