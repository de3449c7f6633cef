"""The connection to the memory bus, which tests and simulations can cut and restore."""

from __future__ import annotations

import asyncio

from assay.bus.errors import BusClosed


class Link:
    def __init__(self) -> None:
        self.closed = asyncio.Event()
        self.reconnects = 0
        self._up = asyncio.Event()
        self._up.set()

    @property
    def connected(self) -> bool:
        return self._up.is_set() and not self.closed.is_set()

    def cut(self) -> None:
        self._up.clear()

    def restore(self) -> None:
        if not self._up.is_set():
            self.reconnects += 1
            self._up.set()

    def close(self) -> None:
        self.closed.set()
        self._up.set()

    async def up(self) -> None:
        """Wait until connected. Raises BusClosed once the link is closed."""
        await self._up.wait()
        if self.closed.is_set():
            raise BusClosed("the memory bus was closed")
