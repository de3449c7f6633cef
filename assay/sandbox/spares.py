"""Sandboxes made in advance, each for one use and never used before: opening one is then no more than taking it.

After each that is opened another like it is made, for whoever wants the same next. The work is the same, only earlier:
worth its memory where sandboxes are opened one after the other and somebody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from assay.sandbox.errors import SandboxError

_KEPT_SECONDS = 120.0
"""That nobody wanted is removed; nor does an image that was made again live on for longer."""


class Living(Protocol):
    @property
    def lives(self) -> bool:
        """Whether it can still be used."""
        ...


T = TypeVar("T", bound=Living)
Make = Callable[[], AbstractAsyncContextManager[T]]


class Spares:
    """At most ``most`` wait at a time, whatever they are like; none by default. Whoever makes this closes it."""

    def __init__(self, most: int = 0, kept_seconds: float = _KEPT_SECONDS) -> None:
        self._most, self._kept_seconds = most, kept_seconds
        self._waiting: list[_Spare[Any]] = []
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def one(self, wanted: object, make: Make[T]) -> AsyncGenerator[T]:
        """A spare made for an equal ``wanted``, or else a new one; what ``make`` raises. It is gone after."""
        async with AsyncExitStack() as stack:
            made = await self._take(wanted, stack) or await stack.enter_async_context(make())
            self._prepare(wanted, make)
            yield made

    async def close(self) -> None:
        """None waits, and none is made any more."""
        self._most = 0
        for spare in tuple(self._waiting):
            self._end(spare)
        if self._ending:
            await asyncio.wait(self._ending)

    async def _take(self, wanted: object, stack: AsyncExitStack) -> Any | None:
        """What is being made is nearer to its end than what would be begun now."""
        for spare in self._waiting:
            if spare.wanted == wanted:
                self._waiting.remove(spare)
                stack.push_async_callback(spare.close)
                return await spare.made()
        return None

    def _prepare(self, wanted: object, make: Make[Any]) -> None:
        if len(self._waiting) < self._most:
            spare = _Spare(wanted, make)
            self._waiting.append(spare)
            asyncio.get_running_loop().call_later(self._kept_seconds, self._end, spare)

    def _end(self, spare: _Spare[Any]) -> None:
        if spare in self._waiting:
            self._waiting.remove(spare)
            ending = asyncio.create_task(spare.close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)


class _Spare(Generic[T]):
    def __init__(self, wanted: object, make: Make[T]) -> None:
        self.wanted = wanted
        self._held = AsyncExitStack()
        self._making = asyncio.create_task(self._held.enter_async_context(make()))

    async def made(self) -> T | None:
        """None when it could not be made, or has ended since."""
        try:
            made = await asyncio.shield(self._making)
        except SandboxError:
            return None
        return made if made.lives else None

    async def close(self) -> None:
        self._making.cancel()
        await asyncio.gather(self._making, return_exceptions=True)
        await self._held.aclose()
