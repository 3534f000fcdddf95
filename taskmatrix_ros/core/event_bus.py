"""Facts, told to whoever listens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import Field

from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.ids import new_id
from taskmatrix_ros.core.outcome import utc_now

_log = logging.getLogger(__name__)


class Event(Frozen):
    """Something that happened; ``kind`` is past tense: ``run_started``, ``call_ended``, ``stop_latched``."""

    kind: str
    run_id: str = ""
    call_id: str = ""
    rule_id: str = ""
    data: dict[str, Any] = Field(default_factory=dict)
    id: str = Field(default_factory=new_id)
    at: datetime = Field(default_factory=utc_now)


Listener = Callable[[Event], None]


class EventBus:
    """Calls listeners in the order they came, in the loop's thread.

    One that raises is logged and does not stop the rest.
    """

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener. :returns: the way to remove it; calling that twice does no harm."""
        self._listeners.append(listener)

        def undo() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return undo

    def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a listener may fail in any way
                _log.exception("listener %r failed on event %s; it stays subscribed", listener, event.kind)
