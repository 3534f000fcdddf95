"""Small whole pictures, made by hand."""

from __future__ import annotations

import struct
import zlib

from taskmatrix_ros.core.instruction import Image


def png(width: int = 2, height: int = 2, **texts: str) -> bytes:
    """A grey PNG; ``texts`` go into it as a camera's notes do."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + b"\x80" * min(width, 64) for _ in range(min(height, 64)))
    notes = b"".join(chunk(b"tEXt", f"{key}\0{text}".encode()) for key, text in texts.items())
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + notes + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def jpeg(width: int = 2, height: int = 2, exif: bytes = b"") -> bytes:
    """The frame of a JPEG, enough for who reads its size; ``exif`` stands where a camera writes where it was."""

    def segment(marker: int, body: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body

    parts = [segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")]
    if exif:
        parts.append(segment(0xE1, b"Exif\0\0" + exif))
    parts.append(segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"))
    return b"\xff\xd8" + b"".join(parts) + segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\x34\xff\xd9"


PNG = Image(format="png", data=png())
JPEG = Image(format="jpeg", data=jpeg())
