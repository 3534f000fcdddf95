"""A run's progress in the terminal: one line for each call, the last one live."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

MARKS = {
    "running": ("▸", "cyan"),
    "succeeded": ("✓", "green"),
    "pending": ("·", "dim"),
    "cancelled": ("■", "yellow"),
    "in_doubt": ("?", "yellow"),
}
FAILED = ("✗", "red")


class Timeline:
    """Draws what ``show`` is told. Where the console is no terminal, a line is printed when a call begins and ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._live: Live | None = None
        self._printed: dict[str, str] = {}
        self._stage = ""
        self._aside = False

    def __enter__(self) -> Timeline:
        self._draw()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.__exit__(None, None, None)
            self._live = None

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Draw nothing for a while, so that a person can type."""
        was_live = self._live is not None
        self.__exit__()
        self._aside = was_live
        try:
            yield
        finally:
            self._aside = False
            if was_live:
                self._draw()

    def _draw(self) -> None:
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=8, transient=False)
            self._live.__enter__()

    def show(self, stage: str, calls: list[dict[str, Any]]) -> None:
        """Draw a run. :param calls: ``CallStatus`` as plain values, its status and confirmation by name."""
        if self._aside:
            return
        if self._live is not None:
            lines = [self._line(call) for call in calls] or [Text(f"  {stage} …", style="dim")]
            self._live.update(Text("\n").join(lines))
            return
        if stage != self._stage and not calls:
            self._stage = stage
            self._console.print(f"{self._clock()} {stage} …", style="dim")
        for call in calls:
            if self._printed.get(call["call_id"]) != call["status"]:
                self._printed[call["call_id"]] = call["status"]
                self._console.print(self._line(call))

    def _line(self, call: dict[str, Any]) -> Text:
        mark, style = MARKS.get(call["status"], FAILED)
        line = Text(f"{self._clock()} ", style="dim")
        line.append(f"{mark} ", style=style)
        line.append(call_text(call), style="bold" if call["status"] == "running" else "")
        if call["status"] == "running":
            done = call["completion"]
            line.append(f"  {done:4.0%}" if done >= 0 else "", style="cyan")
            line.append(f"  {call['message']}" if call["message"] else "", style="dim")
        else:
            said = call["confirmation"] if call["confirmation"] != "none" else ""
            if call["status"] != "succeeded":
                said = f"{call['status']}: {call['message']}"
            line.append(f"  {said}", style=style)
        return line

    def _clock(self) -> str:
        return f"{time.monotonic() - self._began:6.1f} s"


def call_text(call: dict[str, Any]) -> str:
    """Give a call as it reads in code."""
    shown = ", ".join(f"{name}={value!r}" for name, value in call["arguments"].items() if value is not None)
    return f"{call['api']}({shown})"
