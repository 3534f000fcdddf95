"""Pictures as they come in: what they are by their bytes, and the bytes without what the camera wrote beside them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAX_BYTES = 8_000_000
MAX_SIDE_PX = 8192
"""Of width and height: more is no photograph of a room, and a decoder would pay for it."""

FORMATS = ("jpeg", "png")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs", b"cICP"}
)
"""Chunks that say how the picture looks; text, times and EXIF are left out."""
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_DROPPED = frozenset({*range(0xE1, 0xF0), 0xFE} - {0xEE})
"""APP1 to APP15 hold EXIF, XMP, thumbnails and places, 0xFE comments; APP14 says which colours are meant."""


def picture_format(data: bytes) -> str | None:
    """Tell ``jpeg`` or ``png`` by the first bytes, None where it is neither."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    return "png" if data.startswith(_PNG) else None


def plain_format(said: str) -> str:
    """Give the name of a format as people, files and ROS say it: ``JPG``, ``image/png``, ``rgb8; jpeg compressed``."""
    words = said.casefold().replace("/", " ").replace(";", " ").replace(".", " ").split()
    names = {"jpg": "jpeg", "jpe": "jpeg", "jpeg": "jpeg", "png": "png"}
    return next((names[word] for word in words if word in names), said)


def without_metadata(data: bytes) -> bytes:
    """Leave out where, when and with what a picture was taken; bytes that are no whole picture stay as they are."""
    kind = picture_format(data)
    try:
        if kind == "jpeg":
            return b"\xff\xd8" + b"".join(part for marker, part in _segments(data) if marker not in _JPEG_DROPPED)
        if kind == "png":
            return _PNG + b"".join(part for name, part in _chunks(data) if name in _PNG_KEPT)
    except (struct.error, ValueError):
        return data
    return data


def picture_problem(form: str, data: bytes, *, max_bytes: int = MAX_BYTES) -> str | None:
    """Say in one line why a picture cannot be used, or None.

    :param form: what it is said to be.
    """
    if form not in FORMATS:
        return f"format {form[:20]!r} is none of {', '.join(FORMATS)}; convert it"
    if len(data) > max_bytes:
        return f"{len(data):,} bytes; at most {max_bytes:,} are taken; shrink it"
    found = picture_format(data)
    if found != form:
        return f"its bytes are {f'a {found}' if found else 'no picture'}, not a {form}; send the file as it is"
    try:
        width, height = picture_size(data)
    except (struct.error, ValueError):
        return f"the {form} is cut or damaged; send the whole file"
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        return f"{width} x {height} pixels; 1 to {MAX_SIDE_PX} a side are taken; scale it"
    return None


def picture_size(data: bytes) -> tuple[int, int]:
    """Give width and height in pixels, of a whole JPEG or PNG.

    :raises ValueError: it is neither, or damaged.
    """
    kind = picture_format(data)
    if kind == "png":
        name, first = next(_chunks(data))
        if name != b"IHDR" or not any(each == b"IEND" for each, _ in _chunks(data)):
            raise ValueError("no whole PNG")
        width, height = struct.unpack(">II", first[8:16])
        return width, height
    if kind == "jpeg":
        sizes = [struct.unpack(">HH", part[5:9]) for marker, part in _segments(data) if marker in _FRAMES]
        if sizes:
            return sizes[0][1], sizes[0][0]
    raise ValueError("no whole picture")


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give a JPEG's segments after its first marker; what follows the start of scan comes as one part."""
    at = 2
    while True:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise ValueError("no JPEG segment")
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker == 0xDA:
            if b"\xff\xd9" not in data[at:]:
                raise ValueError("the JPEG has no end")
            yield marker, data[at : data.rindex(b"\xff\xd9") + 2]
            return
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if length < 2 or at + 2 + length > len(data):
            raise ValueError("a JPEG segment is cut")
        yield marker, data[at : at + 2 + length]
        at += 2 + length


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give a PNG's chunks up to its end."""
    at = len(_PNG)
    while True:
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a PNG chunk is cut")
        name = data[at + 4 : at + 8]
        yield name, data[at:end]
        if name == b"IEND":
            return
        at = end
