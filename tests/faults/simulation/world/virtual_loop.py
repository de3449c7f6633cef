"""An event loop with virtual time: when no task is ready, the clock jumps to the next timer.

The order of events depends on the program alone, so a run can be repeated exactly.
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


class LoopStalled(RuntimeError):
    """No task is ready and no timer is left, or the loop turned more often than any simulation needs."""


class VirtualLoop(base_events.BaseEventLoop):
    """Starts at second 0. Work for a thread runs at once on the loop."""

    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self, max_turns: int = 1_000_000) -> None:
        super().__init__()
        self._now = 0.0
        self._turns_left = max_turns
        self.unhandled_errors: list[str] = []
        self.set_exception_handler(self._record_unhandled)

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
                raise LoopStalled(f"at second {self._now:.1f}: {'too many turns' if scheduled else 'no task is ready'}")
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
        """Cancelled timers are dropped when they are due."""

    def _write_to_self(self) -> None:
        """No other thread wakes this loop."""

    def _record_unhandled(self, loop: events.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.unhandled_errors.append(f"{context.get('message')}: {context.get('exception')!r}")
