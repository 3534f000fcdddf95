from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from binding_contract import CONNECT_S, PATIENCE_S, CallContract, CallPeer, Request, wait_for
from http_server import free_port

from taskmatrix_ros.bindings.mcp.mcp_binding import McpBinding
from taskmatrix_ros.bindings.mcp.mcp_settings import McpServerSettings, McpSettings
from taskmatrix_ros.core.api_document import ApiDocument
from taskmatrix_ros.core.call import Call
from taskmatrix_ros.core.outcome import Status

SERVER = Path(__file__).parents[1] / "support" / "mcp_lamp_server.py"
DOCUMENT = ApiDocument.model_validate(
    {
        "name": "set_lamp",
        "parameters": {"lamp": {"type": "string"}, "state": {"type": "string"}},
        "description": "Set a lamp.",
        "effect": "actuate",
        "binding": {"kind": "mcp", "server": "house", "tool": "set_lamp"},
    }
)
UNKNOWN = DOCUMENT.model_copy(update={"binding": DOCUMENT.binding.model_copy(update={"tool": "sing"})})


class McpPeer:
    """Lamps behind an MCP server in a process of its own, which is held by stopping it and lost by killing it."""

    def __init__(self, folder: Path, settings: McpServerSettings) -> None:
        self._folder = folder
        self._number = 0
        self.binding = McpBinding(McpSettings(servers={"house": settings}), {}, ("127.0.0.1",))

    def request(self, *, deadline_s: float = PATIENCE_S) -> Request:
        self._number += 1
        return self._call(deadline_s), DOCUMENT

    def refused_request(self) -> Request:
        return self._call(PATIENCE_S), UNKNOWN

    async def done(self) -> int:
        file = self._folder / "settings"
        lines = file.read_text().splitlines() if file.exists() else []
        assert len(set(lines)) == len(lines), "a command came twice"
        return len(lines)

    async def hold(self) -> None:
        os.kill(self.pid(), signal.SIGSTOP)

    async def release(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid(), signal.SIGCONT)

    async def connected(self) -> bool:
        return self.binding.peer_problem("house") is None

    def pid(self) -> int:
        raise NotImplementedError

    def _call(self, deadline_s: float) -> Call:
        arguments = {"lamp": "hall", "state": str(self._number)}
        return Call(run_id="r", api="set_lamp", arguments=arguments, deadline_s=deadline_s)


class StdioPeer(McpPeer):
    """The server is started by the binding; while it is away, its script is."""

    def __init__(self, folder: Path) -> None:
        self._script = folder / "server.sh"
        self._pid_file = folder / "pid"
        self._allow()
        super().__init__(folder, McpServerSettings(command=(str(self._script),), connect_s=CONNECT_S))

    def _allow(self) -> None:
        self._script.write_text(
            f"#!/bin/sh\necho $$ > {self._pid_file}\nexec {sys.executable} {SERVER} {self._pid_file.parent}\n"
        )
        self._script.chmod(0o755)

    def pid(self) -> int:
        return int(self._pid_file.read_text())

    async def lose(self) -> None:
        self._script.unlink(missing_ok=True)
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(self.pid(), signal.SIGKILL)

    async def restore(self) -> None:
        self._allow()


class HttpPeer(McpPeer):
    """The server is a service of its own."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._process: asyncio.subprocess.Process | None = None
        url = f"http://127.0.0.1:{self._port}/mcp"
        super().__init__(folder, McpServerSettings(url=url, connect_s=CONNECT_S))

    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def connected(self) -> bool:
        return await self.listens()

    async def listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def restore(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, str(SERVER), str(self._folder), str(self._port), stderr=asyncio.subprocess.DEVNULL
        )
        await wait_for(self.listens, "the server listens")

    async def lose(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self._process = None


@asynccontextmanager
async def stdio_peer(folder: Path) -> AsyncIterator[StdioPeer]:
    yield StdioPeer(folder)


@asynccontextmanager
async def http_peer(folder: Path) -> AsyncIterator[HttpPeer]:
    peer = HttpPeer(folder)
    await peer.restore()
    try:
        yield peer
    finally:
        await peer.lose()


class TestMcpOverStdio(CallContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})  # for a command that went out the answer is awaited

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        return stdio_peer(folder)


class TestMcpOverHttp(CallContract):
    cancelled_statuses = frozenset({Status.SUCCEEDED})

    def peer(self, folder: Path) -> AbstractAsyncContextManager[CallPeer]:
        return http_peer(folder)
