"""Where a home without ROS is reached: a socket in the user's own runtime folder, one for each profile."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError

MAX_LINE = 16 * 2**20
"""Bytes of one message."""


def socket_folder() -> Path:
    """Give the folder, which nobody else may enter.

    :raises ConfigError: somebody else owns it, or may enter it.
    """
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "taskmatrix" if base else Path("/tmp") / f"taskmatrix-{os.getuid()}"  # noqa: S108 - checked
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigError(f"{folder} is open to others; remove it, or set XDG_RUNTIME_DIR to a folder of your own")
    return folder


def socket_file(profile: str) -> Path:
    """Give the path of a profile's socket."""
    return socket_folder() / f"{Path(profile).stem}.sock"


def sockets() -> tuple[Path, ...]:
    """Give the sockets there are, of homes that run or ran."""
    return tuple(sorted(socket_folder().glob("*.sock")))
