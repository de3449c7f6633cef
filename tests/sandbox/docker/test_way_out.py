"""A sandbox with a way out: by the proxy to hosts that are named, and by nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assay.contracts.sandboxspec import Health, SandboxSpec, Service
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
from tests.sandbox.conftest import asked, until
from tests.sandbox.test_egress import OWN
from tests.sandbox.trap import trap, ways_out

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


async def test_with_a_way_out_and_a_service_there_is_still_no_other_way(tmp_path: Path) -> None:
    service = Service(name="idle", image=DEFAULT_IMAGE, command=("sleep", "600"), health=Health(command=("true",)))
    spec = SandboxSpec(egress=("far.example",), services=(service,))
    with trap(tmp_path) as waiting:
        async with DockerProvider().open(spec) as sandbox:
            assert set(await asked(sandbox, ways_out(waiting))) <= OWN
        assert waiting.caught() == []
        assert sandbox.connections == []


async def test_the_proxy_is_the_only_way_out_and_tells_of_it() -> None:
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
        fetched, other, inside, beyond, routes = await asked(sandbox, script)
        assert fetched == "fine" and "not among the hosts" in other
        assert (inside, beyond, routes) == ("ConnectionRefusedError", "OSError", 1)
        assert "not a public one" in await asked(
            strict, FETCH + f"print(json.dumps(fetched('http://localhost.:{port}')))"
        )
        assert await until(lambda: len(sandbox.connections) == 2), "who asked may see the end first"
        assert [(one.host, one.allowed) for one in sandbox.connections] == [
            ("localhost", True),
            ("elsewhere.example", False),
        ]
