"""An attempt's wall limit, which stands still while the attempt waits for what is not the model's doing."""

from __future__ import annotations

import asyncio
from types import TracebackType


class WallClock:
    """``async with`` it; TimeoutError leaves the block when the seconds are used up. Waiting for a provider's free
    place, or before the next try after its error, is done between ``pause`` and ``resume``, and does not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._timeout = asyncio.timeout(None)
        self._left_seconds: float | None = None
        self._started = self._paused_at = 0.0
        self._waited_seconds = 0.0
        self.used_seconds = 0.0
        """How long the block took, without what does not count."""

    @property
    def ran_out(self) -> bool:
        """Whether it was this clock, and not somebody's cancelling, that ended the block."""
        return self._timeout.expired()

    def pause(self) -> None:
        """Stopping a stopped clock does nothing."""
        if self._left_seconds is None and not self.ran_out and (when := self._timeout.when()) is not None:
            self._paused_at = asyncio.get_running_loop().time()
            self._left_seconds = max(0.0, when - self._paused_at)
            self._timeout.reschedule(None)

    def resume(self) -> None:
        if self._left_seconds is not None and not self.ran_out:
            now = asyncio.get_running_loop().time()
            self._waited_seconds += now - self._paused_at
            self._timeout.reschedule(now + self._left_seconds)
            self._left_seconds = None

    async def __aenter__(self) -> WallClock:
        self._started = asyncio.get_running_loop().time()
        self._timeout = asyncio.timeout(self.seconds)
        await self._timeout.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self.resume()
        self.used_seconds = asyncio.get_running_loop().time() - self._started - self._waited_seconds
        return await self._timeout.__aexit__(kind, error, trace)
