"""Where requests wait for a person: each ends once, by an answer, by its expiry or with the run that asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from taskmatrix_ros.core.clocks import HomeClock
from taskmatrix_ros.core.errors import RequestError

Request = TypeVar("Request")
Answer = TypeVar("Answer")

LOOK_S = 1.0
"""Seconds of steady time between looks at the wall clock, which may jump past an expiry while one waits."""

_REMEMBERED = 256


class WaitingRoom(Generic[Request, Answer]):
    """Lives in the loop's thread. ``what`` names the requests in messages: ``approval``."""

    def __init__(self, what: str, command: str, clock: HomeClock) -> None:
        """:param command: shows what waits, for messages: ``taskmatrix approve``."""
        self._what = what
        self._command = command
        self._clock = clock
        self._waiting: OrderedDict[str, tuple[Request, datetime, asyncio.Future[Answer]]] = OrderedDict()
        self._answered: OrderedDict[str, Answer] = OrderedDict()

    async def wait(
        self, identifier: str, request: Request, expires_at: datetime, begun: Callable[[], None]
    ) -> Answer | None:
        """Wait for an answer.

        :param begun: called once an answer would be taken.
        :returns: it; None once the request has expired, by the wall clock or after as much steady time.
        :raises ValueError: a request of this id waits already, or was answered.
        """
        if identifier in self._waiting or identifier in self._answered:
            raise ValueError(f"{self._what} {identifier} was asked before")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()
        until_s = loop.time() + (expires_at - self._clock.now()).total_seconds()
        self._waiting[identifier] = (request, expires_at, answered)
        try:
            begun()
            while (left_s := until_s - loop.time()) > 0 and self._clock.now() < expires_at:
                await asyncio.wait({answered}, timeout=min(left_s, LOOK_S))
                if answered.done():
                    return answered.result()
            return answered.result() if answered.done() else None
        finally:
            self._waiting.pop(identifier, None)
            answered.cancel()

    def find(self, identifier: str) -> Request:
        """Give what waits under an id.

        :raises RequestError: nothing does, or it has expired.
        """
        found = self._waiting.get(identifier)
        if found is None or found[2].done():
            raise RequestError(
                f"no {self._what} '{identifier[:40]}' waits for an answer; `{self._command}` shows what does",
                code="NOT_PENDING",
            )
        if self._clock.now() >= found[1]:
            raise RequestError(f"{self._what} {identifier} expired at {found[1]:%H:%M:%S} UTC", code="EXPIRED")
        return found[0]

    def earlier(self, identifier: str) -> Answer | None:
        """Give the answer to a request that was answered lately: who did not hear us may answer again."""
        return self._answered.get(identifier)

    def settle(self, identifier: str, answer: Answer) -> None:
        """Let the one who waits go on. The request was found a moment ago."""
        self._waiting[identifier][2].set_result(answer)
        self._answered[identifier] = answer
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)

    def pending(self) -> tuple[Request, ...]:
        """What waits and has not expired, oldest first."""
        now = self._clock.now()
        return tuple(
            request
            for request, expires_at, answered in self._waiting.values()
            if now < expires_at and not answered.done()
        )
