"""Processes that can be killed, stopped and continued, inside one event loop.

A process owns every task that is started in it. Nothing a dead process does has an effect: its tasks are cancelled, and
its ports (``Chaos.step``) let nothing through, not even from a ``finally``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any

_current: ContextVar[Process | None] = ContextVar("process", default=None)


class Dead(asyncio.CancelledError):
    """What a port of a dead process raises: nothing that is to be handled."""


class Process:
    """One life of a service; a restart makes another."""

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
        """A task of this process, whoever asks for it."""
        return asyncio.get_running_loop().create_task(work, context=self._context)

    def start(self, main: Coroutine[Any, Any, Any]) -> None:
        self.main = self.spawn(main)

    def kill(self) -> None:
        """As ``kill -9`` does: nothing is finished."""
        self.alive = False
        self.running.set()
        for task in self._tasks:
            task.cancel()

    def stop(self) -> None:
        """As ``SIGSTOP`` does: whatever it would do next waits until ``go_on``."""
        self.running.clear()

    def go_on(self) -> None:
        self.running.set()

    async def check(self) -> None:
        """Returns once the process runs; raises Dead when it does not live."""
        if not self.running.is_set():
            await self.running.wait()
        if not self.alive:
            raise Dead(self.name)

    def own(self, task: asyncio.Task[Any]) -> None:
        if not self.alive:
            task.cancel()
            return
        self._tasks.append(task)
        if len(self._tasks) > 200:
            self._tasks = [task for task in self._tasks if not task.done()]


def owned(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **more: Any) -> asyncio.Task[Any]:
    """The task factory that gives each task to the process it is started in."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
    context = more.get("context")
    process = context.get(_current) if context is not None else _current.get()
    if process is not None and not _of_the_driver(work):
        process.own(task)
    return task


def _of_the_driver(work: Coroutine[Any, Any, Any]) -> bool:
    """The pool of connections to Postgres outlives the processes here: what a dead one held goes back to it."""
    code = getattr(work, "cr_code", None)
    return code is not None and "/asyncpg/" in code.co_filename
