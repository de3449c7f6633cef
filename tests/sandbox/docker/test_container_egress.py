"""A sandbox with egress: the proxy reaches the named hosts, and nothing else leads out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assay.contracts.sandboxspec import Health, SandboxSpec, Service
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
from tests.sandbox.escape_listener import escape_listener, escape_program
from tests.sandbox.harness import run_json, wait_until
from tests.sandbox.test_egress import OWN_LOOPBACK

pytestmark = pytest.mark.docker

FETCH = """
import urllib.error, urllib.request
def fetched(url):
    try:
        return urllib.request.urlopen(url, timeout=60).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
def refused(*address):
    try: socket.create_connection(address, 2)
    except OSError as error: return type(error).__name__
"""


async def test_egress_and_services_open_no_other_way_out(tmp_path: Path) -> None:
    service = Service(name="idle", image=DEFAULT_IMAGE, command=("sleep", "600"), health=Health(command=("true",)))
    spec = SandboxSpec(egress=("far.example",), services=(service,))
    with escape_listener(tmp_path) as listener:
        async with DockerProvider().open(spec) as sandbox:
            assert set(await run_json(sandbox, escape_program(listener))) <= OWN_LOOPBACK
        assert listener.received() == []
        assert sandbox.connections == []


async def test_the_proxy_is_the_only_way_out_and_records_connections() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    spec = SandboxSpec(egress=(f"localhost:{port}",))
    provider = DockerProvider(reachable=lambda address: address.is_loopback)
    async with server, provider.open(spec) as sandbox, DockerProvider().open(spec) as strict:
        script = (
            FETCH
            + f"""
print(json.dumps([fetched('http://localhost.:{port}/'), fetched('http://elsewhere.example/'),
    refused('127.0.0.1', {port}), refused('1.1.1.1', 443), open('/proc/net/route').read().count('\\n')]))"""
        )
        fetched, other, inside, beyond, routes = await run_json(sandbox, script)
        assert fetched == "fine" and "not among the hosts" in other
        assert (inside, beyond, routes) == ("ConnectionRefusedError", "OSError", 1)
        assert "not a public address" in await run_json(
            strict, FETCH + f"print(json.dumps(fetched('http://localhost.:{port}')))"
        )
        assert await wait_until(lambda: len(sandbox.connections) == 2), "the client may see the end earlier"
        assert [(container.host, container.allowed) for container in sandbox.connections] == [
            ("localhost", True),
            ("elsewhere.example", False),
        ]
