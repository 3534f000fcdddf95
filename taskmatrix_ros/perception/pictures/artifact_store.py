"""Pictures by handle, in a folder that does not grow beyond a bound."""

from __future__ import annotations

import re
from pathlib import Path

from taskmatrix_ros.core.errors import CallFailed
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.perception.pictures.picture_file import Pixels, decode_picture, encode_picture

_HANDLE = re.compile(r"picture_[0-9A-HJKMNP-TV-Z]{26}")


class ArtifactStore:
    """Keeps pictures as PNG files. A handle is a name, never a path; the oldest go when the bound is reached.

    :param folder: made at the first picture, for nobody else to read.
    :param max_bytes: of all files together; a single picture may have all of it.
    """

    def __init__(self, folder: Path, *, max_bytes: int = 200_000_000) -> None:
        self.folder = folder
        self._max_bytes = max_bytes

    def keep(self, pixels: Pixels) -> str:
        """Keep a picture. :returns: its handle.

        :raises CallFailed: ``NO_SPACE``: it is larger than the bound, or the disk is full.
        """
        return self.keep_file(encode_picture(pixels))

    def keep_file(self, data: bytes) -> str:
        """Keep an encoded picture that was read before, as PNG or JPEG. :returns: its handle."""
        if len(data) > self._max_bytes:
            raise CallFailed(f"picture: {len(data)} bytes are more than artifacts may have", code="NO_SPACE")
        handle = f"picture_{new_id()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._make_room(len(data))
            unfinished = self.folder / f".{handle}"
            unfinished.write_bytes(data)
            unfinished.replace(self.folder / handle)
        except OSError as error:
            raise CallFailed(f"picture: cannot be kept in {self.folder}: {error.strerror}", code="NO_SPACE") from error
        return handle

    def load(self, handle: str) -> Pixels:
        """Give a picture, ``(H, W, 3) uint8`` RGB.

        :raises CallFailed: ``UNKNOWN_PICTURE``: there is none of that handle, or not any more.
        """
        return decode_picture(self.load_file(handle))

    def load_file(self, handle: str) -> bytes:
        """Give a picture's file. Raises as ``load``."""
        if not _HANDLE.fullmatch(handle):
            raise CallFailed(
                f"picture: {handle[:80]!r} is no handle; give what camera_capture or an image API returned",
                code="UNKNOWN_PICTURE",
            )
        try:
            return (self.folder / handle).read_bytes()
        except OSError as error:
            raise CallFailed(
                f"picture: there is no {handle} any more; the oldest go when the folder is full", code="UNKNOWN_PICTURE"
            ) from error

    def _make_room(self, wanted: int) -> None:
        """Remove the oldest: handles are ULIDs, so their names are in the order of their making."""
        files = sorted(entry for entry in self.folder.iterdir() if _HANDLE.fullmatch(entry.name))
        sizes = {file: file.stat().st_size for file in files}
        held = sum(sizes.values())
        for file in files:
            if held + wanted <= self._max_bytes:
                return
            file.unlink(missing_ok=True)
            held -= sizes[file]
