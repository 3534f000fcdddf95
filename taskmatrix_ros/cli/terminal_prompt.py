"""Asks on the terminal without holding up the loop."""

from __future__ import annotations

import asyncio
import os
import sys
import termios


def can_ask() -> bool:
    """Whether a person sits at standard input and sees standard error."""
    return sys.stdin.isatty() and sys.stderr.isatty()


async def ask_line(prompt: str) -> str | None:
    """Read a line from the terminal. Cancelling it leaves the terminal as it was.

    What was typed before the prompt is thrown away: nobody says yes to what they have not seen.

    :returns: the line without its end; None where the person closed the input.
    """
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()
    line: asyncio.Future[str | None] = loop.create_future()

    def read() -> None:
        raw = os.read(descriptor, 4096)  # a terminal gives one line at a time
        if not line.done():
            line.set_result(raw.decode(errors="replace").rstrip("\r\n") if raw else None)

    termios.tcflush(descriptor, termios.TCIFLUSH)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop.add_reader(descriptor, read)
    try:
        return await line
    finally:
        loop.remove_reader(descriptor)
