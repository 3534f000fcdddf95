"""What is a picture, and what is refused with a reason."""

from __future__ import annotations

import contextlib
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from photographs import RED_CMYK, jpeg, photograph, with_head

from taskmatrix_ros.core.errors import CallFailed
from taskmatrix_ros.perception.pictures.picture_file import MAX_BYTES, decode_picture, encode_picture, picture_size


def test_a_photograph_is_read_as_it_was() -> None:
    pixels = photograph()
    assert np.array_equal(decode_picture(encode_picture(pixels)), pixels)
    read = decode_picture(jpeg(pixels))
    assert read.shape == pixels.shape
    assert np.abs(read.astype(int) - pixels).mean() < 6
    assert picture_size(jpeg(pixels)) == (640, 480)


def test_gray_transparent_and_deep_pictures() -> None:
    gray = np.full((4, 6), 77, np.uint8)
    assert np.array_equal(decode_picture(encode_picture(gray)), np.full((4, 6, 3), 77, np.uint8))
    clear = np.zeros((4, 6, 4), np.uint8)
    assert np.array_equal(decode_picture(cv2.imencode(".png", clear)[1].tobytes()), np.full((4, 6, 3), 255, np.uint8))
    deep = np.full((4, 6), 65535, np.uint16)
    assert np.array_equal(decode_picture(cv2.imencode(".png", deep)[1].tobytes()), np.full((4, 6, 3), 255, np.uint8))


TURNS = {1: 0, 6: 3, 3: 2, 8: 1}
"""Orientation of EXIF, and how many quarter turns to the left put the picture upright."""


@pytest.mark.parametrize("orientation", TURNS)
def test_a_photograph_is_put_upright_as_its_head_says(orientation: int) -> None:
    stored = photograph()[:200]
    read = decode_picture(with_head(jpeg(stored), orientation))
    upright = np.rot90(stored, TURNS[orientation])
    assert read.shape == upright.shape
    assert np.abs(read.astype(int) - upright).mean() < 6


def test_of_a_photograph_that_is_cut_short_the_small_one_in_its_head_is_no_end() -> None:
    small = jpeg(cv2.resize(photograph(), (80, 60)))
    whole = with_head(jpeg(photograph()), thumbnail=small)
    assert decode_picture(whole).shape == (480, 640, 3)
    with pytest.raises(CallFailed, match="cut short"):
        decode_picture(whole[: len(whole) // 2])


def test_what_a_telephone_appends_is_left_out() -> None:
    film = b"ftypmp42" + bytes(200_000)
    for data in (jpeg(photograph()), encode_picture(photograph())):
        assert decode_picture(data + film).shape == (480, 640, 3)


def test_files_of_all_colour_models() -> None:
    red = decode_picture(RED_CMYK)
    assert red.shape == (8, 16, 3)
    assert np.abs(red.astype(int) - (200, 30, 40)).max() < 12
    gray = decode_picture(cv2.imencode(".jpg", np.full((5, 7), 90, np.uint8))[1].tobytes())
    assert gray.shape == (5, 7, 3)
    assert np.abs(gray.astype(int) - 90).max() <= 2
    deep = np.full((4, 6, 4), 65535, np.uint16)
    deep[..., :3] = 0
    assert not decode_picture(cv2.imencode(".png", deep)[1].tobytes()).any(), "opaque black, 16 bits each"


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1)])
def test_the_smallest_pictures(size: tuple[int, int]) -> None:
    pixels = np.full((*size, 3), 120, np.uint8)
    assert np.array_equal(decode_picture(encode_picture(pixels)), pixels)
    assert decode_picture(jpeg(pixels)).shape == pixels.shape


def bomb(width: int, height: int) -> bytes:
    """A small PNG file that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"no picture at all", "neither PNG nor JPEG"),
        (b"GIF89a" + b"\0" * 50, "neither PNG nor JPEG"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * MAX_BYTES, "bytes, allowed"),
        (bomb(60_000, 60_000), "60000x60000"),
        (bomb(0, 5), "0x5"),
        (bomb(900_000, 2), "sides of 65535"),
        (
            b"GIF89a\x01\x00\x01\x00\x80\x01\x00\xff\xff\xff\x00\x00\x00!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00;",
            "neither PNG",
        ),
        (
            b"RIFF\x1a\x00\x00\x00WEBPVP8L\r\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",
            "neither PNG",
        ),
        (b"BM" + bytes(60), "neither PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "neither PNG"),
        (jpeg(photograph())[:5000], "cut short"),
        (encode_picture(photograph())[:5000], "cut short"),
        (b"\xff\xd8\xff", "head is damaged"),
        (b"\xff\xd8\xff\xe0\x00\x04ab\x00\x00", "head is damaged"),
    ],
)
def test_what_is_no_picture(data: bytes, why: str) -> None:
    with pytest.raises(CallFailed, match=why) as caught:
        decode_picture(data)
    assert caught.value.error_code == "BAD_PICTURE"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_is_told_or_borne(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([jpeg(photograph()), encode_picture(photograph()[:60, :60])])))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CallFailed):
        pixels = decode_picture(bytes(whole))
        assert pixels.ndim == 3
        assert pixels.dtype == np.uint8
