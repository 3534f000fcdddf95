"""A home folder for one of several processes that share a test run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

FOLDERS = {
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "XDG_RUNTIME_DIR": "run",
    "ROS_LOG_DIR": "ros-log",
}


class WorkerHome:
    """Becomes this process's home when it is made."""

    def __init__(self) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="taskmatrix-test-home-"))
        os.environ["HOME"] = str(self._home)
        for variable, folder in FOLDERS.items():
            (self._home / folder).mkdir(mode=0o700)
            os.environ[variable] = str(self._home / folder)

    def remove(self) -> None:
        """Delete it; nothing of this process may need it any more."""
        shutil.rmtree(self._home, ignore_errors=True)
