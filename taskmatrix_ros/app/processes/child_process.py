"""A process of a profile: started in a session of its own, ready when it says so, gone when we are."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.parent_death import PARENT_VARIABLE

READY = "ready:"
"""A child says in a line with this word that it serves."""

READY_S = 180.0
"""So long a start may take: everything starts at once, and a machine may be slow. What cannot start ends by itself."""

INTERRUPT_S = 5.0
TERMINATE_S = 3.0


class ChildProcess:
    """Starts, watches and ends one program. Its output goes to a log file."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log_folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        ready_within_s: float = READY_S,
        is_ready: Callable[[str], bool] = lambda line: READY in line,
    ) -> None:
        """:param is_ready: says of a line of its output whether it tells that the program serves."""
        self.name = name
        self.log_file = log_folder / f"{name}.log"
        self._argv = tuple(argv)
        self._environment = dict(environment or {})
        self._ready_within_s = ready_within_s
        self._is_ready = is_ready
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._tail: deque[str] = deque(maxlen=20)
        self._ended = "nothing: it was not started"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def open(self) -> float:
        """Start it and wait until it is ready.

        :returns: seconds it took.
        :raises ConfigError: it ended, or was not ready in time; says its last line and where its log is.
        """
        began = time.monotonic()
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._ready.clear()
        self._tail.clear()
        self._process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self._environment, PARENT_VARIABLE: str(os.getpid()), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read(self._process), name=f"log-{self.name}")
        ready = asyncio.create_task(self._ready.wait())
        ended = asyncio.create_task(self._process.wait())
        try:
            await asyncio.wait({ready, ended}, timeout=self._ready_within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (ready, ended):
                task.cancel()
        if not self._ready.is_set():
            was_ended = ended.done()
            what = f"ended with {self.ending}" if was_ended else f"was not ready within {self._ready_within_s:g} s"
            if was_ended:
                await self._reader
            last = next((line for line in reversed(self._tail) if line.strip()), "it said nothing")
            await self.close()
            if not was_ended:
                self._ended = f"no start within {self._ready_within_s:g} s"
            raise ConfigError(f"{self.name} {what}: {last.strip()}; its log is {self.log_file}")
        return time.monotonic() - began

    async def wait(self) -> str:
        """Wait for its end. :returns: how it ended, in words; at once if it does not run."""
        if self._process is not None:
            await self._process.wait()
        return self.ending

    @property
    def ending(self) -> str:
        """How it ended: ``status 1``, ``SIGKILL``; the last time, if it was started again."""
        if self._process is None:
            return self._ended
        code = self._process.returncode
        if code is None:
            return "nothing: it runs"
        return signal.Signals(-code).name if code < 0 else f"status {code}"

    async def close(self) -> None:
        """Interrupt it, terminate it if that does not help, kill it if that does not; with all it has started."""
        process = self._process
        if process is None:
            return
        for number, patience_s in ((signal.SIGINT, INTERRUPT_S), (signal.SIGTERM, TERMINATE_S), (signal.SIGKILL, 5.0)):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if number is signal.SIGKILL:
                    os.killpg(process.pid, number)  # what it has started holds its output open, which is waited for
                else:
                    process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience_s)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if self._reader is not None:
            await asyncio.gather(self._reader, return_exceptions=True)
        self._ended = self.ending
        self._process = None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self.log_file.open("ab") as log:
            async for raw in process.stdout:
                log.write(raw)
                log.flush()
                line = raw.decode(errors="replace").rstrip()
                self._tail.append(line)
                if self._is_ready(line):
                    self._ready.set()
