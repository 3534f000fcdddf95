"""A line from a real terminal, without holding up the loop."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import select
import sys
from collections.abc import Iterator

import pytest

from taskmatrix_ros.cli.terminal_prompt import ask_line, can_ask


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a terminal that a person types on."""
    person, program = pty.openpty()
    with os.fdopen(program, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield person
    os.close(person)


async def typed(keyboard: int, raw: bytes) -> str | None:
    """Ask, and type once the question is there."""
    shown = asyncio.ensure_future(ask_line("y/N: "))
    await asyncio.sleep(0)  # it begins
    os.write(keyboard, raw)
    async with asyncio.timeout(60):
        return await shown


def test_one_line_answers_one_question(keyboard: int) -> None:
    async def main() -> None:
        assert await typed(keyboard, "grün\n".encode()) == "grün"
        assert await typed(keyboard, b"\n") == ""
        assert await typed(keyboard, b"y\ny\n") == "y"
        assert await typed(keyboard, b"\x04") is None  # Ctrl-D

    asyncio.run(main())


def test_what_was_typed_before_the_question_is_no_answer(keyboard: int) -> None:
    async def main() -> None:
        os.write(keyboard, b"y\n")
        assert select.select([sys.stdin], [], [], 60)[0]
        assert await typed(keyboard, b"n\n") == "n"

    asyncio.run(main())


def test_a_question_can_be_taken_back(keyboard: int) -> None:
    async def main() -> None:
        asking = asyncio.ensure_future(ask_line("> "))
        await asyncio.sleep(0)  # it begins
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await typed(keyboard, b"later\n") == "later"

    asyncio.run(main())


def test_only_a_terminal_can_be_asked(keyboard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert can_ask()
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert not can_ask()
