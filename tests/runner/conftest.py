from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runner.endpoint import Endpoint, endpoint
from tests.runner.harness import PATIENCE_SECONDS, SILENCE_SECONDS, Room, room
from tests.runner.models.harness import Asked


@pytest.fixture
async def served() -> AsyncIterator[Endpoint]:
    """An OpenAI-compatible server on loopback."""
    async with endpoint(Endpoint()) as one:
        yield one


@pytest.fixture
def silence_seconds() -> float:
    """After which a model has timed out; a test that is about that gives it another."""
    return SILENCE_SECONDS


@pytest.fixture
def patience_seconds() -> float:
    """With a model host that does not answer; a test that is about that gives it another."""
    return PATIENCE_SECONDS


@pytest.fixture
async def runner(
    served: Endpoint, tmp_path: Path, silence_seconds: float, patience_seconds: float
) -> AsyncIterator[Room]:
    """A runner's world whose provider ``stub`` is ``served``."""
    async with room(tmp_path, served.url, None, silence_seconds, patience_seconds) as one:
        yield one


@pytest.fixture
async def asked(served: Endpoint, silence_seconds: float) -> AsyncIterator[Asked]:
    """A model at ``served``."""
    one = Asked(served.url, silence_seconds)
    yield one
    await one.client.close()
