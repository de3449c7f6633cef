"""Sandboxes started in advance and used once, so that opening one takes no time.

Each acquisition starts a replacement with the same key. The total work is the same, only earlier: worth the memory
where sandboxes are opened one after the other and latency matters.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from assay.sandbox.errors import SandboxError

_MAX_IDLE_SECONDS = 120.0
"""Unused sandboxes are closed after this time; it also bounds how long an outdated image stays in use."""


class Pooled(Protocol):
    @property
    def alive(self) -> bool:
        """Whether it can still be used."""
        ...


T = TypeVar("T", bound=Pooled)
Create = Callable[[], AbstractAsyncContextManager[T]]


class WarmPool:
    """At most ``max_idle`` sandboxes wait, over all keys; none by default. The creator of the pool closes it."""

    def __init__(self, max_idle: int = 0, idle_seconds: float = _MAX_IDLE_SECONDS) -> None:
        self._max_idle, self._idle_seconds = max_idle, idle_seconds
        self._idle: list[_Entry[Any]] = []
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def enabled(self) -> bool:
        return self._max_idle > 0

    @asynccontextmanager
    async def acquire(self, key: object, create: Create[T]) -> AsyncGenerator[T]:
        """A sandbox created in advance for an equal ``key``, or a new one. It is closed afterwards. Raises what
        ``create`` raises."""
        async with AsyncExitStack() as stack:
            resource = await self._take(key, stack) or await stack.enter_async_context(create())
            self._refill(key, create)
            yield resource

    async def close(self) -> None:
        """Closes all idle sandboxes; no more are created in advance."""
        self._max_idle = 0
        for entry in tuple(self._idle):
            self._retire(entry)
        if self._closing:
            await asyncio.wait(self._closing)

    async def _take(self, key: object, stack: AsyncExitStack) -> Any | None:
        """Also takes one that is still being created, because it will be ready before a new one."""
        for entry in self._idle:
            if entry.key == key:
                self._idle.remove(entry)
                stack.push_async_callback(entry.close)
                return await entry.resource()
        return None

    def _refill(self, key: object, create: Create[Any]) -> None:
        if len(self._idle) < self._max_idle:
            entry = _Entry(key, create)
            self._idle.append(entry)
            asyncio.get_running_loop().call_later(self._idle_seconds, self._retire, entry)

    def _retire(self, entry: _Entry[Any]) -> None:
        if entry in self._idle:
            self._idle.remove(entry)
            closing = asyncio.create_task(entry.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)


class _Entry(Generic[T]):
    def __init__(self, key: object, create: Create[T]) -> None:
        self.key = key
        self._stack = AsyncExitStack()
        self._creation = asyncio.create_task(self._stack.enter_async_context(create()))

    async def resource(self) -> T | None:
        """None if its creation failed or it has died since."""
        try:
            resource = await asyncio.shield(self._creation)
        except SandboxError:
            return None
        return resource if resource.alive else None

    async def close(self) -> None:
        self._creation.cancel()
        await asyncio.gather(self._creation, return_exceptions=True)
        await self._stack.aclose()
