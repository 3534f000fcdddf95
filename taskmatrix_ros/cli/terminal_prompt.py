"""Asks on the terminal without holding up the loop."""

from __future__ import annotations

import asyncio
import sys


def can_ask() -> bool:
    """Whether a person sits at standard input and sees standard error."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask_line(prompt: str) -> str | None:
    """Read a line from the terminal. Cancelling it leaves the terminal as it was.

    :returns: it without its end; None where the person closed the input.
    """
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def read() -> None:
        text = sys.stdin.readline()
        if not line.done():
            line.set_result(text.rstrip("\r\n") if text else None)

    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop.add_reader(sys.stdin.fileno(), read)
    try:
        return await line
    finally:
        loop.remove_reader(sys.stdin.fileno())
