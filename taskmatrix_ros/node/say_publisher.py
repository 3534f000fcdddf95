"""What the home says, on the topic ``say``: for whatever speaks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from std_msgs.msg import String

from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread

SAID = "said"


class SayPublisher:
    """Publishes the text of every event ``said`` as ``std_msgs/String``."""

    def __init__(self, thread: NodeThread, events: EventBus) -> None:
        self._thread = thread
        self._events = events
        self._entities = NodeEntities(thread)
        self._publisher: Any = None
        self._undo: Callable[[], None] | None = None

    async def open(self) -> None:
        """Create the topic and listen."""
        self._publisher = await self._entities.create(lambda node: node.create_publisher(String, "say", 10))
        self._undo = self._events.listen(self._hear)

    async def close(self) -> None:
        """Listen no more."""
        if self._undo is not None:
            self._undo()
            self._undo = None
        self._publisher = None
        await self._entities.close()

    def _hear(self, event: Event) -> None:
        if event.kind == SAID:
            message = String(data=str(event.data.get("text", "")))
            self._thread.post(lambda: self._publisher.publish(message) if self._publisher else None)
