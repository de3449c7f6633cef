"""Runs all processes of the stack: starts each when its dependencies are ready, and stops them stage by stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby

from assay.embedded.errors import NotReady, ProcessFailed
from assay.embedded.events import EventKind, Report, StackEvent
from assay.embedded.log_files import shorten
from assay.embedded.managed_process import ManagedProcess, ProcessSpec, RestartPolicy
from assay.embedded.process_identity import ProcessIdentity, identify

READY_SECONDS = 180.0
"""Long, because the host may be slow. Services that exit end the start at once."""
_LOGS_SECONDS = 30.0

OnProcessesChanged = Callable[[tuple[ProcessIdentity, ...]], None]
"""Called with all running processes whenever one has started."""


class Supervisor:
    """``start`` returns when all processes are ready. Until ``stop``, a process that exits is restarted."""

    def __init__(
        self,
        specs: Sequence[ProcessSpec],
        report: Report,
        on_change: OnProcessesChanged = lambda running: None,
        policy: RestartPolicy | None = None,
    ) -> None:
        self._report = report
        self._on_change = on_change
        self._failed: asyncio.Future[StackEvent] = asyncio.get_running_loop().create_future()
        self._processes = {
            spec.name: ManagedProcess(spec, self._on_event, self._on_failing, policy or RestartPolicy())
            for spec in specs
        }
        self._logs: asyncio.Task[None] | None = None

    @property
    def running(self) -> tuple[ProcessIdentity, ...]:
        found = (identify(process.spec.name, process.pid) for process in self._processes.values() if process.pid)
        return tuple(identity for identity in found if identity is not None)

    async def start(self, timeout_seconds: float = READY_SECONDS) -> None:
        """Raises ProcessFailed or NotReady; call ``stop`` even then."""
        for process in self._processes.values():
            process.start([self._processes[name] for name in process.spec.after])
        self._logs = asyncio.create_task(self._shorten_logs())
        ready = asyncio.gather(*(process.ready.wait() for process in self._processes.values()))
        try:
            await asyncio.wait((ready, self._failed), timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            with suppress(asyncio.CancelledError):
                await ready
        if self._failed.done():
            raise ProcessFailed(_failure_text(self._failed.result()))
        self._check_ready(timeout_seconds)

    async def stop(self) -> None:
        """Stops processes in the order of their stages. If cancelled, kills the remaining ones at once."""
        if self._logs is not None:
            self._logs.cancel()
        try:
            for stage in self._stages():
                await asyncio.gather(*(process.stop() for process in stage))
        except asyncio.CancelledError:
            await asyncio.gather(*(process.kill() for process in self._processes.values()))
            raise

    def _stages(self) -> list[list[ManagedProcess]]:
        ordered = sorted(self._processes.values(), key=lambda process: process.spec.stage)
        return [list(stage) for _, stage in groupby(ordered, key=lambda process: process.spec.stage)]

    def _on_event(self, event: StackEvent) -> None:
        if event.event is EventKind.STARTED:
            self._on_change(self.running)
        self._report(event)

    def _on_failing(self, event: StackEvent) -> None:
        if not self._failed.done():
            self._failed.set_result(event)

    def _check_ready(self, timeout_seconds: float) -> None:
        late = [process for process in self._processes.values() if not process.ready.is_set()]
        if late:
            names = ", ".join(f"{process.spec.name} (its log: {process.spec.log})" for process in late)
            raise NotReady(f"not ready within {timeout_seconds:.0f} s: {names}")

    async def _shorten_logs(self) -> None:
        while True:
            await asyncio.sleep(_LOGS_SECONDS)
            for process in self._processes.values():
                with suppress(OSError):
                    await asyncio.to_thread(shorten, process.spec.log)


def _failure_text(event: StackEvent) -> str:
    lines = "".join(f"\n  | {line}" for line in event.lines)
    return f"{event.service} {event.text}" + (f"; its last lines:{lines}" if lines else ", which is empty")
