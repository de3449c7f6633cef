"""The memory bus's clock, which simulations can replace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Monotonic time in seconds."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class LoopClock:
    """The event loop's clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def within(clock: Clock, seconds: float, awaitable: Awaitable[object]) -> bool:
    """Whether ``awaitable`` finished in time; otherwise it is cancelled. Raises its errors."""
    task = asyncio.ensure_future(awaitable)
    timeout = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timeout), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return False
        await task
        return True
    finally:
        task.cancel()
        timeout.cancel()
