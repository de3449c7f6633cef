"""Sandboxes to test: every provider, and bubblewrap's two ways (root's and an ordinary user's)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import SubRequest
from _pytest.mark.structures import ParameterSet

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
    memory_mb=128, cpu_seconds=5, wall_seconds=10, processes=24, workspace_mb=8, open_files=64, output_bytes=100_000
)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def named(*names: str) -> list[ParameterSet]:
    """Providers as parameters, with the mark that Docker's tests are chosen by."""
    return [pytest.param(name, marks=pytest.mark.docker if name == "docker" else ()) for name in names]


@pytest.fixture(params=named(*PROVIDERS))
def provider(request: SubRequest) -> SandboxProvider:
    return PROVIDERS[request.param]()


@pytest.fixture(params=named("bubblewrap", "bubblewrap-userns", "docker"))
def isolating(request: SubRequest) -> SandboxProvider:
    """A provider that enforces everything."""
    return PROVIDERS[request.param]()


@pytest.fixture
async def sandbox(provider: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with provider.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
async def closed_room(isolating: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with isolating.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A host folder that everyone may read."""
    (tmp_path / "module.py").write_text("x = 5")
    tmp_path.chmod(0o755)
    return tmp_path


async def python(sandbox: Sandbox, script: str, **more: Any) -> CommandResult:
    return await sandbox.run(Command(argv=["python3", "-c", script], **more))


async def asked(sandbox: Sandbox, script: str) -> Any:
    """What the script prints, as JSON."""
    result = await python(sandbox, "import json, os, resource, socket, sys\n" + script)
    assert result.exit_code == 0, result.stderr.decode()
    return json.loads(result.stdout)
