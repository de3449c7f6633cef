"""The one way out: to the hosts that are named, at addresses that are public, and everything told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from assay.contracts.sandboxspec import Connection
from assay.sandbox.egress import Address, EgressProxy, is_public
from assay.sandbox.egress.requests import Unreadable, read_request
from tests.sandbox.conftest import until

LOOPBACK = ip_address("127.0.0.1")


class Far:
    """A server out there. ``heard`` is what it was sent, by connection."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard.append(await reader.read(4096))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()


@pytest.fixture
async def far() -> AsyncGenerator[Far]:
    made = Far()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


class Names:
    """A name server whose answers differ each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked += 1
        return [ip_address(address) for address in self.answers.pop(0)]


@asynccontextmanager
async def proxied(proxy: EgressProxy) -> AsyncGenerator[int]:
    """The port it listens at."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with proxy.serving(listener):
        yield listener.getsockname()[1]


async def said(port: int, request: bytes) -> bytes:
    """Everything that is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    return answer


async def told(proxy: EgressProxy, number: int = 0) -> Connection:
    """The record comes when the connection has ended, which its client may see first."""
    await until(lambda: len(proxy.connections) > number)
    return proxy.connections[number]


def only_loopback(address: Address) -> bool:
    return address == LOOPBACK


async def test_a_tunnel_and_a_plain_request_go_to_a_host_that_is_named(far: Far) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.1"])
    proxy = EgressProxy([f"far.example:{far.port}"], only_loopback, names)
    async with proxied(proxy) as port:
        answer = await said(port, f"CONNECT Far.example:{far.port} HTTP/1.1\r\nHost: x\r\n\r\nsecret".encode())
        assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK") and answer.endswith(
            b"hi"
        )
        request = (
            f"GET http://far.example:{far.port}/a?b HTTP/1.1\r\nHost: other\r\nProxy-Authorization: k\r\nX: y\r\n\r\n"
        )
        assert (await said(port, request.encode())).startswith(b"HTTP/1.1 200 OK")
        first, second = await told(proxy), await told(proxy, 1)
    assert far.heard[0] == b"secret"
    assert far.heard[1].decode().split("\r\n") == [
        "GET /a?b HTTP/1.1",
        f"Host: far.example:{far.port}",
        "X: y",
        "Connection: close",
        "",
        "",
    ]
    assert (first.host, first.port, first.address, first.allowed) == ("far.example", far.port, "127.0.0.1", True)
    assert (first.sent_bytes, first.received_bytes) == (6, len(answer) - 39)
    assert second.sent_bytes == len(far.heard[1]) and second.reason == ""


async def test_a_host_or_a_port_that_is_not_named_is_refused_and_told(far: Far) -> None:
    names = Names()
    proxy = EgressProxy(["far.example"], only_loopback, names)
    async with proxied(proxy) as port:
        for target in (f"far.example:{far.port}", "near.example:443", "127.0.0.1:443", "far.example.evil:443"):
            answer = await said(port, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 403") and b"not among the hosts" in answer
        connection = await told(proxy, 3)
    assert not connection.allowed and "not among" in connection.reason
    assert names.asked == 0 and far.heard == [], "not even the name was looked up"


async def test_a_name_at_a_private_address_is_refused(far: Far) -> None:
    names = Names(["10.0.0.1"], ["93.184.215.14", "169.254.169.254"], [])
    proxy = EgressProxy([f"far.example:{far.port}"], is_public, names)
    async with proxied(proxy) as port:
        for _ in range(3):
            answer = await said(port, f"CONNECT far.example:{far.port} HTTP/1.1\r\n\r\n".encode())
            assert b"not a public one" in answer
        assert not (await told(proxy, 2)).allowed
    assert far.heard == []


async def test_a_name_is_looked_up_once_and_the_address_found_is_the_one_connected_to(far: Far) -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    proxy = EgressProxy([f"localhost:{far.port}"], only_loopback, names)
    async with proxied(proxy) as port:
        await said(port, f"CONNECT localhost:{far.port} HTTP/1.1\r\n\r\nx".encode())
        assert (await told(proxy)).address == "127.0.0.1"
    assert names.asked == 1 and far.heard == [b"x"]


async def test_what_is_no_request_is_refused(far: Far) -> None:
    proxy = EgressProxy(["far.example"], only_loopback, Names())
    async with proxied(proxy) as port:
        for request in (b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe\r\n\r\n", b"x" * 40_000 + b"\r\n\r\n"):
            assert (await said(port, request)).startswith(b"HTTP/1.1 400")


async def test_connections_end_with_the_sandbox_and_are_told(far: Far) -> None:
    proxy = EgressProxy([f"far.example:{far.port}"], only_loopback, Names(["127.0.0.1"]))
    async with proxied(proxy) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT far.example:{far.port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
    assert [connection.host for connection in proxy.connections] == ["far.example"]
    writer.close()


def test_only_public_addresses_are() -> None:
    assert all(is_public(ip_address(one)) for one in ("93.184.215.14", "1.1.1.1", "2606:4700::1111"))
    hidden = "10.1.2.3 172.16.0.1 192.168.1.1 127.0.0.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255"
    hidden += " ::1 :: fe80::1 fd00:ec2::254 ff02::1 ::ffff:10.0.0.1 ::ffff:1.1.1.1 64:ff9b::a9fe:a9fe 2002:a00:1::"
    assert [one for one in hidden.split() if is_public(ip_address(one))] == []


@pytest.mark.parametrize(
    "head",
    [
        "CONNECT far.example HTTP/1.1",
        "CONNECT far.example:99999 HTTP/1.1",
        "CONNECT [::1]:443 HTTP/1.1",
        "CONNECT user@far.example:443 HTTP/1.1",
        "GET https://far.example/ HTTP/1.1",
        "GET http://far.example@evil/ HTTP/1.1",
        "GET http://far.example/ HTTP/1.1\r\nbroken",
        "GET http://far.example/ HTTP/1.1\r\n folded: x",
        "GET http://far.example/\x00 HTTP/1.1",
        "GET http://far.example/ HTTP/2",
    ],
)
def test_requests_are_read_strictly(head: str) -> None:
    with pytest.raises(Unreadable):
        read_request(f"{head}\r\n\r\n".encode())
