"""A small file that says that the stop latch holds, written by whatever thread stopped."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError


class StopMarker:
    """The latch's second place beside the journal, which one thread owns: that one may be busy, this file never is.

    Every method is for any thread, one at a time. A file that is there but cannot be read counts as a stop.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, reason: str) -> None:
        """Say that it holds, and why. It outlives kill -9 and loss of power once this has returned.

        :raises OSError: the disk does not take it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_name(self._path.name + ".new")
        with new.open("w", encoding="utf-8", errors="replace") as file:
            file.write(reason)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        self._sync_folder()

    def remove(self) -> None:
        """Say that it does not hold.

        :raises OSError: the file stays, and so does the stop after a restart.
        """
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
            self._sync_folder()

    def read(self) -> str | None:
        """Give the reason, or None if the file says nothing of a stop.

        :raises ConfigError: nobody can tell, so the latch must hold.
        """
        try:
            return self._path.read_text(encoding="utf-8", errors="replace") or "stop"
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(
                f"stop marker '{self._path}' cannot be read: {error.strerror}; mend that, then rearm"
            ) from error

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
