"""Ways to make the proxy reach what is not public, or somebody else than was checked: a trap on the host hears nobody
(fault 35). The proxy looks names up as it does in use, and its list of hosts is as bad as a list can be."""

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
from tests.sandbox.conftest import SPEC, python
from tests.sandbox.trap import Trap, trap, ways_out

ODD = ["127.0.0.1", "127.1", "0", "2130706433", "0x7f000001", "0177.0.0.1", "017700000001", "127.0.0.1.", "localhost"]
"""Spellings of this machine that the C library takes."""


def requests(hosts: list[str], port: int) -> list[bytes]:
    """For each host a tunnel, a plain request, and what a careless proxy reads as one for it."""
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


async def asked(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.readline()
    writer.close()
    return answer


async def looked_up(host: str, port: int) -> Sequence[Address]:
    """As in use, but that no name server is asked."""
    if host == "far.example":
        raise OSError("no such name")
    return await resolve(host, port)


@asynccontextmanager
async def proxied(allowed: list[str]) -> AsyncGenerator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    async with EgressProxy(allowed, is_public, looked_up).serving(listener):
        yield listener.getsockname()[1]


def everywhere(waiting: Trap) -> list[str]:
    """Every address of this machine, as IPv4 is written and as IPv6 disguises it."""
    plain = [address for address in waiting.addresses if ":" not in address]
    disguised = [
        f"[{address}]"
        for four in plain
        for address in (f"::ffff:{four}", f"::{four}", f"64:ff9b::{four}", ip_address(f"::ffff:{four}").exploded)
    ]
    return [*ODD, *plain, *disguised, "[::1]", "[::]"]


async def test_no_spelling_of_this_machine_is_reached(tmp_path: Path) -> None:
    with trap(tmp_path) as waiting:
        hosts = everywhere(waiting)
        names = [host for host in hosts if not host.startswith("[")]
        async with proxied([f"{name.rstrip('.')}:{waiting.tcp}" for name in names] + ["far.example"]) as port:
            answers = [await asked(port, request) for request in requests(hosts, waiting.tcp)]
        assert {answer.split(b" ")[1] for answer in answers} <= {b"400", b"403", b"502"}
        assert waiting.caught() == []


async def test_the_trap_would_be_reached(tmp_path: Path) -> None:
    """By the very same requests, were addresses of this machine let through."""
    with trap(tmp_path) as waiting:
        listener = socket.create_server(("127.0.0.1", 0))
        proxy = EgressProxy([f"{name}:{waiting.tcp}" for name in ODD], lambda _: True)
        async with proxy.serving(listener):
            for host in ODD:
                await asked(listener.getsockname()[1], f"CONNECT {host}:{waiting.tcp} HTTP/1.1\r\n\r\n".encode())
        assert waiting.caught().count("tcp") >= len(ODD) - 1


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
def test_no_such_address_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_addresses_of_this_machine_are_not_public_whatever_they_are(tmp_path: Path) -> None:
    """Looked at as if they were the Internet's."""

    class Public(IPv4Address):
        @property
        def is_global(self) -> bool:
            return True

    with trap(tmp_path) as waiting:
        own = [Public(address) for address in waiting.addresses if ":" not in address]
    assert own and not any(map(is_public, own))
    assert is_public(ip_address("93.184.215.14"))


@pytest.mark.docker
async def test_a_container_with_a_way_out_has_no_other(tmp_path: Path) -> None:
    with trap(tmp_path) as waiting:
        hosts = everywhere(waiting)[:12]
        egress = ("far.example", f"localhost:{waiting.tcp}")
        spec = structs.replace(SPEC, egress=egress)
        sent = [request.decode("latin-1") for request in requests(hosts, waiting.tcp)]
        script = f"""{ways_out(waiting)}
said = []
for request in {sent!r}:
    with socket.create_connection(('127.0.0.1', {EGRESS_PORT}), 60) as one:
        one.sendall(request.encode('latin-1'))
        said.append(one.recv(100).split(b' ')[1].decode())
print(json.dumps(sorted(set(said))))"""
        async with DockerProvider().open(spec) as sandbox:
            result = await python(sandbox, script)
        assert result.exit_code == 0, result.stderr.decode()
        taken, answers = map(json.loads, result.stdout.splitlines())
        assert set(taken) <= {"udp 127.0.0.1", "udp ::1"} and set(answers) <= {"400", "403", "502"}
        assert waiting.caught() == []
