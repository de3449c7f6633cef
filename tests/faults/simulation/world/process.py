"""Processes that can be killed, stopped and continued, inside one event loop.

A process owns the tasks started in it. A dead process has no effect: its tasks are cancelled, and its ports raise
(``FaultInjector.step``), even in a ``finally``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

_current: ContextVar[Process | None] = ContextVar("process", default=None)


class ProcessKilled(asyncio.CancelledError):
    """Raised by the ports of a dead process; a cancellation, so that no handler catches it."""


class Process:
    """One run of a service; a restart creates a new process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.running = asyncio.Event()
        self.running.set()
        self.main: asyncio.Task[Any] | None = None
        self._tasks: list[asyncio.Task[Any]] = []
        self._context = copy_context()
        self._context.run(_current.set, self)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task of this process, from any task."""
        return asyncio.get_running_loop().create_task(work, context=self._context)

    def start(self, main: Coroutine[Any, Any, Any]) -> None:
        self.main = self.spawn(main)

    def kill(self) -> None:
        """Like ``kill -9``: all tasks are cancelled at once."""
        self.alive = False
        self.running.set()
        for task in self._tasks:
            task.cancel()

    def suspend(self) -> None:
        """Like ``SIGSTOP``: every step waits until ``resume``."""
        self.running.clear()

    def resume(self) -> None:
        self.running.set()

    async def wait_until_running(self) -> None:
        """Raises ProcessKilled if the process is dead."""
        if not self.running.is_set():
            await self.running.wait()
        if not self.alive:
            raise ProcessKilled(self.name)

    def add_task(self, task: asyncio.Task[Any]) -> None:
        if not self.alive:
            task.cancel()
            return
        self._tasks.append(task)
        if len(self._tasks) > 200:
            self._tasks = [task for task in self._tasks if not task.done()]


def process_task_factory(
    loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **more: Any
) -> asyncio.Task[Any]:
    """The task factory that adds each task to the process that starts it."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
    context = more.get("context")
    process = context.get(_current) if context is not None else _current.get()
    if process is not None and not _is_asyncpg_task(work):
        process.add_task(task)
    return task


def _is_asyncpg_task(work: Coroutine[Any, Any, Any]) -> bool:
    """asyncpg's pool outlives the processes: the connection of a dead process is returned to it."""
    code = getattr(work, "cr_code", None)
    return code is not None and "/asyncpg/" in code.co_filename
