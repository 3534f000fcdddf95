"""Takes changes of manifest files while everything runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from taskmatrix_ros.core.diagnostic import Diagnostic
from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.registry.registry import Registry

_log = logging.getLogger(__name__)


class ManifestWatch:
    """Looks at the files' times and sizes; what is the same at two looks is read, so that no half-written file is.

    A broken file is told, and its last good version stays.
    """

    def __init__(
        self,
        registry: Registry,
        files: Sequence[Path],
        events: EventBus,
        *,
        every_s: float,
        changed: Callable[[], None],
    ) -> None:
        """:param changed: called when documents have changed."""
        self._registry = registry
        self._files = tuple(files)
        self._events = events
        self._every_s = every_s
        self._changed = changed
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look."""
        if self._every_s > 0:
            self._task = asyncio.create_task(self._watch(), name="manifest-watch")

    async def close(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def _watch(self) -> None:
        taken = seen = self._registry.files_changed(self._files)
        while True:
            await asyncio.sleep(self._every_s)
            now = self._registry.files_changed(self._files)
            if now != taken and now == seen:
                taken = now
                self._take()
            seen = now

    def _take(self) -> None:
        before = self._registry.revision
        try:
            problems = self._registry.sync(self._files)
        except TaskMatrixError as error:
            _log.error("the manifests cannot be taken, and stay as they were: %s", error.message)
            self._events.publish(Event(kind="manifests_refused", data={"problems": [error.message]}))
            return
        except Exception:  # noqa: BLE001 - a fault of ours must not end the watch
            _log.exception("the manifests could not be taken by a fault of the program")
            return
        tell_problems(problems, self._events)
        if self._registry.revision != before:
            _log.info("the manifests have changed; revision %d", self._registry.revision)
            self._events.publish(Event(kind="apis_changed", data={"revision": self._registry.revision}))
            self._changed()


def tell_problems(problems: Sequence[Diagnostic], events: EventBus) -> None:
    """Say what is wrong with manifests, in the log and as one event."""
    for problem in problems:
        _log.error("%s", problem)
    if problems:
        lines = [str(problem) for problem in problems[:50]]
        events.publish(Event(kind="manifests_refused", data={"problems": lines, "count": len(problems)}))
