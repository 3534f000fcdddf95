"""Worker processes of the sandbox that live."""

from __future__ import annotations

import os
import time
from pathlib import Path


def workers() -> set[int]:
    """Process ids of this process's sandbox workers that live."""
    found = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            name, _, rest = (folder / "stat").read_text().rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == os.getpid() and "monty" in name and state != "Z":
            found.add(int(folder.name))
    return found


def until_no_workers_but(known: set[int], within_s: float = 3.0) -> set[int]:
    """Wait for the rest to end. :returns: those that did not."""
    deadline = time.monotonic() + within_s
    while (left := workers() - known) and time.monotonic() < deadline:
        time.sleep(0.01)
    return left
