"""One process owns the file."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError


class InstanceLock:
    """An advisory lock on a file beside the database; the kernel lifts it when its process dies in any way.

    The lock is not on the database itself: closing any descriptor of it would drop the locks SQLite holds there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock or say who has it.

        :raises ConfigError: another process has it.
        :raises OSError: the file cannot be made.
        """
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise ConfigError(
                f"store '{self._path.with_suffix('')}' is in use by process {owner};"
                " end that one, or give this one a file of its own"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would race with the next owner."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
