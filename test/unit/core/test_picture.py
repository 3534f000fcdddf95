"""Pictures are told by their bytes, and lose what the camera wrote beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import jpeg, png
from pydantic import ValidationError

from taskmatrix_ros.core.instruction import Image, Instruction
from taskmatrix_ros.core.picture import picture_format, picture_problem, picture_size, plain_format, without_metadata


@pytest.mark.parametrize("made", [jpeg, png])
def test_a_whole_picture_has_a_format_and_a_size(made: object) -> None:
    data = made(640, 480)  # type: ignore[operator]
    assert picture_size(data) == (640, 480)
    form = picture_format(data)
    assert form == made.__name__  # type: ignore[attr-defined]
    assert picture_problem(form, data) is None
    assert "cut or damaged" in (picture_problem(form, data[:-3]) or "")


@pytest.mark.parametrize(
    ("said", "plain"),
    [("JPG", "jpeg"), ("image/png", "png"), ("rgb8; jpeg compressed bgr8", "jpeg"), (".jpeg", "jpeg"), ("svg", "svg")],
)
def test_a_format_is_read_as_ros_and_files_say_it(said: str, plain: str) -> None:
    assert plain_format(said) == plain


def test_place_and_time_are_taken_off() -> None:
    photo = Image(format="jpg", data=jpeg(exif=b"GPS 52.5 N"))
    assert (photo.format, b"GPS" in photo.data, photo.data == jpeg()) == ("jpeg", False, True)
    shot = Image(format="png", data=png(Author="Ann", Comment="bedroom"))
    assert shot.data == png()


@pytest.mark.parametrize(
    ("form", "data", "said"),
    [
        ("svg", b"<svg/>", "none of jpeg, png"),
        ("png", jpeg(), "its bytes are a jpeg, not a png"),
        ("jpeg", b"#!/bin/sh", "no picture, not a jpeg"),
        ("png", png(9000, 10), "9000 x 10 pixels"),
        ("png", png() + b"\0" * 8_000_000, "at most 8,000,000"),
    ],
)
def test_what_is_no_picture_for_us_is_said(form: str, data: bytes, said: str) -> None:
    assert said in (picture_problem(form, data) or "")


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_no_bytes_break_the_reader(tail: bytes, head: bytes) -> None:
    data = head + tail
    without_metadata(data)
    picture_problem("jpeg", data)
    picture_problem("png", data)


def test_an_instruction_takes_a_few_pictures() -> None:
    picture = Image(format="png", data=png())
    with pytest.raises(ValidationError):
        Instruction(text="look", images=(picture,) * 5)
