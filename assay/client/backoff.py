"""Exponential backoff."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """Pauses that double from ``first_seconds`` to ``max_seconds``, with jitter so that the clients of a gateway do not
    all reconnect at once."""

    def __init__(self, first_seconds: float = 0.25, max_seconds: float = 5.0) -> None:
        self._first, self._max = first_seconds, max_seconds
        self._next = first_seconds

    def reset(self) -> None:
        self._next = self._first

    async def pause(self) -> None:
        seconds, self._next = self._next, min(2 * self._next, self._max)
        await asyncio.sleep(seconds * random.uniform(0.5, 1.0))
