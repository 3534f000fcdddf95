"""All parts of one profile, put together: the only place that knows them all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from taskmatrix_ros.app.safety import Safety
from taskmatrix_ros.app.session import Session
from taskmatrix_ros.core.event_bus import EventBus
from taskmatrix_ros.core.ports import Binding, Catalogue
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.executor.stop_latch import StopLatch
from taskmatrix_ros.registry.registry import Registry
from taskmatrix_ros.selector.fts_selector import FtsSelector
from taskmatrix_ros.store.database import Database
from taskmatrix_ros.store.journal import SqliteJournal

_log = logging.getLogger(__name__)

MakeBindings = Callable[[Catalogue, StateStore], Sequence[Binding]]
"""Builds a profile's bindings, without I/O; none for a system that only plans."""


class System:
    """Opens in order, closes in reverse. Lives in the loop's thread."""

    def __init__(
        self, manifest_files: Sequence[Path], *, store_file: Path | None, make_bindings: MakeBindings = lambda *_: ()
    ) -> None:
        """:param store_file: the SQLite file; None keeps everything in memory."""
        self._manifest_files = tuple(manifest_files)
        self._make_bindings = make_bindings
        self._stack = AsyncExitStack()
        self._database = Database(store_file)
        self.events = EventBus()
        self.state = StateStore()
        self.registry = Registry()
        self.journal = SqliteJournal(self._database)
        self.latch: StopLatch
        self.selector: FtsSelector
        self.safety: Safety
        self.session: Session

    async def open(self) -> None:
        """Load, connect, recover.

        :raises ConfigError: a manifest, the store's file or a binding's setting is wrong; nothing stays open.
        """
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise

    async def close(self) -> None:
        """Cancel what runs and give everything back."""
        await self._stack.aclose()
