"""Time as the memory bus sees it, so that a simulation can bring its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class LoopClock:
    """The event loop's own time."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def within(clock: Clock, seconds: float, awaitable: Awaitable[object]) -> bool:
    """Whether ``awaitable`` was done before the time was over; it is cancelled if not. Its errors are raised."""
    wanted = asyncio.ensure_future(awaitable)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((wanted, alarm), return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            return False
        await wanted
        return True
    finally:
        wanted.cancel()
        alarm.cancel()
