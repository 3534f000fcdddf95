"""One sandbox per test module, and no worker left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import Bench
from home_documents import Shelf
from leaks import Leaks
from ledger import Ledger
from sandbox_workers import until_no_workers_but, workers

from taskmatrix_ros.executor.sandbox.interpreter import Interpreter
from taskmatrix_ros.executor.verification.verifier import Verifier


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
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An audit log in a folder of its own; it is closed if a test left it open."""
    ledger = Ledger(tmp_path)
    yield ledger
    if hasattr(ledger, "log"):
        ledger.close()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def verifier(shelf: Shelf, interpreter: Interpreter) -> Verifier:
    return Verifier(shelf, interpreter)


@pytest.fixture
def bench(interpreter: Interpreter) -> Bench:
    """A runner among devices in memory, for one test."""
    return Bench(interpreter)
