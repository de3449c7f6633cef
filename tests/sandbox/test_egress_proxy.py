"""The egress proxy: allowed hosts at public addresses only, and every connection recorded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address

import pytest

from assay.contracts.sandboxspec import Connection
from assay.sandbox.egress import Address, EgressProxy, is_public
from assay.sandbox.egress.requests import BadRequest, read_request
from tests.sandbox.harness import wait_until

LOOPBACK = ip_address("127.0.0.1")


class RemoteServer:
    """A server on the Internet. ``received`` is what each connection sent."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received.append(await reader.read(4096))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()


@pytest.fixture
async def remote() -> AsyncGenerator[RemoteServer]:
    remote = RemoteServer()
    server = await asyncio.start_server(remote.serve, "127.0.0.1", 0)
    remote.port = server.sockets[0].getsockname()[1]
    yield remote
    server.close()


class FakeResolver:
    """Gives a different answer each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.lookups = list(answers), 0

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.lookups += 1
        return [ip_address(address) for address in self.answers.pop(0)]


@asynccontextmanager
async def running_proxy(proxy: EgressProxy) -> AsyncGenerator[int]:
    """Yields the port it listens on."""
    listener = socket.create_server(("127.0.0.1", 0))
    async with proxy.serving(listener):
        yield listener.getsockname()[1]


async def send(port: int, request: bytes) -> bytes:
    """Sends a request and returns the whole response."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    return answer


async def connection_record(proxy: EgressProxy, number: int = 0) -> Connection:
    """Waits for the record, which is written when the connection has ended; the client may see the end earlier."""
    await wait_until(lambda: len(proxy.connections) > number)
    return proxy.connections[number]


def only_loopback(address: Address) -> bool:
    return address == LOOPBACK


async def test_tunnels_and_plain_requests_reach_an_allowed_host(remote: RemoteServer) -> None:
    resolver = FakeResolver(["127.0.0.1"], ["127.0.0.1"])
    proxy = EgressProxy([f"far.example:{remote.port}"], only_loopback, resolver)
    async with running_proxy(proxy) as port:
        answer = await send(port, f"CONNECT Far.example:{remote.port} HTTP/1.1\r\nHost: x\r\n\r\nsecret".encode())
        assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK") and answer.endswith(
            b"hi"
        )
        request = (
            f"GET http://far.example:{remote.port}/a?b HTTP/1.1\r\n"
            "Host: other\r\nProxy-Authorization: k\r\nX: y\r\n\r\n"
        )
        assert (await send(port, request.encode())).startswith(b"HTTP/1.1 200 OK")
        first, second = await connection_record(proxy), await connection_record(proxy, 1)
    assert remote.received[0] == b"secret"
    assert remote.received[1].decode().split("\r\n") == [
        "GET /a?b HTTP/1.1",
        f"Host: far.example:{remote.port}",
        "X: y",
        "Connection: close",
        "",
        "",
    ]
    assert (first.host, first.port, first.address, first.allowed) == ("far.example", remote.port, "127.0.0.1", True)
    assert (first.sent_bytes, first.received_bytes) == (6, len(answer) - 39)
    assert second.sent_bytes == len(remote.received[1]) and second.reason == ""


async def test_other_hosts_and_ports_are_refused_and_recorded(remote: RemoteServer) -> None:
    resolver = FakeResolver()
    proxy = EgressProxy(["far.example"], only_loopback, resolver)
    async with running_proxy(proxy) as port:
        for target in (f"far.example:{remote.port}", "near.example:443", "127.0.0.1:443", "far.example.evil:443"):
            answer = await send(port, f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 403") and b"not among the hosts" in answer
        connection = await connection_record(proxy, 3)
    assert not connection.allowed and "not among" in connection.reason
    assert resolver.lookups == 0 and remote.received == [], "the name was not even resolved"


async def test_a_name_that_resolves_to_a_private_address_is_refused(remote: RemoteServer) -> None:
    resolver = FakeResolver(["10.0.0.1"], ["93.184.215.14", "169.254.169.254"], [])
    proxy = EgressProxy([f"far.example:{remote.port}"], is_public, resolver)
    async with running_proxy(proxy) as port:
        for _ in range(3):
            answer = await send(port, f"CONNECT far.example:{remote.port} HTTP/1.1\r\n\r\n".encode())
            assert b"not a public address" in answer
        assert not (await connection_record(proxy, 2)).allowed
    assert remote.received == []


async def test_a_name_is_resolved_once_and_that_address_is_used(remote: RemoteServer) -> None:
    resolver = FakeResolver(["127.0.0.1"], ["169.254.169.254"])
    proxy = EgressProxy([f"localhost:{remote.port}"], only_loopback, resolver)
    async with running_proxy(proxy) as port:
        await send(port, f"CONNECT localhost:{remote.port} HTTP/1.1\r\n\r\nx".encode())
        assert (await connection_record(proxy)).address == "127.0.0.1"
    assert resolver.lookups == 1 and remote.received == [b"x"]


async def test_malformed_requests_are_refused(remote: RemoteServer) -> None:
    proxy = EgressProxy(["far.example"], only_loopback, FakeResolver())
    async with running_proxy(proxy) as port:
        for request in (b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff\xfe\r\n\r\n", b"x" * 40_000 + b"\r\n\r\n"):
            assert (await send(port, request)).startswith(b"HTTP/1.1 400")


async def test_connections_close_with_the_sandbox_and_are_recorded(remote: RemoteServer) -> None:
    proxy = EgressProxy([f"far.example:{remote.port}"], only_loopback, FakeResolver(["127.0.0.1"]))
    async with running_proxy(proxy) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT far.example:{remote.port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
    assert [connection.host for connection in proxy.connections] == ["far.example"]
    writer.close()


def test_private_and_embedded_addresses_are_not_public() -> None:
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
def test_ambiguous_requests_are_rejected(head: str) -> None:
    with pytest.raises(BadRequest):
        read_request(f"{head}\r\n\r\n".encode())
