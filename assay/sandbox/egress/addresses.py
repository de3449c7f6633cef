"""Name resolution, and which addresses may be reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Reachable = Callable[[Address], bool]
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
_IPV4_IN_IPV6 = (
    *map(IPv6Network, ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")),
    IPv6Network("fec0::/10"),
)
"""IPv6 addresses that embed an IPv4 address, and the deprecated site-local range."""
_ANY_PORT = 9


def is_public(address: Address) -> bool:
    """Whether it is on the public Internet: not this machine's, in a private network, or a cloud's metadata address."""
    if isinstance(address, IPv6Address) and any(address in network for network in _IPV4_IN_IPV6):
        return False
    return address.is_global and not address.is_multicast and not _is_local(address)


def _is_local(address: Address) -> bool:
    """Whether it is this machine's, whose services may listen on its public addresses too. Sends no packets."""
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), _ANY_PORT))
        except OSError:
            return False
        return ip_address(str(probe.getsockname()[0]).partition("%")[0]) == address


async def resolve(host: str, port: int) -> Sequence[Address]:
    """Raises OSError if the name does not exist."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))
