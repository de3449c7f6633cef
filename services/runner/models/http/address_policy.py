"""To which addresses the runner connects for a provider that a user added.

Such a provider must not become a way into the runner's own network (server-side request forgery): only public addresses
are allowed, and for providers marked local those that the administrator has listed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from services.runner.errors import CallMisconfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK, PRIVATE = "loopback", "private"
_NAMED: dict[str, tuple[str, ...]] = {
    LOOPBACK: ("127.0.0.0/8", "::1/128"),
    PRIVATE: ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
}
_NAT64 = ip_network("64:ff9b::/96")


class AddressRefused(CallMisconfigured):
    """The provider's host has an address to which nothing may be sent."""


@dataclass(frozen=True, kw_only=True)
class AddressPolicy:
    """``networks`` are allowed besides public addresses; ``remedy`` says how others become so."""

    networks: tuple[Network, ...] = ()
    remedy: str = ""

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, IPv4 first. Raises AddressRefused if any address of the host is not allowed,
        OSError if it has none."""
        addresses = await _addresses(host, port)
        for address in addresses:
            if not self.allows(address):
                named = str(address) if str(address) == host else f"{address}, the address of {host},"
                raise AddressRefused(f"{named} is {_kind(address)}, and nothing is sent there: {self.remedy}")
        return [str(address) for address in sorted(addresses, key=lambda address: address.version)]

    def allows(self, address: Address) -> bool:
        address = _embedded(address)
        if any(address in network for network in self.networks if network.version == address.version):
            return True
        return address.is_global and not address.is_multicast


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks such as ``10.1.0.0/16``, or the words ``loopback`` and ``private``, separated by commas. Raises
    ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    named = [each for word in words for each in _NAMED.get(word, (word,))]
    return tuple(ip_network(each) for each in named)


async def _addresses(host: str, port: int) -> Sequence[Address]:
    try:
        return [ip_address(host.strip("[]").partition("%")[0])]
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found]


def _embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for; any other unchanged."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _kind(address: Address) -> str:
    address = _embedded(address)
    if address.is_loopback:
        return "on the runner's own machine"
    if address.is_link_local:
        return "link-local"
    return "in a private network" if address.is_private else "not a public address"
