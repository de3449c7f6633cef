"""The fake ledger for tests of the worker."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from assay.bus.memory import MemoryBus
from tests.fakes.ledger.ledger import FakeLedger


@pytest.fixture
async def ledger() -> AsyncGenerator[FakeLedger]:
    async with FakeLedger(MemoryBus()).serving() as ledger:
        yield ledger
