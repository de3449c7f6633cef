"""Until something has come about, however long a busy machine takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from assay.contracts.codec import decode
from assay.contracts.tail import TailLine
from tests.runner.endpoint import Endpoint

PATIENCE_SECONDS = 30.0


async def told(frames: AsyncIterator[bytes], holds: Callable[[TailLine], object]) -> None:
    """Until the tail has such a line."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds(decode(TailLine, await anext(frames))):
            pass


async def said(frames: AsyncIterator[bytes], words: str) -> None:
    await told(frames, lambda line: words in line.text)


async def asked(served: Endpoint, requests: int = 1) -> None:
    """Until so many have come."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(served.bodies) < requests:
            await asyncio.sleep(0.01)
