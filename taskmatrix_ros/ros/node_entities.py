"""Publishers, subscriptions, services, clients and actions of one part, destroyed together when the part closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.client import Client
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.service import Service
from rclpy.subscription import Subscription

from taskmatrix_ros.ros.node_thread import NodeThread

T = TypeVar("T")

_DESTROYED_BY_NODE: tuple[tuple[type, Callable[[Node, Any], bool]], ...] = (
    (Publisher, Node.destroy_publisher),
    (Subscription, Node.destroy_subscription),
    (Service, Node.destroy_service),
    (Client, Node.destroy_client),
)


class NodeEntities:
    """Creates rclpy entities in the node's thread and remembers them."""

    def __init__(self, thread: NodeThread) -> None:
        self._thread = thread
        self._entities: list[Any] = []

    async def create(self, make: Callable[[Node], T]) -> T:
        """Call ``make`` with the node, in the node's thread, and keep what it returns."""

        def call() -> T:
            entity = make(self._thread.node)
            self._entities.append(entity)
            return entity

        return await self._thread.run(call)

    async def destroy(self, entity: Any) -> None:
        """Destroy one before the others."""
        await self._thread.run(lambda: self._destroy(entity))

    async def close(self) -> None:
        """Destroy all, newest first."""
        await self._thread.run(lambda: [self._destroy(entity) for entity in reversed(tuple(self._entities))])

    def _destroy(self, entity: Any) -> None:
        self._entities.remove(entity)
        for kind, destroy in _DESTROYED_BY_NODE:
            if isinstance(entity, kind):
                destroy(self._thread.node, entity)
                return
        entity.destroy()
