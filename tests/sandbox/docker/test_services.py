"""Services of a sandbox: reachable from it by name, and from nowhere else."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from assay.contracts.sandboxspec import Capability, Health, Place, SandboxSpec, Service
from assay.sandbox import Sandbox
from assay.sandbox.docker import DEFAULT_IMAGE, DockerProvider
from assay.sandbox.docker.labels import LABEL
from assay.sandbox.errors import ServiceNotReady
from tests.sandbox.harness import run_json

pytestmark = pytest.mark.docker

PORT = 18_080
NETWORK = str(Path("/proc/self/ns/net").readlink())
"""This process's network namespace, which is the host's."""
ECHO = f"""
import os, socketserver
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(os.environ["ANSWER"].encode() + self.rfile.readline())
socketserver.ThreadingTCPServer(("0.0.0.0", {PORT}), Echo).serve_forever()"""
SERVICE = Service(
    name="echo",
    image=DEFAULT_IMAGE,
    command=("python3", "-c", ECHO),
    environment={"ANSWER": "echo "},
    ports=(PORT,),
    health=Health(command=("test", "-d", "/data"), interval_seconds=0.1),
    data=("/data",),
    data_mb=8,
    memory_mb=64,
    processes=16,
    capabilities=(Capability.SETUID,),
)
SPEC = SandboxSpec(wall_seconds=90, services=(SERVICE,))
ECHOED = f"""
def echoed(host):
    with socket.create_connection((host, {PORT}), 60) as there:
        there.sendall(b'hello\\n')
        return there.makefile().read()
"""
REFUSED = """
def refused(*address):
    try:
        socket.create_connection(address, 2)
    except OSError as error:
        return type(error).__name__
"""


def sidecar_of(client: APIClient) -> dict[str, Any]:
    """The service container started by this process, as inspected by the daemon."""
    mine = [
        container
        for container in client.containers(filters={"label": LABEL})
        if str(os.getpid()) in container["Labels"].values()
    ]
    (found,) = [container for container in mine if "container_init" not in container["Command"]]
    return client.inspect_container(found["Id"])


def run_json_in(client: APIClient, container: dict[str, Any], script: str) -> Any:
    """What a script prints in the service's container, parsed as JSON."""
    exec_ = client.exec_create(container["Id"], ["python3", "-c", "import json, os, socket\n" + script])
    return json.loads(client.exec_start(exec_["Id"]))


def host_addresses() -> list[str]:
    names = [line.split()[0] for line in Path("/proc/net/fib_trie").read_text().split("|-- ")[1:]]
    return sorted({name for name in names if not name.endswith((".0", ".255"))})


async def test_a_service_is_reachable_only_from_its_sandbox(client: APIClient) -> None:
    provider = DockerProvider()
    networks = len(client.networks())
    async with provider.open(SPEC) as sandbox, provider.open(SandboxSpec()) as other:
        assert (
            await run_json(sandbox, ECHOED + "print(json.dumps([echoed('echo'), echoed('127.0.0.1')]))")
            == ["echo hello\n"] * 2
        )
        assert (
            await run_json(other, REFUSED + f"print(json.dumps(refused('127.0.0.1', {PORT})))")
            == "ConnectionRefusedError"
        )
        assert await run_json(other, REFUSED + f"print(json.dumps(refused('echo', {PORT})))") == "gaierror"
        for address in host_addresses():
            with pytest.raises(OSError), socket.create_connection((address, PORT), 0.5):
                pass
        sidecar = sidecar_of(client)
        assert not sidecar["NetworkSettings"]["Networks"] and not sidecar["NetworkSettings"]["IPAddress"]
        assert len(client.networks()) == networks, "no network is created"
        await check_no_route_out(sandbox, client, sidecar)
        check_confinement(client, sidecar)
    assert not client.containers(all=True, filters={"id": sidecar["Id"]})


async def check_no_route_out(sandbox: Sandbox, client: APIClient, sidecar: dict[str, Any]) -> None:
    """Sandbox and service share one network namespace, which is not the host's and has only a loopback."""
    look = REFUSED + (
        "lines = open('/proc/net/dev').read().splitlines()[2:]\n"
        "routes = open('/proc/net/route').read().splitlines()[1:]\n"
        f"out = [refused(address, 22) for address in {[*host_addresses(), '1.1.1.1', '169.254.169.254']!r}]\n"
        "print(json.dumps([[line.split(':')[0].strip() for line in lines], routes, sorted(set(out)),"
        " os.readlink('/proc/self/ns/net')]))"
    )
    in_sandbox, in_service = await run_json(sandbox, look), run_json_in(client, sidecar, look)
    assert in_sandbox == in_service
    assert in_sandbox[:2] == [["lo"], []]
    assert set(in_sandbox[2]) <= {"OSError", "ConnectionRefusedError"}
    assert in_sandbox[3] != NETWORK


def check_confinement(client: APIClient, sidecar: dict[str, Any]) -> None:
    """Read back from inside the service."""
    look = """
import ctypes
status = dict(line.split(':\\t') for line in open('/proc/1/status').read().splitlines() if ':\\t' in line)
def first(*paths):
    return next(int(open(path).read()) for path in paths if os.path.exists(path))
def denied(work):
    try: work()
    except OSError as error: return error.errno
memory = first('/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes') >> 20
pids = first('/sys/fs/cgroup/pids.max', '/sys/fs/cgroup/pids/pids.max')
sealed = [denied(lambda: open(path, 'w')) for path in ('/x', '/etc/hosts', '/usr/bin/python3')]
families = [denied(lambda: socket.socket(*family)) for family in ((38, 1), (40, 1), (17, 3), (16, 3, 15), (16, 3, 0))]
unshared = ctypes.CDLL(None).unshare(0x10000000)
open('/data/x', 'w').write('x')
print(json.dumps([int(status['CapBnd'], 16), status['NoNewPrivs'], status['Seccomp'], memory, pids, sealed, families,
                  unshared]))"""
    assert run_json_in(client, sidecar, look) == [
        1 << 7,
        "1",
        "2",
        64 + 8,
        16,
        [30, 30, 30],
        [97, 97, 97, 97, None],
        -1,
    ]
    mounts = {mount["Destination"]: mount["RW"] for mount in sidecar["Mounts"] if mount["Type"] == "bind"}
    assert mounts == {"/etc/hosts": False}


async def test_a_service_that_is_not_ready_is_reported_with_its_log(client: APIClient) -> None:
    ending = Service(name="ends", image=DEFAULT_IMAGE, command=("sh", "-c", "echo no licence; exit 3"), ports=(1,))
    failing = Health(command=("sh", "-c", "exit 4"), interval_seconds=0.1, timeout_seconds=60, retries=2)
    hanging = Health(command=("sleep", "600"), interval_seconds=0.1, timeout_seconds=0.2, retries=10)
    unhealthy = Service(name="ails", image=DEFAULT_IMAGE, command=("sleep", "600"), health=failing)
    hanging = Service(name="hangs", image=DEFAULT_IMAGE, command=("sleep", "600"), health=hanging)
    provider = DockerProvider()

    async def fails(service: Service, describe: str) -> None:
        with pytest.raises(ServiceNotReady, match=f"(?s){describe}"):
            async with provider.open(SandboxSpec(services=(service,))):
                pass

    await asyncio.gather(
        fails(ending, "ends is not ready: it exited.*no licence"),
        fails(unhealthy, "ails.*exits with code 4"),
        fails(hanging, "hangs.*did not end"),
    )
    mine = client.containers(all=True, filters={"label": f"assay.pid={os.getpid()}"})
    assert not mine, "no container is left"


def test_services_start_only_in_their_places() -> None:
    spec = SandboxSpec(services=(SERVICE, Service(name="db", image="x", places=(Place.TESTS,))))
    assert [container.name for container in spec.at(Place.TESTS).services] == ["echo", "db"]
    assert [container.name for container in spec.at(Place.ATTEMPT).services] == ["echo"]
    assert spec.at(None) == SandboxSpec()
