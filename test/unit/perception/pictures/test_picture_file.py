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
from photographs import jpeg, photograph

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
