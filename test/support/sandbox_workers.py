"""Worker processes of the sandbox that live."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path


def workers() -> set[int]:
    """Process ids of this process's sandbox workers that live."""
    return set(_computed())


async def until_one_computes(for_s: float = 0.05) -> None:
    """Wait until some worker has computed for so many seconds of its processor from now on."""
    before = _computed()
    async with asyncio.timeout(60):
        while not any(spent_s - before.get(pid, 0.0) >= for_s for pid, spent_s in _computed().items()):
            await asyncio.sleep(0.005)


def until_no_workers_but(known: set[int], within_s: float = 60.0) -> set[int]:
    """Wait for the rest to end. :returns: those that did not."""
    deadline = time.monotonic() + within_s
    while (left := workers() - known) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left


def _computed() -> dict[int, float]:
    """Give the seconds of a processor that each worker that lives has used."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except OSError:
            continue
        state, parent, *more = rest.split()
        if int(parent) == os.getpid() and "monty" in name and state != "Z":
            found[int(folder.name)] = (int(more[9]) + int(more[10])) / os.sysconf("SC_CLK_TCK")
    return found
