"""When to tell what a run is doing: at its changes, a few times a second at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from taskmatrix_ros.app.runs.run_view import RunView
from taskmatrix_ros.core.event_bus import Event, EventBus

FEEDBACK_S = 0.1
"""Feedback goes out at most this often; the last state before the end always does, in the result."""


class RunTeller:
    """Tells once when it is made, then whenever the run or what it waits for changes. Lives in the loop's thread."""

    def __init__(self, view: RunView, events: EventBus, tell: Callable[[], None]) -> None:
        self._view = view
        self._tell = tell
        self._timer: asyncio.TimerHandle | None = None
        self._told_at_s = float("-inf")
        self._undo = (view.on_change(self._changed), events.listen(self._hear))
        self._changed()

    def close(self) -> None:
        """Say nothing more."""
        for undo in self._undo:
            undo()
        if self._timer is not None:
            self._timer.cancel()

    def _hear(self, event: Event) -> None:
        if event.run_id == self._view.episode.run_id and event.kind.startswith(("approval_", "question_")):
            self._changed()

    def _changed(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait_s = max(0.0, self._told_at_s + FEEDBACK_S - loop.time())
            self._timer = loop.call_later(wait_s, self._tell_now)

    def _tell_now(self) -> None:
        self._timer = None
        self._told_at_s = asyncio.get_running_loop().time()
        self._tell()
