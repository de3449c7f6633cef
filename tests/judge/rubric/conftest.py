from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.providers.endpoint import FakeEndpoint, serve_endpoint
from tests.judge.rubric.harness import RubricHarness


@pytest.fixture
async def endpoint() -> AsyncIterator[FakeEndpoint]:
    """An OpenAI-compatible server on loopback."""
    async with serve_endpoint(FakeEndpoint()) as endpoint:
        yield endpoint


@pytest.fixture
async def rubric(endpoint: FakeEndpoint, tmp_path: Path) -> AsyncIterator[RubricHarness]:
    harness = RubricHarness(tmp_path, endpoint)
    await harness.serve()
    yield harness
    await harness.close()
