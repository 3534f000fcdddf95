"""Runs a program's coroutine to its end, or to SIGINT or SIGTERM, with an orderly close either way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

INTERRUPTED = 130
"""Exit status of a program ended by Ctrl-C, as shells count."""


def run_until_signal(program: Coroutine[Any, Any, T]) -> T | None:
    """Run a coroutine; the first signal cancels it, so that its ``finally`` and exit stacks close what they opened.

    A second signal while it closes is ignored: half a clean-up leaves more behind than a slow one.

    :returns: what it returns, or None if a signal ended it.
    """

    async def main() -> T | None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(program)
        signalled = False

        def end() -> None:
            nonlocal signalled
            if not signalled:
                signalled = True
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, end)
        try:
            return await task
        except asyncio.CancelledError:
            if signalled:
                return None
            raise

    return asyncio.run(main())
