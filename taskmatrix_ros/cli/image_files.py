"""Pictures for an instruction, from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from taskmatrix_ros.cli.exit_status import UsageError
from taskmatrix_ros.core.instruction import MAX_PICTURES, Image
from taskmatrix_ros.core.picture import MAX_BYTES, picture_format, picture_problem


def load_pictures(files: Sequence[Path]) -> tuple[Image, ...]:
    """Read JPEG and PNG files; the format is told by their bytes, whatever they are called.

    :raises UsageError: there are too many, or one cannot be read, is no such picture, or is too large.
    """
    if len(files) > MAX_PICTURES:
        raise UsageError(f"{len(files)} pictures are given; at most {MAX_PICTURES} go with an instruction")
    return tuple(map(_picture, files))


def _picture(file: Path) -> Image:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"picture {file} cannot be read: {error.strerror}") from error
    form = picture_format(data) or file.suffix.lstrip(".") or "?"
    image = Image(format=form, data=data)
    if problem := picture_problem(image.format, data):
        raise UsageError(f"picture {file}: {problem}")
    return image
