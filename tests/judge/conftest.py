"""Real sandboxes and a real searcher for the judge's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.artifacts import Area, open_store
from services.judge.artifacts.hidden_bundles import HiddenBundles
from services.judge.handlers import Ports
from tests.judge.court import CountedStore, Court
from tests.judge.harness import RealTools


@pytest.fixture
async def tools() -> AsyncIterator[RealTools]:
    made = RealTools()
    yield made
    await made.regex.close()


@pytest.fixture
async def court(tmp_path: Path, tools: RealTools) -> AsyncIterator[Court]:
    hidden = CountedStore(open_store(tmp_path, Area.HIDDEN))
    attempts = CountedStore(open_store(tmp_path, Area.ATTEMPTS))
    ports = Ports(
        worker_id="judge-1",
        hidden=HiddenBundles(hidden),
        attempts=attempts,
        regex=tools.regex,
        test_executor=tools.test_executor,
    )
    yield Court(hidden, attempts, ports)
