"""What became of the requests of one connection to an MCP server: sent, never sent, or lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx2

from taskmatrix_ros.bindings.http.http_hosts import GuardedTransport, HostRefused

CALL_KEY = "taskmatrix/call_id"
"""In a request's ``_meta``: which call it is of."""


class Fate(StrEnum):
    """Of a request."""

    SENT = "sent"
    UNSENT = "unsent"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Told:
    """A fate, and why."""

    fate: Fate
    reason: str = ""


class Withdrawn(Exception):
    """A request must not go out any more."""


class NotingTransport(httpx2.AsyncBaseTransport):
    """Tells what became of each call's request.

    A request that fails is answered with an error status instead of an exception: that would end the client's whole
    connection, and with it every other call.
    """

    def __init__(
        self, inner: GuardedTransport, pending: Callable[[bytes], str | None], note: Callable[[str, Told], None]
    ) -> None:
        """:param pending: finds the call that a request's body is of.

        :param note: told what became of it; raises ``Withdrawn`` where one about to be sent must not go out.
        """
        self._inner = inner
        self._pending = pending
        self._note = note

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        call_id = self._pending(request.content) if request.method == "POST" else None
        if call_id is None:
            return await self._inner.handle_async_request(request)

        async def trace(event: str, _info: dict[str, Any]) -> None:
            if event.endswith("send_request_headers.started"):
                self._note(call_id, Told(Fate.SENT))

        request.extensions = {**request.extensions, "trace": trace}
        try:
            return await self._inner.handle_async_request(request)
        except Withdrawn:
            return httpx2.Response(503)
        except HostRefused as error:
            self._note(call_id, Told(Fate.REFUSED, str(error)))
            return httpx2.Response(503)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            self._note(call_id, Told(Fate.UNSENT, str(error) or type(error).__name__))
            return httpx2.Response(503)
        except httpx2.HTTPError as error:
            self._note(call_id, Told(Fate.LOST, str(error) or type(error).__name__))
            return httpx2.Response(502)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
