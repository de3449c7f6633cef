"""Providers and limits for sandbox tests, and helpers to run code inside."""

from __future__ import annotations

import asyncio
import atexit
import errno
import gc
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, CommandResult, Sandbox, SandboxProvider
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.docker import DockerProvider
from assay.sandbox.kubernetes import KubernetesProvider
from assay.sandbox.process import ProcessProvider
from tests.fakes.kubernetes import FakeCluster

PROVIDERS: dict[str, Callable[[], SandboxProvider]] = {
    "bubblewrap": BubblewrapProvider,
    "bubblewrap-userns": lambda: BubblewrapProvider(user_namespace=True),
    "process": ProcessProvider,
    "docker": DockerProvider,
    "kubernetes": KubernetesProvider,
}
REAL_CLUSTER = bool(os.environ.get("ASSAY_TEST_KUBERNETES"))
"""The cluster that ``KUBECONFIG`` names is used instead of one that only speaks like one. It must run on this machine,
because some tests look for its processes."""
NO_IP = errno.EAFNOSUPPORT
"""In a pod of a cluster without network policies, there are no IP sockets at all."""
ISOLATING_CLUSTER = ("kubernetes",) if REAL_CLUSTER else ()
SPEC = SandboxSpec(
    memory_mb=128, cpu_seconds=30, wall_seconds=90, processes=24, workspace_mb=8, open_files=64, output_bytes=100_000
)
"""Time limits are long: on a busy machine a test of another limit would otherwise run into them."""


def open_descriptors() -> int:
    """The number of open descriptors of this process, after garbage collection."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def wait_until(holds: Callable[[], object], seconds: float = 60) -> bool:
    """Waits until the condition holds; False after a timeout."""
    deadline = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return bool(found)


def provider_params(*names: str) -> list[ParameterSet]:
    """Providers as test parameters; Docker's has the marker that selects its tests."""
    return [pytest.param(name, marks=pytest.mark.docker if name == "docker" else ()) for name in names]


def make_provider(name: str, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    if name == "bubblewrap-userns":
        monkeypatch.setattr(sys, "base_prefix", world_readable_python())
    if name == "kubernetes" and not REAL_CLUSTER:
        monkeypatch.setenv("KUBECONFIG", str(fake_cluster().kubeconfig))
    return PROVIDERS[name]()


@cache
def fake_cluster() -> FakeCluster:
    cluster = FakeCluster()
    atexit.register(cluster.close)
    return cluster


@cache
def world_readable_python() -> str:
    """Our interpreter at a place that every user can read: root's own is often below /root."""
    base = Path(sys.base_prefix).resolve()
    if all(folder.stat().st_mode & 1 for folder in (base, *base.parents)):
        return str(base)
    copy = Path(tempfile.mkdtemp(prefix="assay-python-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    left_out = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "share", "include")
    shutil.copytree(base, copy, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    return str(copy)


async def run_python(sandbox: Sandbox, script: str, **more: Any) -> CommandResult:
    return await sandbox.run(Command(argv=["python3", "-c", script], **more))


async def run_json(sandbox: Sandbox, script: str) -> Any:
    """What the script prints, parsed as JSON."""
    result = await run_python(sandbox, "import json, os, resource, socket, sys\n" + script)
    assert result.exit_code == 0, result.stderr.decode()
    return json.loads(result.stdout)


async def connect_error(sandbox: Sandbox, family: str, kind: str, address: str) -> int:
    script = f"""
try: socket.socket(socket.{family}, socket.{kind}).connect(('{address}', 53))
except OSError as error: print(error.errno)"""
    return int(await run_json(sandbox, script))


def socket_memory_bomb(seconds: int) -> str:
    """A script that fills sockets, which is kernel memory that init does not see. It ends once a process is killed for
    it, or after this time."""
    return f"""
import os, socket, time
for _ in range(10):
    if not os.fork():
        pairs = [socket.socketpair() for _ in range(450)]
        for end, _ in pairs:
            end.setblocking(False)
            try:
                while True: end.send(bytes(65536))
            except OSError: pass
        time.sleep({seconds})
        os._exit(0)
for _ in range(10):
    if os.waitstatus_to_exitcode(os.wait()[1]): break
"""
