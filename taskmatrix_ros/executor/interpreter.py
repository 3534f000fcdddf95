"""The sandbox: action code runs in a worker process and stops at every external call.

A worker that waits or is idle ends when its pipe closes, so also when this process is killed; one that computes ends at
``compute_s`` at the latest.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic_monty import (
    AsyncFunctionSnapshot,
    AsyncMonty,
    AsyncMontySession,
    AsyncSnapshot,
    MontyComplete,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    MontyTypingError,
    ResourceLimits,
)

from taskmatrix_ros.core.errors import BudgetExceeded, CallError, ConfigError, ProgramFailed, RunError
from taskmatrix_ros.executor.call_errors import exception_of
from taskmatrix_ros.executor.source_map import CallSite, call_sites

_log = logging.getLogger(__name__)

START = "code_starts_here"
"""A name of ours: the type checker's session stops at it before a line of the code has run."""

_SPENT = {
    "feed time limit exceeded": "computed longer than {0.compute_s:g} s without a call",
    "turn time limit exceeded": "computed longer than {0.compute_s:g} s without a call",
    "memory limit exceeded": "needed more than {0.memory_mb:g} MB",
    "exceeded its memory limit": "needed more than {0.memory_mb:g} MB",
    "suspension limit": "stopped for the host more than {0.suspensions} times",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What action code may use up. ``compute_s``: own computing between two calls, in seconds."""

    compute_s: float = 2.0
    memory_mb: float = 32.0
    recursion: int = 100
    suspensions: int = 1000
    park_after_s: float = 1.0
    """A call that takes longer gives its worker back meanwhile."""


@dataclass(frozen=True, slots=True)
class ExternalCall:
    """A call as the code made it."""

    site: CallSite
    positional: tuple[Any, ...]
    arguments: Mapping[str, Any]


Host = Callable[[ExternalCall], Awaitable[Any]]
"""Performs a call. A ``CallError`` it raises is an exception in the code; anything else ends the interpreter."""


class Interpreter:
    """A pool of workers, shared by verifier, rehearsal and runner."""

    def __init__(self, limits: Limits | None = None, *, workers: int = 4) -> None:
        """:param workers: at most so many processes; a run that waits for a call holds none."""
        self.limits = limits or Limits()
        self._workers = workers
        self._pool: AsyncMonty | None = None

    async def open(self) -> None:
        """Start the first worker.

        :raises ConfigError: the sandbox's program is not installed.
        """
        pool = AsyncMonty(
            min_processes=1,
            max_processes=self._workers,
            checkout_timeout=30.0,
            request_timeout=self.limits.compute_s + 10.0,
        )
        try:
            await pool.__aenter__()
        except (OSError, RuntimeError, MontyError) as error:
            raise ConfigError(f"action code cannot run: {error}; install pydantic-monty==1.4.*") from error
        self._pool = pool

    async def close(self) -> None:
        """End every worker. May be called after a failed or no ``open``."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    async def check_types(self, source: str, stubs: str) -> tuple[Mapping[str, Any], ...]:
        """Type-check code without running any of it.

        :returns: the checker's findings, as it gives them in JSON; lines count from 2, the first is ours.
        :raises RunError: the checker crashed, came to no end or no worker came free; nothing is said about the code.
        """
        stubs = f"{stubs}\ndef {START}() -> None: ...\n"
        async with self._session(type_check=True, type_check_stubs=stubs, type_check_format="json") as session:
            try:
                snapshot = await session.feed_start(f"{START}()\n{source}", print_callback=_swallow)
            except MontyTypingError as error:
                return tuple(json.loads(error.display()))
            except MontyError as error:
                if isinstance(error.exception(), SyntaxError | NotImplementedError):
                    return (_unsupported(error),)
                raise RunError(f"the type checker failed: {error}", code="CHECKER") from error
        if not isinstance(snapshot, AsyncFunctionSnapshot) or snapshot.function_name != START:
            raise RunError(
                "the type checker did not stop before the code; this version of it is unknown", code="CHECKER"
            )
        return ()

    async def run(self, source: str, apis: Collection[str], host: Host) -> None:
        """Run code to its end.

        :param apis: names that are external calls; only those, and only where the source calls them by name.
        :raises CallError: one that the code did not handle.
        :raises ProgramFailed: the code itself raised, or reached for what no verified code reaches.
        :raises BudgetExceeded: time, memory or suspensions are spent. The code cannot catch it.
        :raises Exception: whatever else ``host`` raises, also ``CancelledError``; the interpreter is left at once.
        """
        execution = _Execution(self, call_sites(source, apis), host)
        try:
            await execution.run(source)
        except MontyError as error:
            execution.raise_for(error)

    @asynccontextmanager
    async def _session(self, **settings: Any) -> AsyncIterator[AsyncMontySession]:
        session = await self.enter_session(**settings)
        try:
            yield session
        finally:
            await session.__aexit__(None, None, None)

    async def enter_session(self, **settings: Any) -> AsyncMontySession:
        """Take a worker out of the pool.

        :raises RunError: none came free in time, or the interpreter is not open.
        """
        if self._pool is None:
            raise RunError("the interpreter is not open; call open() first", code="CLOSED")
        limits: ResourceLimits = {
            "max_feed_duration_secs": None,
            "max_turn_duration_secs": self.limits.compute_s,
            "max_memory": int(self.limits.memory_mb * 1_000_000),
            "max_recursion_depth": self.limits.recursion,
            "max_suspensions": self.limits.suspensions,
            "max_total_sleep_secs": 0.0,
        }
        session = self._pool.checkout(
            script_name="action_code.py",
            limits=limits,
            assert_message_annotations=False,
            os_policy={"sleep": "call_host", "datetime": "call_host", "random_start": "call_host"},
            **settings,
        )
        try:
            return await session.__aenter__()
        except TimeoutError as error:
            message = f"all {self._workers} workers are busy; try again later"
            raise RunError(f"action code cannot run: {message}", code="BUSY") from error


class _Execution:
    """One program on its way through a worker, or through several when it is parked in between."""

    def __init__(self, interpreter: Interpreter, sites: Mapping[tuple[int, int], CallSite], host: Host) -> None:
        self._interpreter = interpreter
        self._sites = sites
        self._host = host
        self._session: AsyncMontySession | None = None
        self._parked: bytes | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._raised: list[tuple[Exception, CallError]] = []

    async def run(self, source: str) -> None:
        try:
            self._session = await self._interpreter.enter_session()
            snapshot: AsyncSnapshot = await self._session.feed_start(source, print_callback=_swallow)
            while not isinstance(snapshot, MontyComplete):
                call, function = self._call(snapshot)
                answer = await self._answer(call, function)
                if self._parked is not None:
                    function = await self._unpark(self._parked)
                snapshot = await function.resume(answer)
        finally:
            await self._leave()

    def raise_for(self, error: MontyError) -> NoReturn:
        """Say in our own errors how the program ended."""
        text = str(error)
        limits = self._interpreter.limits
        if isinstance(error, MontyCrashedError):
            if error.timed_out:
                raise BudgetExceeded(f"the code did not answer within {limits.compute_s:g} s of computing") from error
            raise BudgetExceeded(f"the code ended its worker process: {text}") from error
        inner = error.exception()
        for exception, call_error in reversed(self._raised):
            if type(exception) is type(inner) and str(exception) == str(inner):
                raise call_error
        for mark, what in _SPENT.items():
            if mark in text and isinstance(inner, TimeoutError | MemoryError | RuntimeError):
                raise BudgetExceeded(f"the code {what.format(limits)}; make it shorter") from error
        frames = error.traceback() if isinstance(error, MontyRuntimeError) else []
        place = f"line {frames[-1].line}: " if frames else ""
        raise ProgramFailed(f"the code raised at {place}{type(inner).__name__}: {inner}") from error

    def _call(self, snapshot: AsyncSnapshot) -> tuple[ExternalCall, AsyncFunctionSnapshot]:
        position = snapshot.position  # type: ignore[union-attr]
        site = self._sites.get((position.start, position.end))
        if (
            not isinstance(snapshot, AsyncFunctionSnapshot)
            or snapshot.is_os_function
            or snapshot.object_id is not None
            or position.filename != "<python-input-0>"
            or site is None
            or site.api != snapshot.function_name
        ):
            variable = getattr(snapshot, "variable_name", None)
            if variable is not None and all(variable != known.api for known in self._sites.values()):
                raise ProgramFailed(f"the code reached for {variable!r}, which has no value; assign it on every path")
            wanted = getattr(snapshot, "function_name", variable or "a future")
            raise ProgramFailed(
                f"the code reached for {wanted!r} where the source calls no API; nothing was sent", code="NOT_VERIFIED"
            )
        return ExternalCall(site, snapshot.args, snapshot.kwargs), snapshot

    async def _answer(self, call: ExternalCall, function: AsyncFunctionSnapshot) -> Any:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._interpreter.limits.park_after_s, self._park, function)
        try:
            return {"return_value": await self._host(call)}
        except CallError as error:
            exception = exception_of(error)
            self._raised.append((exception, error))
            return {"exception": exception}
        finally:
            timer.cancel()

    def _park(self, function: AsyncFunctionSnapshot) -> None:
        """Keep the program's state and give its worker to others while a call takes long."""
        if self._session is None:
            return
        try:
            self._parked = function.dump()
        except MontyError:
            _log.warning("a waiting program could not be parked; it keeps its worker", exc_info=True)
            return
        session, self._session = self._session, None
        self._leaving = asyncio.ensure_future(session.__aexit__(None, None, None))

    async def _unpark(self, state: bytes) -> AsyncFunctionSnapshot:
        self._parked = None
        await self._leave()
        self._session = await self._interpreter.enter_session()
        snapshot = await self._session.load_snapshot(state, print_callback=_swallow)
        assert isinstance(snapshot, AsyncFunctionSnapshot)
        return snapshot

    async def _leave(self) -> None:
        session, self._session = self._session, None
        leaving, self._leaving = self._leaving, None
        if leaving is not None:
            await leaving
        if session is not None:
            await session.__aexit__(None, None, None)


def _unsupported(error: MontyError) -> Mapping[str, Any]:
    """Report a construct that the checker knows and the sandbox does not, in the checker's form."""
    frames = error.traceback() if isinstance(error, MontyRuntimeError | MontySyntaxError) else []
    place = {"row": frames[-1].line, "column": frames[-1].column} if frames else {}
    return {"name": "unsupported", "severity": "error", "message": str(error.exception()), "location": place}


def _swallow(_stream: str, _text: str) -> None:
    """Verified code does not print; what else might must not reach the host's terminal."""
