from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runner.asked import Asked
from tests.runner.endpoint import Endpoint, endpoint
from tests.runner.room import Room, room


@pytest.fixture
async def served() -> AsyncIterator[Endpoint]:
    """An OpenAI-compatible server on loopback."""
    async with endpoint(Endpoint()) as one:
        yield one


@pytest.fixture
async def runner(served: Endpoint, tmp_path: Path) -> AsyncIterator[Room]:
    """A runner's world whose provider ``stub`` is ``served``."""
    async with room(tmp_path, served.url) as one:
        yield one


@pytest.fixture
async def asked(served: Endpoint) -> AsyncIterator[Asked]:
    """A model at ``served``."""
    one = Asked(served.url, 0.3)
    yield one
    await one.client.close()
