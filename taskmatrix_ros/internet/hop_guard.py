"""Which hosts a chain of redirects may reach: decided on the address that is connected to."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from taskmatrix_ros.core.hosts import IpAddress, is_private


class HopRefused(Exception):
    """A host that may not be reached, named with the reason."""


class HopGuard(httpcore2.NetworkBackend):
    """Connects to the server that an operator named, wherever it is, and to any other only on the public internet.

    Every address of a name is judged, and one of those is connected to: there is no second look-up in between.
    """

    def __init__(self, host: str, port: int) -> None:
        """Take the operator's own server, as its address has it."""
        self._own = (host.lower().rstrip("."), port)
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers.

        :raises HopRefused: it is another server's, and no public one.
        """
        until_s = None if timeout is None else time.monotonic() + timeout
        addresses = _resolve(host, port)
        if (host.lower().rstrip("."), port) != self._own and any(map(is_private, addresses)):
            raise HopRefused(f"{host[:100]}, which is no public host")
        problem: Exception = httpcore2.ConnectError(f"{host[:100]} has no address")
        for address in addresses:
            left_s = None if until_s is None else max(0.01, until_s - time.monotonic())
            try:
                return self._plain.connect_tcp(str(address), port, left_s, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
        raise problem

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - the interface of httpcore
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """Refuse: no address names a socket file."""
        raise HopRefused(f"{path[:100]}, a socket of this machine")


class HopTransport(httpx2.HTTPTransport):
    """httpx's transport, whose every connection the guard makes; no proxy of the environment gets in between."""

    def __init__(self, guard: HopGuard) -> None:
        trust = ssl.create_default_context()
        super().__init__(verify=trust, trust_env=False)
        # httpx has no parameter for a network backend, httpcore has.
        self._pool = httpcore2.ConnectionPool(ssl_context=trust, max_keepalive_connections=0, network_backend=guard)


def _resolve(host: str, port: int) -> list[IpAddress]:
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass  # a name
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore2.ConnectError(f"the name {host[:100]} is not known") from error
    return [ipaddress.ip_address(text) for text in dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found)]
