"""One sandbox per test module, and no worker left behind."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from home_documents import Shelf
from leaks import Leaks

from taskmatrix_ros.executor.interpreter import Interpreter
from taskmatrix_ros.executor.verifier import Verifier


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


@pytest.fixture(scope="module")
def runner(leaks: Leaks) -> Iterator[asyncio.Runner]:
    """An event loop that the tests of a module share, as the sandbox's pool belongs to one."""
    known = workers()
    with leaks.long_lived("monty subprocess", "sandbox-"), asyncio.Runner() as runner:
        yield runner
    assert not until_no_workers_but(known), "a sandbox worker outlived its pool"


@pytest.fixture(scope="module")
def interpreter(runner: asyncio.Runner) -> Iterator[Interpreter]:
    interpreter = Interpreter()
    runner.run(interpreter.open())
    yield interpreter
    runner.run(interpreter.close())


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def verifier(shelf: Shelf, interpreter: Interpreter) -> Verifier:
    return Verifier(shelf, interpreter)
