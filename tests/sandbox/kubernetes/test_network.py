"""What cuts a sandbox in a pod off from the network, and what works nevertheless."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec import structs

from assay.contracts.sandboxspec import Health, Service
from assay.sandbox import Command, FolderMount, Sandbox
from assay.sandbox.errors import SpecUnsupported
from assay.sandbox.kubernetes import KubernetesProvider, KubernetesSettings
from assay.sandbox.kubernetes.settings import Network
from tests.fakes.kubernetes import FakeCluster
from tests.sandbox.harness import NO_IP, SPEC, connect_error, run_json, run_python, wait_until

WEB = Service(
    name="web",
    image="assay/sandbox-python:latest",
    command=("python3", "-m", "http.server", "8000", "--directory", "/tmp"),
    ports=(8000,),
    health=Health(command=("test", "-d", "/tmp")),
)
EGRESS = structs.replace(SPEC, egress=("localhost:80",))
LOOPBACK = "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); print('true')"


async def test_without_a_network_policy_there_are_no_ip_sockets(cluster: FakeCluster) -> None:
    cluster.faults.add("no policy enforced")
    availability = await KubernetesProvider().check()
    assert availability.available and "denies IP sockets" in availability.limits["network"]
    async with KubernetesProvider().open(SPEC) as sandbox:
        for family in ("AF_INET", "AF_INET6"):
            assert await connect_error(sandbox, family, "SOCK_STREAM", "::1" if "6" in family else "127.0.0.1") == NO_IP
        assert await run_json(sandbox, "socket.socketpair(); print('true')") is True
    for spec in (structs.replace(SPEC, services=(WEB,)), EGRESS):
        with pytest.raises(SpecUnsupported, match=r"(loopback|IP sockets).*network policy"):
            async with KubernetesProvider().open(spec):
                pass


async def test_a_network_of_its_own_is_used_where_the_runtime_allows_it(cluster: FakeCluster) -> None:
    cluster.faults |= {"no policy enforced", "namespaces"}
    async with KubernetesProvider().open(SPEC) as sandbox:
        assert await run_json(sandbox, LOOPBACK) is True
        assert await connect_error(sandbox, "AF_INET", "SOCK_STREAM", "127.0.0.1") != NO_IP
        pod_listener = "try: socket.create_connection(('127.0.0.1', 443))\nexcept OSError: print('true')"
        assert await run_json(sandbox, pod_listener) is True, "the pod's own loopback is another"
        namespaces = await sandbox.run(Command(argv=["unshare", "-n", "true"]))
        assert namespaces.exit_code != 0


async def test_no_ip_sockets_can_be_chosen(cluster: FakeCluster) -> None:
    provider = KubernetesProvider(KubernetesSettings(network=Network.SOCKETS))
    with pytest.raises(SpecUnsupported, match="ASSAY_KUBERNETES_NETWORK=sockets"):
        async with provider.open(structs.replace(SPEC, services=(WEB,))):
            pass
    assert not cluster.pods


async def test_a_missing_or_unreadable_policy_is_a_warning(cluster: FakeCluster) -> None:
    cluster.faults.add("no policy")
    availability = await KubernetesProvider().check()
    assert availability.available and "no NetworkPolicy that denies" in availability.warning


async def test_services_are_reached_by_name_once_they_are_ready(cluster: FakeCluster) -> None:
    async with KubernetesProvider().open(structs.replace(SPEC, services=(WEB,))) as sandbox:
        script = "import urllib.request; print(urllib.request.urlopen('http://web:8000/').status)"
        assert (await run_python(sandbox, script)).stdout == b"200\n"


@pytest.mark.parametrize("faults", [set[str](), {"no policy enforced", "namespaces"}])
async def test_egress_leads_through_the_workers_proxy(cluster: FakeCluster, faults: set[str]) -> None:
    cluster.faults |= faults
    async with _listening() as port:
        provider = KubernetesProvider(reachable=lambda _: True)
        async with provider.open(structs.replace(SPEC, egress=(f"localhost:{port}",))) as sandbox:
            assert await _through_proxy(sandbox, f"localhost:{port}") == "HTTP/1.0 200 OK"
            assert await _through_proxy(sandbox, "localhost:1") == "HTTP/1.1 403 Forbidden"
            assert await wait_until(lambda: len(sandbox.connections) == 2)
            assert {(each.port, each.allowed) for each in sandbox.connections} == {(port, True), (1, False)}


async def test_sockets_in_a_mounted_folder_lead_to_this_machine(cluster: FakeCluster, tmp_path: Path) -> None:
    async def upper(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    (tmp_path / "tool").write_text("#!/bin/sh\necho works")
    (tmp_path / "tool").chmod(0o755)
    server = await asyncio.start_unix_server(upper, tmp_path / "socket")
    mounts = [FolderMount(path="/opt/x", folder=tmp_path)]
    async with server, KubernetesProvider().open(SPEC, mounts=mounts) as sandbox:
        script = (
            "s = socket.socket(socket.AF_UNIX); s.connect('/opt/x/socket'); s.sendall(b'a' * 1_000_000)\n"
            "s.shutdown(1); print(json.dumps(s.makefile('rb').read().count(b'A')))"
        )
        assert await run_json(sandbox, script) == 1_000_000
        assert (await sandbox.run(Command(argv=["/opt/x/tool"]))).stdout == b"works\n"


@asynccontextmanager
async def _listening() -> AsyncGenerator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def _through_proxy(sandbox: Sandbox, host: str) -> str:
    """The status line of the answer."""
    request = f"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n"
    script = f"""
s = socket.create_connection(('127.0.0.1', 3128))
s.sendall({json.dumps(request)}.encode())
print(json.dumps(s.makefile().readline().strip()))"""
    return await run_json(sandbox, script)
