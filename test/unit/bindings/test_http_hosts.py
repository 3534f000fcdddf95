from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import httpcore2
import pytest

from taskmatrix_ros.bindings.http.http_hosts import HostGuard, HostRefused
from taskmatrix_ros.core.hosts import is_private, is_private_name, names_host


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_private_addresses(address: str) -> None:
    assert is_private(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses(address: str) -> None:
    assert not is_private(ipaddress.ip_address(address))


def test_a_host_is_named_with_or_without_its_port() -> None:
    assert names_host(("printer.lan",), "Printer.LAN.", 80)
    assert names_host(("printer.lan:8080",), "printer.lan", 8080)
    assert not names_host(("printer.lan:8080",), "printer.lan", 80)
    assert not names_host(("lan",), "printer.lan", 80)
    assert names_host(("[::1]:80",), "::1", 80)


class Resolver:
    """A name server that answers differently each time, as in DNS rebinding."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int, **_: Any) -> list[Any]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [(0, 0, 0, "", (address, port)) for address in answer]


def connect(guard: HostGuard, resolver: Resolver, connected: list[str]) -> Any:
    """Let the guard connect with a loop whose resolver is ``resolver`` and whose network is a list."""

    class Network(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> Any:
            connected.append(host)
            if host == "9.9.9.9":
                raise httpcore2.ConnectError("refused")
            return httpcore2.AsyncNetworkStream()

    async def main() -> Any:
        guard._plain = Network()  # type: ignore[assignment]
        loop = asyncio.get_running_loop()
        loop.getaddrinfo = resolver  # type: ignore[method-assign,assignment]
        return await guard.connect_tcp("name.example", 443, timeout=1.0)

    return asyncio.run(main())


def test_the_address_that_was_judged_is_the_one_connected_to() -> None:
    connected: list[str] = []
    resolver = Resolver(["1.1.1.1"], ["127.0.0.1"])
    connect(HostGuard(()), resolver, connected)
    assert connected == ["1.1.1.1"]
    assert resolver.asked == 1


def test_one_private_address_among_several_refuses_the_name() -> None:
    connected: list[str] = []
    with pytest.raises(HostRefused, match=r"private_hosts"):
        connect(HostGuard(()), Resolver(["1.1.1.1", "10.0.0.7"]), connected)
    assert connected == []


def test_a_named_private_host_is_connected_to() -> None:
    connected: list[str] = []
    connect(HostGuard(("name.example:443",)), Resolver(["10.0.0.7"]), connected)
    assert connected == ["10.0.0.7"]


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    connected: list[str] = []
    connect(HostGuard(()), Resolver(["9.9.9.9", "1.1.1.1"]), connected)
    assert connected == ["9.9.9.9", "1.1.1.1"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "a.localhost", "printer", "nas.local", "10.0.0.1", "2130706433", "0x7f.1", "127.1", "::1", "x.lan."],
)
def test_names_that_show_they_are_private(host: str) -> None:
    assert is_private_name(host)


@pytest.mark.parametrize("host", ["api.example.com", "1.1.1.1", "2606:4700::1111", "xn--bcher-kva.example"])
def test_names_that_do_not(host: str) -> None:
    assert not is_private_name(host)
