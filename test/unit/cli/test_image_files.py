"""Pictures for an instruction are read from files, and told by their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pictures import jpeg, png

from taskmatrix_ros.cli.exit_status import UsageError
from taskmatrix_ros.cli.image_files import load_pictures


def test_the_bytes_say_what_it_is(tmp_path: Path) -> None:
    photo, shot = tmp_path / "photo.dat", tmp_path / "shot.jpg"
    photo.write_bytes(jpeg(exif=b"GPS"))
    shot.write_bytes(png())
    first, second = load_pictures([photo, shot])
    assert (first.format, first.data, second.format) == ("jpeg", jpeg(), "png")
    assert load_pictures([]) == ()


def test_what_cannot_be_used_is_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_pictures([tmp_path / "none.png"])
    with pytest.raises(UsageError, match="at most 4"):
        load_pictures([tmp_path / "none.png"] * 5)
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(UsageError, match="no picture"):
        load_pictures([tmp_path / "a.png"])
    (tmp_path / "b.png").write_bytes(png() + bytes(9_000_000))
    with pytest.raises(UsageError, match="at most 8,000,000"):
        load_pictures([tmp_path / "b.png"])
