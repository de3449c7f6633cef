"""A judge with real stores, real sandboxes and a real regex worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assay.artifacts import Area, open_store
from services.judge.artifacts.hidden_bundles import HiddenBundles
from services.judge.complexity.complexity_meter import ComplexityMeter
from services.judge.handlers import Ports
from tests.judge.fakes import CountingStore
from tests.judge.harness import JudgeHarness, RealTools


@pytest.fixture
async def tools() -> AsyncIterator[RealTools]:
    tools = RealTools()
    yield tools
    await tools.regex.close()


@pytest.fixture
async def judge(tmp_path: Path, tools: RealTools) -> AsyncIterator[JudgeHarness]:
    hidden = CountingStore(open_store(tmp_path, Area.HIDDEN))
    attempts = CountingStore(open_store(tmp_path, Area.ATTEMPTS))
    complexity = ComplexityMeter()
    ports = Ports(
        worker_id="judge-1",
        hidden=HiddenBundles(hidden),
        attempts=attempts,
        regex=tools.regex,
        test_executor=tools.test_executor,
        sandboxes=tools.sandboxes,
        complexity=complexity,
    )
    yield JudgeHarness(hidden, attempts, ports)
    await complexity.close()
