"""A worker of the sandbox with one program on it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic_monty import FunctionSnapshot, Monty, MontyError, MontySession, ResourceLimits, SyncSnapshot

from taskmatrix_ros.executor.sandbox.sandbox_thread import SandboxThread

_log = logging.getLogger(__name__)


class Desk:
    """A worker with one program on it, and the thread that waits for it."""

    def __init__(
        self,
        pool: Monty,
        thread: SandboxThread,
        limits: ResourceLimits,
        gave_back: Callable[[], None],
        *,
        quick: bool,
        warm: bool,
    ) -> None:
        """:param quick: the loop waits for the worker by itself, as long as no thread has to.

        :param warm: a worker is there; otherwise a thread waits for its process to start.
        """
        self._pool = pool
        self._thread = thread
        self._limits = limits
        self._gave_back = gave_back
        self._is_quick = quick
        self._in_thread = not quick or not warm
        """Whether a thread may be at it now."""
        self._session: MontySession | None = None
        self._left = False

    async def begin(self, source: str, **settings: Any) -> SyncSnapshot:
        """Start a program and run it to its first stop."""
        if not self._in_thread:
            return self._enter(settings).feed_start(source, print_callback=_swallow)
        snapshot = await self._thread.call(lambda: self._enter(settings).feed_start(source, print_callback=_swallow))
        self._in_thread = not self._is_quick
        return snapshot

    async def go_on(self, function: FunctionSnapshot, answer: Any) -> SyncSnapshot:
        """Answer a stop and run on to the next."""
        if self._is_quick:
            return function.resume(answer)
        return await self._thread.call(partial(function.resume, answer))

    async def take_up(self, state: bytes) -> FunctionSnapshot:
        """Load a program that was put away."""
        snapshot = await self._thread.call(lambda: self._enter({}).load_snapshot(state, print_callback=_swallow))
        assert isinstance(snapshot, FunctionSnapshot)
        return snapshot

    def put_away(self, function: FunctionSnapshot) -> asyncio.Future[bytes | None]:
        """Keep the program's state, and leave. The answer is None, and nothing is left, where it cannot be kept."""

        def dump() -> bytes | None:
            try:
                return function.dump()
            except MontyError:
                _log.warning("a waiting program could not be parked; it keeps its worker", exc_info=True)
                return None

        self._in_thread = True
        kept = self._thread.call(dump)
        kept.add_done_callback(lambda done: None if done.cancelled() or done.result() is None else self.leave())
        return kept

    def leave(self) -> None:
        """Give the worker back once it has ended what it computes; does not wait for that."""
        if self._left:
            return
        self._left = True
        if not self._in_thread:
            self._exit()
            self._gave_back()
            return
        self._thread.call(self._exit).add_done_callback(lambda _done: self._gave_back())

    def _enter(self, settings: Mapping[str, Any]) -> MontySession:
        session = self._pool.checkout(
            script_name="action_code.py",
            limits=self._limits,
            assert_message_annotations=False,
            os_policy={"sleep": "call_host", "datetime": "call_host", "random_start": "call_host"},
            **settings,
        )
        self._session = session.__enter__()
        return self._session

    def _exit(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.__exit__(None, None, None)
        except MontyError:
            _log.debug("a sandbox session ended badly", exc_info=True)


def _swallow(_stream: str, _text: str) -> None:
    """Verified code does not print; what else might must not reach the host's terminal."""
