"""Services whose answers are made in the loop, which owns what they ask about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future

from taskmatrix_ros.core.errors import TaskMatrixError
from taskmatrix_ros.ros.node_entities import NodeEntities
from taskmatrix_ros.ros.node_thread import NodeThread

_log = logging.getLogger(__name__)

Handler = Callable[[Any, Any], Awaitable[None]]
"""Fills the response for a request. An error of ours becomes ``error_code`` and ``message``."""


class LoopServices:
    """Offers services by handlers that run in the loop."""

    def __init__(self, thread: NodeThread) -> None:
        self._thread = thread
        self._entities = NodeEntities(thread)

    async def serve(self, kind: Any, name: str, handler: Handler) -> None:
        """Offer one. :param kind: the service's type."""
        loop = asyncio.get_running_loop()

        async def callback(request: Any, response: Any) -> Any:
            answered = Future()

            async def answer() -> None:
                try:
                    await handler(request, response)
                except TaskMatrixError as error:
                    response.success, response.error_code = False, error.error_code
                    response.message = error.message
                except Exception as error:  # noqa: BLE001 - the client must get an answer
                    _log.exception("service %s failed by a fault of the program", name)
                    response.success, response.error_code = False, "FAILED"
                    response.message = f"{name}: {error}"
                self._thread.complete(answered, response)

            asyncio.run_coroutine_threadsafe(answer(), loop)
            return await answered

        group = ReentrantCallbackGroup()
        await self._entities.create(lambda node: node.create_service(kind, name, callback, callback_group=group))

    async def close(self) -> None:
        """Withdraw them all."""
        await self._entities.close()
