"""Topics into the state store, as the manifests' ``state`` says."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from taskmatrix_ros.core.api_document import StateSpec
from taskmatrix_ros.core.binding_spec import Ros2TopicSource, RosQos
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.state_store import StateStore
from taskmatrix_ros.ros.interface_types import interface_type
from taskmatrix_ros.ros.message_fields import field_type, read_field
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread
from taskmatrix_ros.ros.qos_profiles import qos_profile
from taskmatrix_ros.ros.ros_names import absolute_name

_log = logging.getLogger(__name__)


class TopicState:
    """One subscription per topic, however many keys it feeds."""

    def __init__(self, thread: NodeThread, namespace: str, state: StateStore) -> None:
        self._namespace = namespace
        self._state = state
        self._loop: asyncio.AbstractEventLoop | None = None
        self._entities = NodeEntities(thread)

    async def open(self, specs: Sequence[StateSpec]) -> None:
        """Subscribe what the specs name.

        :raises ConfigError: a type or a field does not exist, or one topic is given two types.
        """
        self._loop = asyncio.get_running_loop()
        topics: dict[tuple[str, str, RosQos], list[tuple[StateSpec, Ros2TopicSource]]] = defaultdict(list)
        for spec in specs:
            if not isinstance(spec.source, Ros2TopicSource):
                continue
            try:
                field_type(interface_type(spec.source.type), spec.source.path)
            except ConfigError as error:
                raise ConfigError(f"state '{spec.key}': {error}") from error
            name = absolute_name(self._namespace, spec.source.name)
            topics[name, spec.source.type, spec.source.qos].append((spec, spec.source))
            if spec.stale_after_s is not None:
                self._state.set_stale_after(spec.key, spec.stale_after_s)
        for (name, type_name, qos), fed in topics.items():
            hear = partial(self._hear, f"ros2:{name}", fed)
            kind, profile = interface_type(type_name), qos_profile(qos)
            await self._entities.create(
                lambda node, k=kind, n=name, h=hear, q=profile: node.create_subscription(k, n, h, q)  # type: ignore[misc]
            )

    async def close(self) -> None:
        """Unsubscribe."""
        self._loop = None
        await self._entities.close()

    def _hear(self, source: str, fed: Sequence[tuple[StateSpec, Ros2TopicSource]], message: Any) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        values = []
        for spec, origin in fed:
            value = read_field(message, origin.path)
            values.append((spec, None if value == origin.null_if else value))
        loop.call_soon_threadsafe(self._take, source, values)

    def _take(self, source: str, values: Sequence[tuple[StateSpec, Any]]) -> None:
        for spec, value in values:
            self._state.set(spec.key, value, source=source, unit=spec.unit)
