"""The time of an event loop, which a test moves on."""

from __future__ import annotations

import asyncio


def let_pass(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Have the loop believe that so many seconds have passed: all that waits in it for a moment within them is due.

    Everything else, sandbox workers and other clocks among it, is as it was. The loop stays ahead.
    """
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


async def turns(count: int = 50) -> None:
    """Let the loop turn so often: whatever can go on without waiting for time, a thread or a peer has gone on."""
    for _ in range(count):
        await asyncio.sleep(0)
