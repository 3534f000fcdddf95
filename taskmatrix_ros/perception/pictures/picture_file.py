"""Encoded pictures: what is one, and what is not."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from taskmatrix_ros.core.errors import CallFailed

MAX_BYTES = 25_000_000
MAX_PIXELS = 40_000_000
MAX_SIDE_PX = 65_535
"""Of a JPEG file by its format, and of ours."""
Pixels = NDArray[np.uint8]
"""``(H, W, 3) uint8``, RGB."""

_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xae\x42\x60\x82"
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_SIZE_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SCAN_MARKER = 0xDA
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})


def decode_picture(data: bytes) -> Pixels:
    """Read a PNG or JPEG file. Its size is looked at before anything is unpacked.

    :returns: ``(H, W, 3) uint8``, RGB, as it is held upright by EXIF; what is transparent is on white.
    :raises CallFailed: ``BAD_PICTURE``: empty, too large, cut short, or no picture.
    """
    if not data:
        raise _bad("it is empty")
    if len(data) > MAX_BYTES:
        raise _bad(f"it has {len(data)} bytes, allowed are {MAX_BYTES}; make it smaller")
    width, height = picture_size(data)
    if not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
        raise _bad(f"it is {width}x{height}, allowed are {MAX_PIXELS} pixels; make it smaller")
    if max(width, height) > MAX_SIDE_PX:
        raise _bad(f"it is {width}x{height}, allowed are sides of {MAX_SIDE_PX} pixels; make it smaller")
    is_png = data.startswith(_PNG)
    if not _is_whole(data, is_png=is_png):
        raise _bad("it is cut short; send it whole")
    # A JPEG file has no transparency but may have been held upright by a note in its head, which only this reads.
    flags = cv2.IMREAD_UNCHANGED if is_png else cv2.IMREAD_COLOR
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise _bad(f"it cannot be unpacked: {error}") from error
    if pixels is None:
        raise _bad("it is damaged; send it again")
    return _to_rgb(pixels)


def encode_picture(pixels: Pixels) -> bytes:
    """Write ``(H, W, 3) uint8`` RGB, or ``(H, W)`` gray, as a PNG file."""
    turned = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR) if pixels.ndim == 3 else pixels
    done, data = cv2.imencode(".png", turned)
    if not done:
        raise _bad("it cannot be written")
    return data.tobytes()


def picture_size(data: bytes) -> tuple[int, int]:
    """Read width and height from a file's head, in pixels.

    :raises CallFailed: ``BAD_PICTURE``: it is neither PNG nor JPEG.
    :source: PNG specification, IHDR; ITU T.81, start of frame.
    """
    if data.startswith(_PNG) and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data.startswith(_JPEG):
        return _jpeg_size(data)
    raise _bad("it is neither PNG nor JPEG; send one of these")


def _is_whole(data: bytes, *, is_png: bool) -> bool:
    """Whether the file's end is there. More may follow: telephones append films to their photographs."""
    if is_png:
        return _PNG_END in data
    # The end of the small picture in the head, which telephones and cameras put there, is not the photograph's.
    scan = next((at for at, marker in _jpeg_segments(data) if marker == _SCAN_MARKER), len(data))
    return data.find(_JPEG_END, scan) >= 0


def _jpeg_size(data: bytes) -> tuple[int, int]:
    for at, marker in _jpeg_segments(data):
        if marker in _SIZE_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width), int(height)
    raise _bad("its head is damaged or cut short; send it again")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Give place and marker of each segment, up to the first scan."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        else:
            yield at, marker
            if marker == _SCAN_MARKER:
                return
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            at += 2 + int(length)


def _to_rgb(unpacked: NDArray[Any]) -> Pixels:
    pixels = (unpacked // 257).astype(np.uint8) if unpacked.dtype == np.uint16 else unpacked
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.float32) / 255.0
        pixels = (pixels[:, :, :3] * alpha + 255.0 * (1.0 - alpha)).round().astype(np.uint8)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _bad(why: str) -> CallFailed:
    return CallFailed(f"picture: {why}", code="BAD_PICTURE")
