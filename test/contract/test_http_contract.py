from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from binding_contract import CONNECT_S, PATIENCE_S, CallContract, CallPeer, Request
from http_server import HttpServer

from taskmatrix_ros.bindings.http.http_binding import HttpBinding
from taskmatrix_ros.bindings.http.http_settings import HttpSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Status


class HttpPeer:
    """A service in a process of its own. Losing it is killing it; holding it is stopping its process."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._number = 0
        self.binding = HttpBinding(HttpSettings(private_hosts=("127.0.0.1",), connect_s=CONNECT_S), {})
        self.document = ApiDocument.model_validate(
            {
                "name": "lamp_set",
                "parameters": {"lamp": {"type": "string"}, "state": {"type": "string"}},
                "description": "Set a lamp.",
                "effect": "actuate",
                "binding": {"kind": "http", "method": "PUT", "url": f"{server.url}/lamps/{{lamp}}"},
            }
        )

    def request(self, *, deadline_s: float = PATIENCE_S) -> Request:
        self._number += 1
        return self._call("hall", deadline_s), self.document

    def refused_request(self) -> Request:
        return self._call("../../told", PATIENCE_S), self.document

    async def done(self) -> int:
        if not await self._server.listens():
            return 0
        states = [setting["state"] for setting in (await self._server.told())["settings"]]
        assert len(set(states)) == len(states), "a command came twice"
        return len(states)

    async def hold(self) -> None:
        self._server.send_signal(signal.SIGSTOP)

    async def release(self) -> None:
        self._server.send_signal(signal.SIGCONT)

    async def lose(self) -> None:
        await self._server.kill()

    async def restore(self) -> None:
        await self._server.start()

    async def connected(self) -> bool:
        return await self._server.listens()

    def _call(self, lamp: str, deadline_s: float) -> Call:
        arguments = {"lamp": lamp, "state": str(self._number)}
        return Call(run_id="r", api="lamp_set", arguments=arguments, deadline_s=deadline_s)


@asynccontextmanager
async def http_peer() -> AsyncIterator[HttpPeer]:
    async with HttpServer() as server:
        yield HttpPeer(server)


class TestHttp(CallContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})  # a request that went out cannot be called back

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        return http_peer()
