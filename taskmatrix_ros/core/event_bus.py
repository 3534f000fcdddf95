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
        self._listeners: list[tuple[Listener, Callable[[str], bool] | None]] = []
        self._wanted: dict[str, bool] = {}
        """What was asked before, by kind."""

    def listen(self, listener: Listener, wants: Callable[[str], bool] | None = None) -> Callable[[], None]:
        """Add a listener. :returns: the way to remove it; calling that twice does no harm.

        :param wants: says of a kind whether it is listened for; all are if left out. Where it says yes to what it said
            no to before, ``ask_again`` has to be called.
        """
        entry = (listener, wants)
        self._listeners.append(entry)
        self._wanted.clear()

        def undo() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)
                self._wanted.clear()

        return undo

    def wanted(self, kind: str) -> bool:
        """Whether anybody listens for events of that kind: what is told often is made only then."""
        known = self._wanted.get(kind)
        if known is None:
            known = self._wanted[kind] = any(wants is None or wants(kind) for _, wants in self._listeners)
        return known

    def ask_again(self) -> None:
        """Somebody listens for other kinds now."""
        self._wanted.clear()

    def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener, wants in tuple(self._listeners):
            if wants is not None and not wants(event.kind):
                continue
            try:
                listener(event)
            except Exception:  # noqa: BLE001 - a listener may fail in any way
                _log.exception("listener %r failed on event %s; it stays subscribed", listener, event.kind)
