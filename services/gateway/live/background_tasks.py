"""Background work of the hub: named tasks, at most one of each name at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from assay.bus.errors import BusError
from assay.contracts.problems import ProblemError

_log = structlog.get_logger(__name__)


class BackgroundTasks:
    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def spawn_once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Start the work unless a task of that name is still running. Failures are logged."""
        if name not in self._tasks or self._tasks[name].done():
            self._tasks[name] = asyncio.create_task(_log_failures(name, work))

    async def cancel(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def _log_failures(name: str, work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except (BusError, ProblemError) as error:
        _log.info("live.task_failed", task=name, error=str(error))
    except Exception:
        _log.exception("live.task_crashed", task=name)
