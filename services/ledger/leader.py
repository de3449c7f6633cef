"""The leader: the one ledger process that runs the background tasks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from prometheus_client import Counter, Histogram

from assay.bus.errors import Retryable
from services.ledger.errors import Refused, Unavailable

_log = structlog.get_logger()
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_DURATION = Histogram(
    "assay_leader_task_duration_seconds", "Duration of the leader's background tasks", ["task"], buckets=_BUCKETS
)
_DELAYED = Counter(
    "assay_leader_task_delays", "Background tasks to be repeated, because Postgres or the bus was away", ["task"]
)

RETRY_SECONDS = 1.0
DEBOUNCE_SECONDS = 0.02
"""The pause after each run of a task: changes that come meanwhile are handled together, which is much cheaper."""


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Runs at least once per period, and with ``on_change`` also after each transaction that changed something."""

    name: str
    run: Callable[[], Awaitable[object]]
    period_seconds: float
    on_change: bool = False


class Leader:
    """``changed`` is set whenever a transaction commits a change."""

    def __init__(self, tasks: Sequence[BackgroundTask], changed: asyncio.Event) -> None:
        self._tasks = tasks
        self._changed = changed

    async def lead(self) -> None:
        """Run all tasks until cancelled, or until one of them fails for good."""
        on_change: list[asyncio.Event] = []
        async with asyncio.TaskGroup() as group:
            for task in self._tasks:
                due = asyncio.Event()
                due.set()
                if task.on_change:
                    on_change.append(due)
                group.create_task(_repeat(task, due))
            group.create_task(self._spread_changes(on_change))

    async def _spread_changes(self, due_events: Sequence[asyncio.Event]) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for due in due_events:
                due.set()


async def _repeat(task: BackgroundTask, due: asyncio.Event) -> None:
    """A store or bus that is away only delays the task."""
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(task.period_seconds):
                await due.wait()
        due.clear()
        try:
            with _DURATION.labels(task.name).time():
                await task.run()
            await asyncio.sleep(DEBOUNCE_SECONDS)
        except (Unavailable, Refused, Retryable) as error:
            _DELAYED.labels(task.name).inc()
            _log.warning("task.delayed", task=task.name, reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
