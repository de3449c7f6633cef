"""Tries that ask one provider, in a time of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from services.runner.errors import CallFailed, RateLimited
from services.runner.rate_limiter import Allowance, Pace
from tests.runner.fakes import Clockwork, settle


class Provider:
    """Who has a turn, who waits and what for."""

    def __init__(self, share: float = 1.0, **allowed: int | bool) -> None:
        self.clock = Clockwork()
        allowance = Allowance(**{"concurrency": 8, "sure": True, **allowed})  # type: ignore[arg-type]
        self.pace = Pace("openai", allowance, self.clock, share)
        self.asking: dict[str, asyncio.Future[int | None]] = {}
        self.said: dict[str, list[str]] = {}
        self.begun: list[tuple[str, float]] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, *names: str, tokens: int = 0) -> None:
        for name in names:
            self.tasks[name] = asyncio.create_task(self._ask(name, tokens))
        await settle()

    async def _ask(self, name: str, tokens: int) -> None:
        said = self.said.setdefault(name, [])

        async def waits(why: str) -> None:
            said.append(why)

        async with self.pace.turn(tokens, waits, 60.0) as turn:
            self.begun.append((name, self.clock.now()))
            ends = self.asking[name] = asyncio.get_running_loop().create_future()
            try:
                turn.used = await ends
            finally:
                del self.asking[name]

    async def end(self, *names: str, error: CallFailed | None = None, used: int | None = None) -> None:
        for name in names:
            if error is None:
                self.asking[name].set_result(used)
            else:
                self.asking[name].set_exception(error)
        await settle()

    async def stop(self) -> None:
        for task in self.tasks.values():
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


@asynccontextmanager
async def provider(share: float = 1.0, **allowed: int | bool) -> AsyncGenerator[Provider]:
    one = Provider(share, **allowed)
    try:
        yield one
    finally:
        await one.stop()


def busy(retry_after_seconds: float | None = None) -> RateLimited:
    return RateLimited("busy", retry_after_seconds=retry_after_seconds)


def names(count: int, first: int = 0) -> list[str]:
    return [f"t{number}" for number in range(first, first + count)]
