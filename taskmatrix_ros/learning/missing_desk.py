"""Hears of wishes that no API document fulfils, and keeps them for those who write documents."""

from __future__ import annotations

import logging
from collections.abc import Callable

from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.store.missing_apis import MissingApiStore

KIND = "api_missing"

_log = logging.getLogger(__name__)


class MissingDesk:
    """Listens to events; what cannot be written is only logged: it is no reason to fail a run."""

    def __init__(self, store: MissingApiStore, events: EventBus) -> None:
        self._store = store
        self._events = events

    def follow(self) -> Callable[[], None]:
        """Begin to listen. :returns: the way to end it."""
        return self._events.listen(self._hear, lambda kind: kind == KIND)

    def _hear(self, event: Event) -> None:
        try:
            for wanted in event.data["steps"]:
                self._store.add(str(wanted), event.run_id, event.at)
        except ConfigError as error:
            _log.warning("what no API does is not kept: %s", error.message)
