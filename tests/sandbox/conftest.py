"""Sandboxes to test: every provider, and bubblewrap's two ways (root's and an ordinary user's)."""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import SubRequest
from _pytest.mark.structures import ParameterSet
from docker import APIClient

from assay.contracts.tasks import SandboxSpec
from assay.sandbox import Command, CommandResult, Sandbox, SandboxProvider
from assay.sandbox.bubblewrap import BubblewrapProvider
from assay.sandbox.docker import DockerProvider
from assay.sandbox.process import ProcessProvider

PROVIDERS: dict[str, Callable[[], SandboxProvider]] = {
    "bubblewrap": BubblewrapProvider,
    "bubblewrap-userns": lambda: BubblewrapProvider(user_namespace=True),
    "process": ProcessProvider,
    "docker": DockerProvider,
}
SPEC = SandboxSpec(
    memory_mb=128, cpu_seconds=30, wall_seconds=90, processes=24, workspace_mb=8, open_files=64, output_bytes=100_000
)
"""Times are long: on a machine kept busy a limit would else be met by what ought to meet another one, or none."""


def open_descriptors() -> int:
    """Of this process, without those that only wait to be collected."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


async def until(holds: Callable[[], object], seconds: float = 60) -> bool:
    """Whether it holds in the end, however late everybody is."""
    deadline = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return bool(found)


def named(*names: str) -> list[ParameterSet]:
    """Providers as parameters, with the mark that Docker's tests are chosen by."""
    return [pytest.param(name, marks=pytest.mark.docker if name == "docker" else ()) for name in names]


@pytest.fixture(params=named(*PROVIDERS))
def provider(request: SubRequest, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    return made(request.param, monkeypatch)


@pytest.fixture(params=named("bubblewrap", "bubblewrap-userns", "docker"))
def isolating(request: SubRequest, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    """A provider that enforces everything."""
    return made(request.param, monkeypatch)


@pytest.fixture
def client() -> Iterator[APIClient]:
    """The Docker daemon itself, to see what a provider did there."""
    client = APIClient()
    yield client
    client.close()


def made(name: str, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    if name == "bubblewrap-userns":
        monkeypatch.setattr(sys, "base_prefix", python_for_anybody())
    return PROVIDERS[name]()


@cache
def python_for_anybody() -> str:
    """Our interpreter where every user of this machine reaches it: root's own often lies below root's home."""
    base = Path(sys.base_prefix).resolve()
    if all(folder.stat().st_mode & 1 for folder in (base, *base.parents)):
        return str(base)
    copy = Path(tempfile.mkdtemp(prefix="assay-python-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    left_out = shutil.ignore_patterns("site-packages", "test", "tests", "idlelib", "share", "include")
    shutil.copytree(base, copy, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    return str(copy)


@pytest.fixture
async def sandbox(provider: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with provider.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
async def closed_room(isolating: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with isolating.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
def packages() -> Iterator[Path]:
    """A host folder that everyone may read; pytest's own are open to nobody else."""
    with tempfile.TemporaryDirectory(prefix="assay-packages-") as name:
        (Path(name) / "module.py").write_text("x = 5")
        Path(name).chmod(0o755)
        yield Path(name)


async def python(sandbox: Sandbox, script: str, **more: Any) -> CommandResult:
    return await sandbox.run(Command(argv=["python3", "-c", script], **more))


async def asked(sandbox: Sandbox, script: str) -> Any:
    """What the script prints, as JSON."""
    result = await python(sandbox, "import json, os, resource, socket, sys\n" + script)
    assert result.exit_code == 0, result.stderr.decode()
    return json.loads(result.stdout)
