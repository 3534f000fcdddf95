"""What a test leaves behind: threads, child processes, asyncio tasks."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

GRACE_S = 40.0
"""How long something that is ending may take to be gone."""

RUN_VARIABLE = "TASKMATRIX_TEST_RUN"
"""Every process that a test starts, and what that starts, inherits this mark of the run."""

_NEVER_LEAKS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""One per Python process, kept until it ends."""


@dataclass
class Leaks:
    """Compares what is there with what was there, and remembers tasks that a closing loop had to cancel."""

    allowed: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)

    def watch_tasks(self) -> None:
        """Note the tasks that are still pending when ``asyncio.run`` ends.

        It cancels them without a word. The hook is private to asyncio, so a Python without it goes unwatched.
        """
        original = getattr(asyncio.runners, "_cancel_all_tasks", None)
        if original is None:
            return

        def noting(loop: asyncio.AbstractEventLoop) -> None:
            test = os.environ.get("PYTEST_CURRENT_TEST", "between tests")
            pending = (task for task in asyncio.all_tasks(loop) if not task.done())
            self.tasks += [f"task {task.get_name()} of {task.get_coro()} ({test})" for task in pending]
            original(loop)

        asyncio.runners._cancel_all_tasks = noting  # type: ignore[attr-defined]

    @contextmanager
    def long_lived(self, *fragments: str) -> Iterator[None]:
        """Let threads and children live on whose name or command line holds one of ``fragments``.

        For a fixture of module or session scope whose peer starts them in the first test that uses it.
        """
        self.allowed += fragments
        try:
            yield
        finally:
            for fragment in fragments:
                self.allowed.remove(fragment)

    def present(self) -> dict[int, str]:
        """Give the threads and children there are: an identity and a description of each."""
        threads = {-(thread.ident or 0): f"thread {thread.name}" for thread in threading.enumerate()}
        return threads | {pid: f"process {pid} {command}" for pid, command in _children().items()}

    def since(self, before: dict[int, str]) -> list[str]:
        """Describe what came since ``before`` and stays, once the grace is over; end the children of it."""
        deadline = time.monotonic() + GRACE_S
        while (left := self._left(before)) and time.monotonic() < deadline:
            time.sleep(0.01)
        for identity in left:
            if identity > 0:
                with suppress(ProcessLookupError):
                    os.kill(identity, signal.SIGKILL)
        found = [*left.values(), *self.tasks]
        self.tasks.clear()
        return found

    def _left(self, before: dict[int, str]) -> dict[int, str]:
        tolerated = (*_NEVER_LEAKS, *self.allowed)
        return {
            identity: description
            for identity, description in self.present().items()
            if identity not in before and not any(fragment in description for fragment in tolerated)
        }


def left_by_run(run: str, within_s: float = GRACE_S) -> dict[int, str]:
    """Find every process that carries the mark of ``run``, orphans included, and still lives once the grace is over."""
    deadline = time.monotonic() + within_s
    while (left := processes_of_run(run)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def processes_of_run(run: str) -> dict[int, str]:
    """Find every living process that carries the mark of ``run``, orphans included, but for this one."""
    mark = f"{RUN_VARIABLE}={run}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            pid = int(folder.name)
            if pid != os.getpid() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found[pid] = _command(pid)
    return {pid: command for pid, command in found.items() if command and _NEVER_LEAKS[0] not in command}


def _children() -> dict[int, str]:
    pids = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            pids += [int(pid) for pid in task.read_text().split()]
    return {pid: command for pid in pids if (command := _command(pid))}


def _command(pid: int) -> str:
    """Give the command line of a process, its bare name while it has none; nothing for one that has ended."""
    folder = Path(f"/proc/{pid}")
    try:
        name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
        line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""
    return "" if rest.split()[0] in ("Z", "X") else line or f"[{name}]"
