"""The service of ``http_service`` as a process that a test starts, stops and asks."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HttpServer:
    """Comes back at the same place."""

    def __init__(self, token: str = "") -> None:
        self.port = free_port()
        self._token = token
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> HttpServer:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.kill()

    async def start(self) -> None:
        script = Path(__file__).with_name("http_service.py")
        self._process = await asyncio.create_subprocess_exec(sys.executable, str(script), str(self.port), self._token)
        async with asyncio.timeout(240):
            while not await self.listens():
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(signal.SIGKILL)
            await process.wait()

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def told(self) -> dict[str, Any]:
        """What reached the service: ``settings`` of lamps, how often each path was ``asked``, the last ``heads``."""
        return dict(json.loads(await asyncio.to_thread(self._get, "/told")))

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=120) as reply:
            return bytes(reply.read())
