"""Functions of installed Python packages."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from taskmatrix_ros.bindings.calls_in_flight import CallInFlight, CallsInFlight
from taskmatrix_ros.bindings.function.function_registry import FunctionRegistry, argument_problem
from taskmatrix_ros.bindings.templates import render
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.binding_spec import Function
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.catalogue_views import of_kinds
from taskmatrix_ros.core.effect import Effect
from taskmatrix_ros.core.errors import (
    CallError,
    CallExpired,
    CallInDoubt,
    CallRefused,
    CallTimedOut,
    CallUnavailable,
    ConfigError,
    TaskMatrixError,
)
from taskmatrix_ros.core.frozen import Frozen
from taskmatrix_ros.core.outcome import ErrorReport, Outcome, Status, utc_now
from taskmatrix_ros.core.ports import Catalogue, Progress

_log = logging.getLogger(__name__)

MAX_RESULT_BYTES = 1_000_000

_STATUS_OF_ERROR: tuple[tuple[type[CallError], Status], ...] = (
    (CallRefused, Status.REJECTED),
    (CallUnavailable, Status.UNAVAILABLE),
    (CallTimedOut, Status.TIMED_OUT),
    (CallExpired, Status.EXPIRED),
    (CallInDoubt, Status.IN_DOUBT),
)


class FunctionSettings(Frozen):
    """``threads``: how many plain functions run at once; coroutines run in the loop and are not counted."""

    threads: int = Field(default=8, ge=1, le=64)


@dataclass(eq=False, slots=True)
class _Work(CallInFlight):
    """``sent``: it has begun; ``interruptible``: it has not, or it is a coroutine."""

    interruptible: bool = True

    @property
    def recallable(self) -> bool:
        return self.interruptible


class FunctionBinding:
    """Calls a function by its entry-point name with the call's arguments.

    A coroutine function runs in the loop and is cancelled at its deadline. A plain one runs in a thread of its own,
    which cannot be ended from outside: after its deadline the call is in doubt, and the thread is one of ``threads``
    until it returns. A function says how a call failed by raising an error of ``core.errors``.
    """

    kinds = frozenset({"function"})

    def __init__(
        self, settings: FunctionSettings, catalogue: Catalogue, functions: FunctionRegistry | None = None
    ) -> None:
        """:param functions: where they are found; what is installed if left out."""
        self._settings = settings
        self._catalogue = catalogue
        self._functions = functions or FunctionRegistry()
        self._calls = CallsInFlight[_Work]()
        self._free: asyncio.Semaphore | None = None

    async def open(self) -> None:
        """Look at what is installed.

        :raises ConfigError: an enabled document names a function there is not, or one that takes other arguments.
        """
        self._functions.look()
        for document in of_kinds(self._catalogue.documents(), self.kinds):
            if isinstance(document.binding, Function):
                self._function_of(document, document.binding)
        self._calls.open()
        self._free = asyncio.Semaphore(self._settings.threads)

    async def close(self) -> None:
        """End what can be ended; a plain function that runs on does so without anybody waiting for it."""
        await self._calls.close()
        self._free = None

    async def call(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome:  # noqa: ARG002
        """Run the function.

        :param call: ``call.deadline_s`` bounds the wait, in seconds.
        :param progress: never told anything.
        :returns: ``succeeded`` with what it returned, which must be JSON; ``rejected``, ``unavailable`` and so on as
            the function raises; ``failed`` for any other exception; ``in_doubt`` where a plain function is still at it.
        """
        started_at = utc_now()
        spec = document.binding
        if not isinstance(spec, Function):
            raise TypeError(f"{document.name} has a {spec.kind} binding, not function")
        if self._free is None:
            return _outcome(call, started_at, Status.UNAVAILABLE, "CLOSED", "functions are not open")
        try:
            function = self._function_of(document, spec)
            arguments = call.arguments if spec.arguments is None else render(spec.arguments, call.arguments)
        except TaskMatrixError as error:
            return _outcome(call, started_at, Status.REJECTED, error.error_code, error.message)
        work = _Work(call.call_id, document.effect is Effect.READ, self._calls.epoch)
        performing = self._run(work, function, arguments)
        task = await self._calls.see_through(work, performing, call.deadline_s, f"function-{spec.name}")
        return self._judge(call, work, task, started_at)

    async def cancel(self, call_id: str) -> None:
        """Cancel a coroutine, or what has not begun; a plain function that runs can only be awaited."""
        self._calls.cancel(call_id)

    async def recover(self, call: Call, document: ApiDocument, progress: Progress) -> Outcome | None:  # noqa: ARG002
        """Nobody knows what became of a function of an earlier process."""
        return None

    def stop(self) -> None:
        """Let nothing begin that has not, and wait for nothing. Synchronous, from any thread, without a lock."""
        self._calls.stop()

    def _function_of(self, document: ApiDocument, spec: Function) -> Callable[..., Any]:
        try:
            function = self._functions.get(spec.name)
        except ConfigError as error:
            raise ConfigError(f"api {document.name!r}: {error.message}") from error
        names = set(document.parameters if spec.arguments is None else spec.arguments)
        if problem := argument_problem(function, names):
            raise ConfigError(f"api {document.name!r}: function {spec.name!r} cannot be called so: {problem}")
        return function

    async def _run(self, work: _Work, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        if inspect.iscoroutinefunction(function):
            work.sent = True
            return await function(**arguments)
        assert self._free is not None
        free = self._free
        await free.acquire()
        if self._calls.is_stopped(work):
            free.release()
            raise asyncio.CancelledError
        work.sent, work.interruptible = True, False
        return await _in_thread(function, arguments, free.release)

    def _judge(self, call: Call, work: _Work, task: asyncio.Task[Any], started_at: datetime) -> Outcome:
        if task.cancelled():
            return _ended_early(call, work, started_at)
        error = task.exception()
        if error is None:
            return _succeeded(call, task.result(), started_at)
        for kind, status in _STATUS_OF_ERROR:
            if isinstance(error, kind):
                return _outcome(call, started_at, status, error.error_code, error.message)
        if isinstance(error, TaskMatrixError):
            return _outcome(call, started_at, Status.FAILED, error.error_code, error.message)
        _log.warning("function of %s failed", call.api, exc_info=error)
        message = f"the function failed: {type(error).__name__}: {error}; see the log"
        return _outcome(call, started_at, Status.FAILED, "FAILED", message)


async def _in_thread(function: Callable[..., Any], arguments: dict[str, Any], ended: Callable[[], None]) -> Any:
    """Run a plain function in a thread that keeps no process from ending. :param ended: called in the loop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        ended()
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(value)

    def work() -> None:
        value, error = None, None
        try:
            value = context.run(function, **arguments)
        except Exception as raised:  # noqa: BLE001 - it is the call's outcome
            error = raised
        except BaseException as raised:  # noqa: BLE001 - SystemExit and the like end no program of ours
            error = RuntimeError(f"{type(raised).__name__}: {raised}")
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(settle, value, error)

    threading.Thread(target=work, name=f"function-{getattr(function, '__name__', 'call')}", daemon=True).start()
    return await future


def _succeeded(call: Call, value: Any, started_at: datetime) -> Outcome:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        message = f"it was done, but what the function returned is no JSON: {error}; mend the function"
        return _outcome(call, started_at, Status.FAILED, "BAD_REPLY", message)
    if len(text) > MAX_RESULT_BYTES:
        message = (
            f"it was done, but what the function returned is longer than {MAX_RESULT_BYTES} bytes; mend the function"
        )
        return _outcome(call, started_at, Status.FAILED, "BAD_REPLY", message)
    return Outcome(call_id=call.call_id, status=Status.SUCCEEDED, value=json.loads(text), started_at=started_at)


def _ended_early(call: Call, work: _Work, started_at: datetime) -> Outcome:
    code, why = work.code, work.why or "stopped"
    if not work.sent:
        status = Status.UNAVAILABLE if why == "timed out" else Status.CANCELLED
        busy = "; every thread for functions is busy" if why == "timed out" else ""
        return _outcome(call, started_at, status, code, f"{why} before it began{busy}")
    if work.interruptible or work.reads:
        status = Status.TIMED_OUT if why == "timed out" else Status.CANCELLED
        return _outcome(call, started_at, status, code, f"{why} while the function ran")
    message = f"{why} while the function ran; it goes on, and may have been done or not"
    return _outcome(call, started_at, Status.IN_DOUBT, "IN_DOUBT", message)


def _outcome(call: Call, started_at: datetime, status: Status, code: str, message: str) -> Outcome:
    report = ErrorReport(code=code, message=" ".join(f"{call.api}: {message}".split()))
    return Outcome(call_id=call.call_id, status=status, error=report, started_at=started_at)
