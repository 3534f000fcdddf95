"""Importing MuJoCo where nothing is drawn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def physics_only() -> Iterator[None]:
    """Import MuJoCo inside: it then asks for no drawing library, which may be absent. Child processes are not told."""
    chosen = os.environ.get("MUJOCO_GL")
    os.environ["MUJOCO_GL"] = "disable"
    try:
        yield
    finally:
        if chosen is None:
            del os.environ["MUJOCO_GL"]
        else:
            os.environ["MUJOCO_GL"] = chosen
