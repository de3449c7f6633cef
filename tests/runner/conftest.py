from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.providers.endpoint import FakeEndpoint, serve_endpoint
from tests.runner.harness import HOST_WAIT_SECONDS, READ_TIMEOUT_SECONDS, RunnerHarness, open_harness
from tests.runner.models.harness import ModelClient


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    """An OpenAI-compatible server on loopback."""
    async with serve_endpoint(FakeEndpoint()) as endpoint:
        yield endpoint


@pytest.fixture
def read_timeout_seconds() -> float:
    """Of the models; tests of this time-out override it."""
    return READ_TIMEOUT_SECONDS


@pytest.fixture
def host_wait_seconds() -> float:
    """For a model host that does not answer; tests of this wait override it."""
    return HOST_WAIT_SECONDS


@pytest.fixture
async def runner(
    endpoint: FakeEndpoint, tmp_path: Path, read_timeout_seconds: float, host_wait_seconds: float
) -> AsyncIterator[RunnerHarness]:
    """A runner whose provider ``stub`` is ``endpoint``."""
    async with open_harness(tmp_path, endpoint.url, None, read_timeout_seconds, host_wait_seconds) as runner:
        yield runner


@pytest.fixture
async def client(endpoint: FakeEndpoint, read_timeout_seconds: float) -> AsyncIterator[ModelClient]:
    """A model at ``endpoint``."""
    client = ModelClient(endpoint.url, read_timeout_seconds)
    yield client
    await client.provider.close()
