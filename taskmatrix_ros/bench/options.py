"""What a person may say of a measurement."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen


class BenchOptions(Frozen):
    """Options of ``taskmatrix bench``. A bench reads those that concern it; None leaves the choice to it."""

    data: Path | None = None
    """Folder of the development sets."""
    apis: int | None = Field(default=None, ge=1)
    """Size of a generated catalogue, in documents."""
    tasks: int | None = Field(default=None, ge=1)
    """How many tasks to do."""
    seed: int = Field(default=0, ge=0)
    """Of whatever is drawn by chance."""
    out: Path | None = None
    """Folder for what is kept beside the figures: failures, tasks that are done."""
