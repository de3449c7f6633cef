"""Real sandboxes and a real searcher for the judge's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.judge.trials import RealTools


@pytest.fixture
async def tools() -> AsyncIterator[RealTools]:
    made = RealTools()
    yield made
    await made.searcher.close()
