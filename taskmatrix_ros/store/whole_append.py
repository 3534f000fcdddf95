"""Adds to a file so that all of it is there, or nothing."""

from __future__ import annotations

import os


def append_whole(descriptor: int, content: bytes, size: int) -> int:
    """Add to the end of a file that is open for appending.

    :param size: of the file, in bytes. :returns: its new size.
    :raises OSError: it could not be written, or only in part; the file is as it was.
    """
    if descriptor < 0:
        raise OSError("the file is not open")
    written = os.write(descriptor, content)
    if written != len(content):
        os.ftruncate(descriptor, size)
        raise OSError(f"only {written} of {len(content)} bytes could be written")
    return size + written
