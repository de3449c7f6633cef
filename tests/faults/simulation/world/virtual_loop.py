"""An event loop in which time costs nothing: when nobody is ready it is at once as late as the next timer.

The order in which things happen depends on nothing but the program, so a run can be repeated exactly.
"""

from __future__ import annotations

import asyncio
import heapq
from asyncio import base_events, events
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")


class Stuck(RuntimeError):
    """Nobody is ready and no timer is left, or the loop turned more often than any simulation should."""


class VirtualLoop(base_events.BaseEventLoop):
    """Starts at second 0. What would run on a thread runs at once instead."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, most_turns: int = 1_000_000) -> None:
        super().__init__()
        self._now = 0.0
        self._turns_left = most_turns
        self.unhandled: list[str] = []
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def _run_once(self) -> None:
        self._turns_left -= 1
        ready, scheduled = self._ready, self._scheduled
        if not ready:
            while scheduled and scheduled[0].cancelled():
                heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
            if not self._turns_left or (not scheduled and not self._stopping):  # type: ignore[attr-defined]
                raise Stuck(f"at second {self._now:.1f}: {'no end in sight' if scheduled else 'nobody is ready'}")
            if scheduled:
                self._now = max(self._now, scheduled[0].when())
        while scheduled and scheduled[0].when() <= self._now:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False  # type: ignore[attr-defined]
            ready.append(handle)
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers are dropped when their time comes."""

    def _write_to_self(self) -> None:
        """Nobody else wakes this loop."""

    def _note(self, loop: events.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.unhandled.append(f"{context.get('message')}: {context.get('exception')!r}")
