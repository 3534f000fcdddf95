"""A node, its executor and the one thread that spins it, with a bridge to asyncio."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rclpy.executors import ExternalShutdownException, ShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.task import Future

from taskmatrix_ros.ros.ros_context import RosContext

_log = logging.getLogger(__name__)
T = TypeVar("T")


class NodeThread:
    """Spins one node. rclpy objects of that node are touched in this thread only, by ``run`` and ``post``.

    rclpy registers a request after it has sent it, so a request sent from another thread than the spinning one can lose
    its answer; ``run`` is the way round that.
    """

    def __init__(
        self,
        ros: RosContext,
        name: str,
        *,
        namespace: str = "",
        parameters: Sequence[Parameter] = (),
        make: Callable[..., Node] = Node,
    ) -> None:
        """:param make: the node's class, ``LifecycleNode`` for one with transition services."""
        self._ros = ros
        self._name = name
        self._namespace = namespace
        self._parameters = list(parameters)
        self._make = make
        self._node: Node | None = None
        self._executor: SingleThreadedExecutor | None = None
        self._thread: threading.Thread | None = None
        self._closing = False
        self._pending: set[concurrent.futures.Future[Any]] = set()

    @property
    def node(self) -> Node:
        """The open node."""
        if self._node is None:
            raise RuntimeError(f"ros node '{self._name}' is not open")
        return self._node

    def open(self) -> Node:
        """Create the node and start to spin."""
        self._node = self._make(
            self._name,
            context=self._ros.context,
            namespace=self._namespace,
            parameter_overrides=self._parameters,
            allow_undeclared_parameters=True,
        )
        self._executor = SingleThreadedExecutor(context=self._ros.context)
        self._executor.add_node(self._node)
        self._closing = False
        self._thread = threading.Thread(target=self._spin, name=f"ros-{self._name}", daemon=True)
        self._thread.start()
        return self._node

    def close(self) -> None:
        """End the thread and destroy the node; what was pending fails with ``CancelledError``."""
        self._closing = True
        executor, thread, node = self._executor, self._thread, self._node
        if executor is not None:
            executor.create_task(lambda: None)
        if thread is not None:
            thread.join(timeout=5.0)
            if thread.is_alive():
                _log.error("ros node '%s': its thread did not end within 5 s", self._name)
        if executor is not None:
            executor.shutdown(timeout_sec=0)
        if node is not None:
            node.destroy_node()
        for future in tuple(self._pending):
            future.cancel()
        self._executor = self._thread = self._node = None

    def post(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Have a function called in the node's thread. Thread-safe; does not wait."""
        answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        executor = self._executor
        if executor is None or self._closing:
            answer.cancel()
            return answer
        self._pending.add(answer)
        answer.add_done_callback(self._pending.discard)

        def call() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(function())
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                answer.set_exception(error)

        executor.create_task(call)
        return answer

    async def run(self, function: Callable[[], T]) -> T:
        """Call a function in the node's thread and await what it returns."""
        return await asyncio.wrap_future(self.post(function))

    async def result(self, start: Callable[[], Future]) -> Any:
        """Call a function that returns an rclpy Future, in the node's thread, and await that future's result.

        Cancelling the wait does not recall what was started.
        """
        answer: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._pending.add(answer)
        answer.add_done_callback(self._pending.discard)

        def settle(done: Future) -> None:
            if not answer.set_running_or_notify_cancel():
                return
            error = done.exception()
            if error is not None:
                answer.set_exception(error)
            else:
                answer.set_result(done.result())

        def begin() -> None:
            try:
                start().add_done_callback(settle)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                answer.set_exception(error)

        self.post(begin)
        return await asyncio.wrap_future(answer)

    def complete(self, future: Future, value: Any) -> None:
        """Complete an rclpy Future that a server coroutine of this node awaits, so that it wakes. Thread-safe."""
        self.post(lambda: None if future.done() else future.set_result(value))

    def _spin(self) -> None:
        executor = self._executor
        assert executor is not None
        while not self._closing and self._ros.context.ok():
            try:
                executor.spin_once(timeout_sec=1.0)
            except (ExternalShutdownException, ShutdownException):
                return
            except Exception:  # noqa: BLE001 - one broken callback must not silence the rest
                _log.exception("ros node '%s': a callback failed; the node goes on", self._name)
