"""Calls side by side: what ``gather(a(...), b(...))`` means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from taskmatrix_ros.core.errors import CallError, ProgramFailed
from taskmatrix_ros.executor.sandbox.interpreter import ExternalCall
from taskmatrix_ros.executor.source.source_map import GATHER

Perform = Callable[[ExternalCall], Awaitable[Any]]


class Gathering:
    """A host for the interpreter: a call inside ``gather`` is begun and answered with its number; ``gather`` waits.

    ``perform`` is called in the order of the code, so that a replay numbers the calls alike.
    """

    def __init__(self, perform: Perform) -> None:
        self._perform = perform
        self._begun: list[asyncio.Future[Any]] = []

    async def __call__(self, wanted: ExternalCall) -> Any:
        """Answer one stop of the interpreter.

        :raises CallError: the call failed; of gathered ones the first in order, once all have ended.
        """
        if wanted.site.api == GATHER:
            return await self._join(wanted.positional)
        if not wanted.site.gathered:
            return await self._perform(wanted)
        self._begun.append(asyncio.ensure_future(self._perform(wanted)))
        return len(self._begun) - 1

    async def close(self) -> None:
        """End what was begun and never awaited, and wait until it has ended."""
        begun, self._begun = self._begun, []
        for future in begun:
            future.cancel()
        while pending := [future for future in begun if not future.done()]:
            await asyncio.wait(pending)

    async def _join(self, numbers: Sequence[Any]) -> list[Any]:
        if list(numbers) != list(range(len(self._begun))):
            raise ProgramFailed("gather was given something else than the calls in its brackets", code="NOT_VERIFIED")
        if self._begun:
            await asyncio.wait(self._begun)
        begun, self._begun = self._begun, []
        failures = [error for future in begun if (error := future.exception())]
        for error in sorted(failures, key=lambda failure: isinstance(failure, CallError)):
            raise error
        return [future.result() for future in begun]
