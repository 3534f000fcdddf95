"""The sandbox: action code runs in a worker process and stops at every external call.

A worker that waits or is idle ends when its pipe closes, so also when this process is killed; one that computes ends at
``compute_s`` at the latest.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from pydantic_monty import (
    FunctionSnapshot,
    Monty,
    MontyComplete,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    MontyTypingError,
    ResourceLimits,
    SyncSnapshot,
)

from taskmatrix_ros.core.errors import BudgetExceeded, CallError, ConfigError, ProgramFailed, RunError
from taskmatrix_ros.executor.sandbox.call_errors import exception_of
from taskmatrix_ros.executor.sandbox.sandbox_desk import Desk
from taskmatrix_ros.executor.sandbox.sandbox_thread import SandboxThread
from taskmatrix_ros.executor.source.source_map import CallSite, call_sites
from taskmatrix_ros.executor.source.straight_line import straight_line

_log = logging.getLogger(__name__)

BUSY_S = 30.0
"""Seconds that a program waits for a worker."""

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
    quick_s: float = 0.02
    """Computing between two calls that the loop waits for itself; code that takes longer is moved to a thread."""
    quick_grace_s: float = 0.08
    """How long past ``quick_s`` a worker that does not look at its clock keeps the loop before it is killed."""


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
        """:param workers: at most so many programs are computed at once; one that waits for a call is not."""
        self.limits = limits or Limits()
        self._workers = workers
        self._quick: Monty | None = None
        self._patient: Monty | None = None
        self._threads: list[SandboxThread] = []
        self._free: asyncio.Queue[SandboxThread] = asyncio.Queue()
        self._at_work, self._started = {True: 0, False: 0}, {True: 1, False: 1}
        """By whether they are quick: workers that have a program, and those that were needed at once so far."""

    async def open(self) -> None:
        """Start the first workers.

        :raises ConfigError: the sandbox's program is not installed.
        """
        try:
            self._quick = self._pool(self.limits.quick_grace_s)
            self._patient = self._pool(1.0)
        except (OSError, RuntimeError, MontyError) as error:
            await self.close()
            raise ConfigError(f"action code cannot run: {error}; install pydantic-monty==1.4.*") from error
        self._free = asyncio.Queue()
        self._threads = [SandboxThread(f"sandbox-{number}") for number in range(self._workers)]
        for thread in self._threads:
            self._free.put_nowait(thread)

    async def close(self) -> None:
        """End every worker, once it has ended what it computes. May be called after a failed or no ``open``."""
        pools, self._quick, self._patient = (self._quick, self._patient), None, None
        threads, self._threads = self._threads, []
        if threads:
            idle = [thread.call(lambda: None) for thread in threads]
            _, busy = await asyncio.wait(idle, timeout=self.limits.compute_s + 1.0)
            if busy:
                _log.error("%d sandbox workers did not come to an end; they are killed", len(busy))
        for pool in filter(None, pools):
            pool.__exit__(None, None, None)
        for thread in threads:
            thread.close()

    def _pool(self, grace_s: float) -> Monty:
        pool = Monty(
            min_processes=1,
            max_processes=self._workers,
            checkout_timeout=BUSY_S,
            request_timeout=self.limits.compute_s + 10.0,
            turn_duration_limit_grace=grace_s,
        )
        pool.__enter__()
        return pool

    async def check_types(self, source: str, stubs: str) -> tuple[Mapping[str, Any], ...]:
        """Type-check code without running any of it.

        :returns: the checker's findings, as it gives them in JSON; lines count from 2, the first is ours.
        :raises RunError: the checker crashed, came to no end or no worker came free; nothing is said about the code.
        """
        stubs = f"{stubs}\ndef {START}() -> None: ...\n"
        desk = await self.take_desk()
        try:
            snapshot = await desk.begin(
                f"{START}()\n{source}", type_check=True, type_check_stubs=stubs, type_check_format="json"
            )
        except MontyTypingError as error:
            return tuple(json.loads(error.display()))
        except MontyError as error:
            if isinstance(error.exception(), SyntaxError | NotImplementedError):
                return (_unsupported(error),)
            raise RunError(f"the type checker failed: {error}", code="CHECKER") from error
        finally:
            desk.leave()
        if not isinstance(snapshot, FunctionSnapshot) or snapshot.function_name != START:
            raise RunError(
                "the type checker did not stop before the code; this version of it is unknown", code="CHECKER"
            )
        return ()

    async def run(self, source: str, apis: Collection[str], host: Host) -> None:
        """Run code to its end. What is only calls with literals, one after the other, takes no worker.

        :param apis: names that are external calls; only those, and only where the source calls them by name.
        :raises CallError: one that the code did not handle.
        :raises ProgramFailed: the code itself raised, or reached for what no verified code reaches.
        :raises BudgetExceeded: time, memory or suspensions are spent. The code cannot catch it.
        :raises Exception: whatever else ``host`` raises, also ``CancelledError``; the interpreter is left at once.
        """
        names = frozenset(apis)
        if (calls := _straight_line(source, names)) is not None:
            for site, arguments in calls:
                await host(ExternalCall(site, (), arguments))
            return
        execution = _Execution(self, _call_sites(source, names), host)
        try:
            await execution.run(source)
        except MontyError as error:
            execution.raise_for(error)

    async def take_desk(self, *, quick: bool = False) -> Desk:
        """Take a worker out of the pool; ``Desk.leave`` gives it back.

        :param quick: the loop waits for it by itself, for ``quick_s`` at most.
        :raises RunError: none came free in time, or the interpreter is not open.
        """
        pool = self._quick if quick else self._patient
        if pool is None:
            raise RunError("the interpreter is not open; call open() first", code="CLOSED")
        thread = self._free.get_nowait() if not self._free.empty() else await self._wait_free()
        self._at_work[quick] += 1
        warm = self._at_work[quick] <= self._started[quick]
        self._started[quick] = max(self._started[quick], self._at_work[quick])

        def give_back() -> None:
            self._at_work[quick] -= 1
            self._free.put_nowait(thread)

        limits = self._limits(self.limits.quick_s if quick else self.limits.compute_s)
        return Desk(pool, thread, limits, give_back, quick=quick, warm=warm)

    async def _wait_free(self) -> SandboxThread:
        try:
            async with asyncio.timeout(BUSY_S):
                return await self._free.get()
        except TimeoutError as error:
            message = f"all {self._workers} workers are busy; try again later"
            raise RunError(f"action code cannot run: {message}", code="BUSY") from error

    def _limits(self, turn_s: float) -> ResourceLimits:
        return {
            "max_feed_duration_secs": None,
            "max_turn_duration_secs": turn_s,
            "max_memory": int(self.limits.memory_mb * 1_000_000),
            "max_recursion_depth": self.limits.recursion,
            "max_suspensions": self.limits.suspensions,
            "max_total_sleep_secs": 0.0,
        }


@lru_cache(maxsize=1024)
def _straight_line(source: str, apis: frozenset[str]) -> Sequence[tuple[CallSite, Mapping[str, Any]]] | None:
    """Read code that runs often, as a rule's does, once."""
    return straight_line(source, apis)


@lru_cache(maxsize=1024)
def _call_sites(source: str, apis: frozenset[str]) -> Mapping[tuple[int, int], CallSite]:
    return call_sites(source, apis)


class _Execution:
    """One program on its way through a worker, or through several when it is parked in between."""

    def __init__(self, interpreter: Interpreter, sites: Mapping[tuple[int, int], CallSite], host: Host) -> None:
        self._interpreter = interpreter
        self._sites = sites
        self._host = host
        self._desk: Desk | None = None
        self._parked: asyncio.Future[bytes | None] | None = None
        self._raised: list[tuple[Exception, CallError]] = []
        self._was_quick = True
        self._answers: list[Any] = []

    async def run(self, source: str) -> None:
        try:
            self._desk = await self._interpreter.take_desk(quick=True)
            await self._through(await self._desk.begin(source))
        except MontyError as error:
            if not self._was_quick or not _took_long(error):
                raise
            await self._patiently(source)
        finally:
            self._leave()

    async def _patiently(self, source: str) -> None:
        """Go the same way once more, by a thread: code gets nothing but its answers, so those it got are enough."""
        self._leave()
        self._was_quick = False
        self._desk = await self._interpreter.take_desk()
        snapshot = await self._desk.begin(source)
        for answer in self._answers:
            _, function = self._call(snapshot)
            snapshot = await self._desk.go_on(function, answer)
        self._answers.clear()
        await self._through(snapshot)

    async def _through(self, snapshot: SyncSnapshot) -> None:
        while not isinstance(snapshot, MontyComplete):
            call, function = self._call(snapshot)
            answer = await self._answer(call, function)
            if self._was_quick:
                self._answers.append(answer)
            function = await self._unparked(function)
            assert self._desk is not None
            snapshot = await self._desk.go_on(function, answer)

    def _leave(self) -> None:
        if self._desk is not None:
            self._desk.leave()

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

    def _call(self, snapshot: SyncSnapshot) -> tuple[ExternalCall, FunctionSnapshot]:
        position = getattr(snapshot, "position", None)
        site = self._sites.get((position.start, position.end)) if position else None
        if (
            not isinstance(snapshot, FunctionSnapshot)
            or position is None
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

    async def _answer(self, call: ExternalCall, function: FunctionSnapshot) -> Any:
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

    def _park(self, function: FunctionSnapshot) -> None:
        """Keep the program's state and give its worker to others while a call takes long."""
        if self._desk is not None:
            self._parked = self._desk.put_away(function)

    async def _unparked(self, function: FunctionSnapshot) -> FunctionSnapshot:
        parked, self._parked = self._parked, None
        state = await parked if parked is not None else None
        if state is None:
            return function
        self._desk = await self._interpreter.take_desk(quick=self._was_quick)
        return await self._desk.take_up(state)


def _took_long(error: MontyError) -> bool:
    """Whether a worker was ended for the time it took, and not for what it did."""
    if isinstance(error, MontyCrashedError):
        return bool(error.timed_out)
    return "turn time limit exceeded" in str(error)


def _unsupported(error: MontyError) -> Mapping[str, Any]:
    """Report a construct that the checker knows and the sandbox does not, in the checker's form."""
    frames = error.traceback() if isinstance(error, MontyRuntimeError | MontySyntaxError) else []
    place = {"row": frames[-1].line, "column": frames[-1].column} if frames else {}
    return {"name": "unsupported", "severity": "error", "message": str(error.exception()), "location": place}
