"""Pauses that grow while nothing helps."""

from __future__ import annotations

import asyncio
import random


class Backoff:
    """From ``first_seconds``, doubling up to ``most_seconds``, each shortened at random so that many clients of one
    gateway do not come back at the same moment."""

    def __init__(self, first_seconds: float = 0.25, most_seconds: float = 5.0) -> None:
        self._first, self._most = first_seconds, most_seconds
        self._next = first_seconds

    def reset(self) -> None:
        self._next = self._first

    async def pause(self) -> None:
        seconds, self._next = self._next, min(2 * self._next, self._most)
        await asyncio.sleep(seconds * random.uniform(0.5, 1.0))
