from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.perception.colour_range import ColourRange, to_lab

PAINTS = {
    "red": (204, 26, 26),
    "orange": (240, 130, 20),
    "yellow": (235, 210, 40),
    "green": (26, 153, 38),
    "blue": (26, 51, 204),
    "purple": (130, 40, 150),
    "white": (235, 235, 230),
    "black": (20, 20, 22),
}


def has(colour: str, rgb: tuple[float, ...]) -> bool:
    pixel = np.clip(np.array([[rgb]]), 0, 255).astype(np.uint8)
    return bool(ColourRange.parse(colour).mask(to_lab(pixel))[0, 0])


@pytest.mark.parametrize("name", list(PAINTS))
def test_a_paint_has_its_own_name_only(name: str) -> None:
    assert [other for other in PAINTS if has(other, PAINTS[name])] == [name]


@settings(deadline=None)
@given(st.sampled_from(["red", "green", "blue", "purple"]), st.floats(0.45, 1.2))
def test_shade_and_light_do_not_change_a_colour(name: str, light: float) -> None:
    assert has(name, tuple(light * part for part in PAINTS[name]))


@settings(deadline=None)
@given(st.tuples(*[st.integers(0, 255)] * 3), st.floats(0.6, 1.0))
def test_a_colour_by_numbers_takes_itself_and_its_shade(rgb: tuple[int, int, int], light: float) -> None:
    text = "#{:02x}{:02x}{:02x}".format(*rgb)
    assert has(text, rgb)
    if max(rgb) - min(rgb) > 60:  # greys have no hue to hold on to
        assert has(text, tuple(light * part for part in rgb))


def test_a_colour_by_numbers_takes_no_other_hue() -> None:
    assert not has("#cc1a1a", PAINTS["blue"])
    assert not has("#cc1a1a", PAINTS["green"])
    assert not has("#808080", PAINTS["red"])


@pytest.mark.parametrize("text", ["reddish", "", "#12", "#gg0000"])
def test_what_is_no_colour_is_told_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed: red, .*#rrggbb"):
        ColourRange.parse(text)
