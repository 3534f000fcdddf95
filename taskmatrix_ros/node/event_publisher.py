"""Facts of the node on the ``events`` topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskmatrix_interfaces.msg import Event as EventMessage
from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.node.messages import event_message
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread


class EventPublisher:
    """Publishes every event of the bus."""

    def __init__(self, thread: NodeThread, events: EventBus) -> None:
        self._thread = thread
        self._events = events
        self._entities = NodeEntities(thread)
        self._publisher: Any = None
        self._undo: Callable[[], None] | None = None

    async def open(self) -> None:
        """Create the topic and listen."""
        self._publisher = await self._entities.create(lambda node: node.create_publisher(EventMessage, "events", 100))
        self._undo = self._events.listen(self._publish)

    async def close(self) -> None:
        """Listen no more."""
        if self._undo is not None:
            self._undo()
            self._undo = None
        self._publisher = None
        await self._entities.close()

    def _publish(self, event: Event) -> None:
        message = event_message(event)
        self._thread.post(lambda: self._publisher.publish(message) if self._publisher else None)
