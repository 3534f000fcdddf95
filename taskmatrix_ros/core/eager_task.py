"""Tasks that begin at once: what needs no waiting is done before the caller goes on, without a turn of the loop."""

from __future__ import annotations

import asyncio
import sys
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine, Generator
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


def start_now(work: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
    """Run a coroutine up to its first wait now, and the rest as a task of the running loop.

    Within it ``asyncio.current_task`` is its own task from the beginning on.

    :source: ``eager_start`` of Python 3.12's ``asyncio.Task``; on 3.11 by what ``asyncio`` documents for extending it.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, name=name, eager_start=True)
    begun = _Begun(work)
    task: asyncio.Task[T] = asyncio.Task(begun, loop=loop, name=name)
    outer = asyncio.current_task(loop)
    if outer is not None:
        _leave_task(loop, outer)
    _enter_task(loop, task)
    try:
        begun.begin()
    finally:
        _leave_task(loop, task)
        if outer is not None:
            _enter_task(loop, outer)
    return task


class _Begun(Coroutine[Any, Any, T]):
    """A coroutine that has run up to its first wait; the task's first step is given that wait."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self._work = work
        self._waits = False
        self._waited_for: Any = None
        self._has_returned = False
        self._returned: Any = None
        self._end: BaseException | None = None

    def begin(self) -> None:
        try:
            self._waited_for = self._work.send(None)
            self._waits = True
        except StopIteration as end:  # not kept: it holds on to all that ran
            self._has_returned, self._returned = True, end.value
        except BaseException as end:  # noqa: BLE001 - its end is the task's to hear
            self._end = end

    def send(self, value: Any) -> Any:
        if self._has_returned:
            raise StopIteration(self._returned)
        if self._end is not None:
            self._raise()
        if self._waits:
            self._waits = False
            return self._waited_for
        return self._work.send(value)

    def throw(self, *error: Any) -> Any:
        if self._has_returned:
            raise StopIteration(self._returned)
        if self._end is not None:
            self._raise()
        if self._waits:
            self._waits = False
            # As a task does it: what is waited for is cancelled, and tells so when it has ended.
            if isinstance(error[-1], asyncio.CancelledError) and self._waited_for and self._waited_for.cancel():
                return self._waited_for
        return self._work.throw(*error)

    def _raise(self) -> NoReturn:
        end, self._end = self._end, None
        assert end is not None
        try:
            raise end
        finally:
            del end  # it holds on to this frame

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, T]:
        raise TypeError("it is a task's already")
