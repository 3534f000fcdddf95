"""Events of the bus on a topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from taskmatrix_ros.core.event_bus import Event, EventBus
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread


class BusPublisher:
    """Publishes what is made of each event; of those that nothing is made of, nothing."""

    def __init__(
        self,
        thread: NodeThread,
        events: EventBus,
        topic: str,
        message_type: type,
        message_of: Callable[[Event], Any | None],
        *,
        depth: int,
    ) -> None:
        """:param depth: how many messages are kept for a listener that is slow."""
        self._thread = thread
        self._events = events
        self._topic = topic
        self._message_type = message_type
        self._message_of = message_of
        self._depth = depth
        self._entities = NodeEntities(thread)
        self._publisher: Any = None
        self._undo: Callable[[], None] | None = None

    async def open(self) -> None:
        """Create the topic and listen."""
        self._publisher = await self._entities.create(
            lambda node: node.create_publisher(self._message_type, self._topic, self._depth)
        )
        self._undo = self._events.listen(self._hear)

    async def close(self) -> None:
        """Listen no more."""
        if self._undo is not None:
            self._undo()
            self._undo = None
        self._publisher = None
        await self._entities.close()

    def _hear(self, event: Event) -> None:
        message = self._message_of(event)
        if message is not None:
            self._thread.post(lambda: self._publisher.publish(message) if self._publisher else None)
