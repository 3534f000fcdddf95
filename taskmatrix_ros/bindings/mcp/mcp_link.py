"""The connection to one MCP server: kept, and made again when it is lost."""

from __future__ import annotations

import asyncio
import logging
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpx2

from taskmatrix_ros.bindings.http.http_hosts import GuardedTransport, HostGuard
from taskmatrix_ros.bindings.http.http_request import may_have
from taskmatrix_ros.bindings.mcp.mcp_fate import NotingTransport, Told
from taskmatrix_ros.bindings.mcp.mcp_settings import McpServerSettings
from taskmatrix_ros.bindings.secret import SecretSettings
from taskmatrix_ros.core.errors import ConfigError
from taskmatrix_ros.core.url_template import UrlTemplate

if TYPE_CHECKING:
    from mcp.client import Client
    from mcp.types import Tool

OWN_NAME = "taskmatrix"
"""What our own server calls itself: a document on it would be a way around what a person may ask for."""

MAX_PAGES = 100
"""Of a server's list of tools: one that never ends is cut off."""

_FIRST_WAIT_S = 0.2
_LONGEST_WAIT_S = 5.0


class McpLink:
    """Lives in the loop. One task holds the client open, since it must be entered and left in the same task."""

    def __init__(
        self,
        name: str,
        settings: McpServerSettings,
        secrets: Mapping[str, SecretSettings],
        private_hosts: tuple[str, ...],
        *,
        pending: Callable[[bytes], str | None],
        note: Callable[[str, Told], None],
    ) -> None:
        """:param pending, note: see ``NotingTransport``."""
        self.name = name
        self.settings = settings
        self._secrets = secrets
        self._private_hosts = private_hosts
        self._pending = pending
        self._note = note
        self._client: Client | None = None
        self._problem = "it was not tried yet"
        self._changed = asyncio.Event()
        self._wanted = asyncio.Event()
        self._gone = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.tools: tuple[str, ...] = ()
        """Names, as the server told them last."""

    @property
    def client(self) -> Client | None:
        """The open client; None while there is no connection."""
        return self._client

    @property
    def problem(self) -> str | None:
        """Why there is no connection, in a few words; None where there is one."""
        return None if self._client is not None else self._problem

    def start(self) -> None:
        """Begin to connect, and keep at it."""
        self._task = asyncio.create_task(self._keep(), name=f"mcp-{self.name}")

    async def close(self) -> None:
        """Disconnect; end the server where we started it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    async def ready(self, wait_s: float) -> Client | None:
        """Wait for a connection, ``wait_s`` seconds at most. :returns: None: there is none."""
        self._wanted.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self._client is None:
                    self._changed.clear()
                    await self._changed.wait()
        return self._client

    async def tried(self, wait_s: float) -> None:
        """Wait until the first attempt has ended, either way."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._changed.wait()

    async def has_tool(self, client: Client, tool: str) -> bool:
        """Whether the server has a tool; where it had none of the name before, it is asked again.

        :raises MCPError: it does not answer.
        """
        if tool not in self.tools:
            await self._list_tools(client)
        return tool in self.tools

    def drop(self, client: Client, problem: str) -> None:
        """Give a connection up that turned out useless; another is made."""
        if self._client is client:
            self._lost(problem)
            self._gone.set()

    async def _keep(self) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            self._gone = asyncio.Event()
            self._wanted.clear()
            try:
                async with self._connected():
                    wait_s = _FIRST_WAIT_S
                    await self._gone.wait()
                self._lost("the connection ended")
            except asyncio.CancelledError:
                self._lost("it was closed")
                raise
            except BaseException as error:  # noqa: BLE001 - whatever a library raises, a server away is no fault of ours
                self._lost(_first_line(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wanted.wait()
            # Asked for or not, a server that dies at once is not started in a tight circle.
            await asyncio.sleep(min(wait_s, _FIRST_WAIT_S))
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        from mcp.client import Client

        async with self._http_client() as http:
            client = Client(self._transport(http), cache=None)
            async with asyncio.timeout(self.settings.connect_s):
                await client.__aenter__()
            try:
                info = client.server_info
                if info is not None and info.name == OWN_NAME:
                    raise ConfigError("it is a TaskMatrix itself, which is asked by people, not by documents")
                await self._list_tools(client)
                self._client = client
                self._changed.set()
                yield
            finally:
                self._client = None
                await client.__aexit__(None, None, None)

    def _transport(self, http: httpx2.AsyncClient | None) -> AbstractAsyncContextManager[Any]:
        from mcp.client.stdio import StdioServerParameters, stdio_client
        from mcp.client.streamable_http import streamable_http_client

        settings = self.settings
        if settings.url is not None:
            assert http is not None
            return self._watched(streamable_http_client(settings.url, http_client=http))
        assert settings.command is not None
        me = f"mcp:{self.name}"
        secrets = {variable: self._secret(name, me, 0) for variable, name in settings.env_secrets.items()}
        parameters = StdioServerParameters(
            command=settings.command[0],
            args=list(settings.command[1:]),
            env={**settings.env, **secrets},
            cwd=settings.cwd,
        )
        return self._watched(stdio_client(parameters, errlog=sys.__stderr__ or sys.stderr))

    @asynccontextmanager
    async def _watched(self, transport: AbstractAsyncContextManager[Any]) -> AsyncIterator[Any]:
        """Pass the streams on, and notice when the server has ended its own."""
        import anyio

        gone = self._gone
        async with transport as (read, write), anyio.create_task_group() as tasks:
            sender, receiver = anyio.create_memory_object_stream[Any](0)

            async def relay() -> None:
                async with sender:
                    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                        async for message in read:
                            await sender.send(message)
                self._lost("the server hung up")
                gone.set()

            tasks.start_soon(relay)
            try:
                yield receiver, write
            finally:
                tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def _http_client(self) -> AsyncIterator[httpx2.AsyncClient | None]:
        url = self.settings.url
        if url is None:
            yield None
            return
        place = UrlTemplate.parse(url)
        headers = {}
        if self.settings.secret is not None:
            if place.scheme != "https" and place.host not in self._private_hosts:
                raise ConfigError(
                    f"mcp {self.name!r}: its secret does not go over http to {place.host}; write https://"
                )
            headers["authorization"] = f"Bearer {self._secret(self.settings.secret, place.host, place.port)}"
        guard = HostGuard(self._private_hosts)
        inner = GuardedTransport(guard, ssl.create_default_context(), keep_alive=False)
        transport = NotingTransport(inner, self._pending, self._note)
        timeout = httpx2.Timeout(None, connect=self.settings.connect_s)
        async with httpx2.AsyncClient(transport=transport, timeout=timeout, headers=headers, trust_env=False) as client:
            yield client

    def _secret(self, name: str, host: str, port: int) -> str:
        secret = self._secrets.get(name)
        if secret is None:
            raise ConfigError(f"mcp {self.name!r}: secret {name!r} is not in the profile; add it to `secrets`")
        if not may_have(secret, host, port):
            raise ConfigError(f"mcp {self.name!r}: secret {name!r} may not go to {host}; add that to its hosts")
        return secret.load()

    async def _list_tools(self, client: Client) -> None:
        self.tools = tuple([tool.name async for tool in tools_of(client)])

    def _lost(self, problem: str) -> None:
        if self._client is not None or problem != "the connection ended":
            logging.getLogger(__name__).info("mcp %s: %s", self.name, problem)
            self._problem = problem
        self._client = None
        self._changed.set()


async def tools_of(client: Client) -> AsyncIterator[Tool]:
    """Give a server's tools, page by page.

    :raises MCPError: it does not answer, or has no tools at all.
    """
    cursor = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            yield tool
        cursor = page.next_cursor
        if cursor is None:
            return


def _first_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]
