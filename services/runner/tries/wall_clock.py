"""An attempt's wall-clock limit, which pauses while the attempt waits for something outside the model's control."""

from __future__ import annotations

import asyncio
from types import TracebackType


class WallClock:
    """An async context manager that raises TimeoutError when its seconds are used up. Time between ``pause`` and
    ``resume``, such as waiting for a rate limit or before a retry, does not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._timeout = asyncio.timeout(None)
        self._remaining_seconds: float | None = None
        self._started = self._paused_at = 0.0
        self._paused_seconds = 0.0
        self.used_seconds = 0.0
        """How long the block took, without pauses. Set when the block is left."""

    @property
    def expired(self) -> bool:
        """Whether this clock ended the block, rather than a cancellation."""
        return self._timeout.expired()

    def pause(self) -> None:
        """Does nothing if it is paused already."""
        if self._remaining_seconds is None and not self.expired and (when := self._timeout.when()) is not None:
            self._paused_at = asyncio.get_running_loop().time()
            self._remaining_seconds = max(0.0, when - self._paused_at)
            self._timeout.reschedule(None)

    def resume(self) -> None:
        if self._remaining_seconds is not None and not self.expired:
            now = asyncio.get_running_loop().time()
            self._paused_seconds += now - self._paused_at
            self._timeout.reschedule(now + self._remaining_seconds)
            self._remaining_seconds = None

    async def __aenter__(self) -> WallClock:
        self._started = asyncio.get_running_loop().time()
        self._timeout = asyncio.timeout(self.seconds)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self.resume()
        self.used_seconds = asyncio.get_running_loop().time() - self._started - self._paused_seconds
        return await self._timeout.__aexit__(kind, error, trace)
