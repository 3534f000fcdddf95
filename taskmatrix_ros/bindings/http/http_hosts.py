"""Which hosts may be reached: decided on the address that is connected to, so that no name can lead elsewhere."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from taskmatrix_ros.core.hosts import IpAddress, is_private, names_host


class HostRefused(Exception):
    """A host that may not be reached; the text says what to do."""


class HostGuard(httpcore2.AsyncNetworkBackend):
    """Resolves a host once, judges every address, and connects to one it has judged.

    Between the check and the connection there is no second look-up, which a hostile name server could answer otherwise.
    """

    def __init__(self, private_hosts: Iterable[str]) -> None:
        """:param private_hosts: what a profile names: ``host`` or ``host:port``, lower case."""
        self._named = frozenset(entry.lower() for entry in private_hosts)
        self._plain = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address that answers, all of them having been judged first."""
        loop = asyncio.get_running_loop()
        until_s = None if timeout is None else loop.time() + timeout
        addresses = await self._resolve(host, port, timeout)
        if not names_host(self._named, host, port):
            for address in addresses:
                if is_private(address):
                    raise HostRefused(
                        f"{host} is {address}, which is no public address; name {host} in the profile's "
                        "http.private_hosts if it may be reached"
                    )
        problem: Exception = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses:
            left_s = None if until_s is None else max(0.01, until_s - loop.time())
            try:
                return await self._plain.connect_tcp(str(address), port, left_s, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - the interface of httpcore
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        """Refuse: no document can name a socket file."""
        raise HostRefused(f"{path} is a socket of this machine, which is not reached")

    async def sleep(self, seconds: float) -> None:
        """Wait, for a connection that is tried again."""
        await asyncio.sleep(seconds)

    @staticmethod
    async def _resolve(host: str, port: int, wait_s: float | None) -> list[IpAddress]:
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            pass  # a name
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(wait_s):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout(f"the name {host} was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"the name {host} is not known: {error}") from error
        texts = dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)
        return [ipaddress.ip_address(text) for text in texts]


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx's transport, whose every connection the guard makes; no proxy of the environment gets in between."""

    def __init__(self, guard: HostGuard, trust: ssl.SSLContext, *, keep_alive: bool) -> None:
        """:param keep_alive: whether connections are used again; one that was may have been closed by its peer."""
        super().__init__(verify=trust, trust_env=False)
        # httpx has no parameter for a network backend, httpcore has.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=64,
            max_keepalive_connections=8 if keep_alive else 0,
            keepalive_expiry=15.0,
            network_backend=guard,
        )
