"""Gazebo and its bridge as children of the adapter."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from taskmatrix_ros.core.parent_death import PARENT_VARIABLE

_PATIENCE_S = 4.0
_BETWEEN = "taskmatrix_ros.core.exec_with_parent"


class GazeboPrograms:
    """Starts programs that end with this process, in whatever way it ends. Their output goes where ours goes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start one.

        :param name: for a person.
        """
        process = subprocess.Popen(  # noqa: S603 - our own command lines, no shell
            [sys.executable, "-m", _BETWEEN, *command],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            env={**self._environment, PARENT_VARIABLE: str(os.getpid())},
        )
        self._running.append((name, process))

    def check(self) -> str | None:
        """Say which has ended, and how; None while all run."""
        for name, process in self._running:
            if (status := process.poll()) is not None:
                return f"gazebo: {name} ended with status {status}; its output is above"
        return None

    def close(self) -> None:
        """Interrupt them, then kill what does not end."""
        for number, patience_s in ((signal.SIGINT, _PATIENCE_S), (signal.SIGTERM, 1.0), (signal.SIGKILL, 2.0)):
            left = [process for _, process in self._running if process.poll() is None]
            for process in left:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
            until = time.monotonic() + patience_s
            for process in left:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, until - time.monotonic()))
        self._running.clear()
