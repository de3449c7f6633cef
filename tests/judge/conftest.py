"""Real sandboxes and a real searcher for the judge's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.artifacts import Area, open_store
from services.judge.handlers import Ports
from services.judge.hidden import HiddenBundles
from tests.judge.court import CountedStore, Court
from tests.judge.trials import RealTools


@pytest.fixture
async def tools() -> AsyncIterator[RealTools]:
    made = RealTools()
    yield made
    await made.searcher.close()


@pytest.fixture
async def court(tmp_path: Path, tools: RealTools) -> AsyncIterator[Court]:
    hidden = CountedStore(open_store(tmp_path, Area.HIDDEN))
    attempts = CountedStore(open_store(tmp_path, Area.ATTEMPTS))
    ports = Ports(
        worker_id="judge-1",
        hidden=HiddenBundles(hidden),
        attempts=attempts,
        searcher=tools.searcher,
        bench=tools.bench,
    )
    yield Court(hidden, attempts, ports)
