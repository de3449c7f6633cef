"""Sandboxes to test: every provider, and both of bubblewrap's ways (root's and an ordinary user's)."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest
from _pytest.fixtures import SubRequest
from docker import APIClient

from assay.sandbox import Sandbox, SandboxProvider
from tests.sandbox.harness import ISOLATING_CLUSTER, PROVIDERS, SPEC, make_provider, provider_params


@pytest.fixture(params=provider_params(*PROVIDERS))
def provider(request: SubRequest, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    return make_provider(request.param, monkeypatch)


@pytest.fixture(params=provider_params("bubblewrap", "bubblewrap-userns", "docker", *ISOLATING_CLUSTER))
def isolating(request: SubRequest, monkeypatch: pytest.MonkeyPatch) -> SandboxProvider:
    """A provider that enforces all limits."""
    return make_provider(request.param, monkeypatch)


@pytest.fixture
def client() -> Iterator[APIClient]:
    """A direct connection to the Docker daemon, to inspect what a provider did."""
    client = APIClient()
    yield client
    client.close()


@pytest.fixture
async def sandbox(provider: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with provider.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
async def isolated_sandbox(isolating: SandboxProvider) -> AsyncGenerator[Sandbox]:
    async with isolating.open(SPEC) as sandbox:
        yield sandbox


@pytest.fixture
def packages() -> Iterator[Path]:
    """A world-readable host folder; pytest's own temporary folders are private."""
    with tempfile.TemporaryDirectory(prefix="assay-packages-") as name:
        (Path(name) / "module.py").write_text("x = 5")
        Path(name).chmod(0o755)
        yield Path(name)
