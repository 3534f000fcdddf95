"""Which hosts are not of the public internet."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PRIVATE_ENDINGS = ("localhost", "local", "lan", "home", "internal", "intranet", "home.arpa", "test", "invalid")


def is_private(address: IpAddress) -> bool:
    """Whether an address is of this machine, its network, or otherwise not of the public internet.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) count as themselves.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if any(one is not None and is_private(one) for one in inner):
            return True
        if address.ipv4_mapped is not None:
            return False
    return not address.is_global or address.is_multicast


def is_private_name(host: str) -> bool:
    """Whether a host shows by itself, without being resolved, that it is private.

    An address in any spelling a resolver knows (``2130706433``, ``0x7f.1``), a name without a dot, or one below one
    of the endings that no public name has. Other names show it only once they are resolved.
    """
    host = host.lower().rstrip(".")
    try:
        return is_private(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return is_private(ipaddress.IPv4Address(socket.inet_aton(host)))
    except (OSError, UnicodeError):
        pass
    return "." not in host or any(host == ending or host.endswith(f".{ending}") for ending in _PRIVATE_ENDINGS)


def names_host(entries: Collection[str], host: str, port: int) -> bool:
    """Whether ``host`` or ``host:port`` is among a profile's entries."""
    host = host.lower().rstrip(".")
    return host in entries or f"{host}:{port}" in entries or f"[{host}]:{port}" in entries
