"""Attempts to make the proxy reach a local address: a listener on the host receives nothing (fault 35). The proxy
resolves names as in production, with the worst possible list of allowed hosts."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, ip_address
from pathlib import Path

import pytest
from msgspec import structs

from assay.contracts.sandboxspec import EGRESS_PORT
from assay.sandbox.docker import DockerProvider
from assay.sandbox.egress import Address, EgressProxy, is_public
from assay.sandbox.egress.addresses import resolve
from tests.sandbox.escape_listener import EscapeListener, escape_listener, escape_program
from tests.sandbox.harness import SPEC, run_python

LOOPBACK_SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "0",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "localhost",
]
"""Spellings of the loopback address that the C library accepts."""


def bypass_requests(hosts: list[str], port: int) -> list[bytes]:
    """For each host a tunnel, a plain request, and requests that a careless proxy would parse as one for it."""
    found: list[str] = []
    for host in hosts:
        found += [
            f"CONNECT {host}:{port} HTTP/1.1\r\n",
            f"GET http://{host}:{port}/ HTTP/1.1\r\n",
            f"GET http://far.example@{host}:{port}/ HTTP/1.1\r\n",
            f"GET http://far.example:80@{host}:{port}/ HTTP/1.1\r\n",
            f"GET http://{host}:{port}\\@far.example/ HTTP/1.1\r\n",
            f"GET http://far.example#@{host}:{port}/ HTTP/1.1\r\n",
            f"GET //{host}:{port}/ HTTP/1.1\r\n",
            f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\n",
            f"CONNECT far.example:80 HTTP/1.1\r\nHost: {host}:{port}\r\n",
            f"GET http://far.example/ HTTP/1.1\r\nHost: {host}:{port}\r\nX-Forwarded-Host: {host}:{port}\r\n",
            f"CONNECT far.example:80@{host}:{port} HTTP/1.1\r\n",
            f"CONNECT {host}:{port}\t HTTP/1.1\r\n",
            f"CONNECT {host}%00.far.example:{port} HTTP/1.1\r\n",
        ]
    return [text.encode() + b"\r\n" for text in found]


async def first_line(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.readline()
    writer.close()
    return answer


async def resolve_offline(host: str, port: int) -> Sequence[Address]:
    """As in production, but without asking a name server."""
    if host == "far.example":
        raise OSError("no such name")
    return await resolve(host, port)


@asynccontextmanager
async def running_proxy(allowed: list[str]) -> AsyncGenerator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    async with EgressProxy(allowed, is_public, resolve_offline).serving(listener):
        yield listener.getsockname()[1]


def local_addresses(listener: EscapeListener) -> list[str]:
    """Every address of this machine, as IPv4 and embedded in IPv6."""
    plain = [address for address in listener.addresses if ":" not in address]
    disguised = [
        f"[{address}]"
        for four in plain
        for address in (f"::ffff:{four}", f"::{four}", f"64:ff9b::{four}", ip_address(f"::ffff:{four}").exploded)
    ]
    return [*LOOPBACK_SPELLINGS, *plain, *disguised, "[::1]", "[::]"]


async def test_no_spelling_of_a_local_address_passes_the_proxy(tmp_path: Path) -> None:
    with escape_listener(tmp_path) as listener:
        hosts = local_addresses(listener)
        names = [host for host in hosts if not host.startswith("[")]
        async with running_proxy([f"{name.rstrip('.')}:{listener.tcp}" for name in names] + ["far.example"]) as port:
            answers = [await first_line(port, request) for request in bypass_requests(hosts, listener.tcp)]
        assert {answer.split(b" ")[1] for answer in answers} <= {b"400", b"403", b"502"}
        assert listener.received() == []


async def test_the_same_requests_pass_a_proxy_that_allows_local_addresses(tmp_path: Path) -> None:
    """Control: the same requests reach the listener if local addresses are allowed."""
    with escape_listener(tmp_path) as listener:
        server = socket.create_server(("127.0.0.1", 0))
        proxy = EgressProxy([f"{name}:{listener.tcp}" for name in LOOPBACK_SPELLINGS], lambda _: True)
        async with proxy.serving(server):
            for host in LOOPBACK_SPELLINGS:
                await first_line(server.getsockname()[1], f"CONNECT {host}:{listener.tcp} HTTP/1.1\r\n\r\n".encode())
        assert listener.received().count("tcp") >= len(LOOPBACK_SPELLINGS) - 1


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.17.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::7f00:1"),
        *("::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::1", "2001::1"),
    ],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_local_addresses_are_never_public(tmp_path: Path) -> None:
    """Even if they are in a public range."""

    class Public(IPv4Address):
        @property
        def is_global(self) -> bool:
            return True

    with escape_listener(tmp_path) as listener:
        own = [Public(address) for address in listener.addresses if ":" not in address]
    assert own and not any(map(is_public, own))
    assert is_public(ip_address("93.184.215.14"))


@pytest.mark.docker
async def test_a_container_with_egress_has_no_other_way_out(tmp_path: Path) -> None:
    with escape_listener(tmp_path) as listener:
        hosts = local_addresses(listener)[:12]
        egress = ("far.example", f"localhost:{listener.tcp}")
        spec = structs.replace(SPEC, egress=egress)
        sent = [request.decode("latin-1") for request in bypass_requests(hosts, listener.tcp)]
        script = f"""{escape_program(listener)}
said = []
for request in {sent!r}:
    with socket.create_connection(('127.0.0.1', {EGRESS_PORT}), 60) as one:
        one.sendall(request.encode('latin-1'))
        said.append(one.recv(100).split(b' ')[1].decode())
print(json.dumps(sorted(set(said))))"""
        async with DockerProvider().open(spec) as sandbox:
            result = await run_python(sandbox, script)
        assert result.exit_code == 0, result.stderr.decode()
        taken, answers = map(json.loads, result.stdout.splitlines())
        assert set(taken) <= {"udp 127.0.0.1", "udp ::1"} and set(answers) <= {"400", "403", "502"}
        assert listener.received() == []
