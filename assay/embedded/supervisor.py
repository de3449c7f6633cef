"""All the children together: started side by side, each after what it needs; stopped stage by stage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import groupby

from assay.embedded.errors import ChildFailed, NotReady
from assay.embedded.events import Report, StackEvent, What
from assay.embedded.log_files import shorten
from assay.embedded.managed_process import Child, ChildSpec, Patience
from assay.embedded.process_identity import ProcessIdentity, identify

_LOGS_SECONDS = 30.0

Recorded = Callable[[tuple[ProcessIdentity, ...]], None]
"""Called with all that runs whenever a child was started."""


class Supervisor:
    """``start`` returns when all are ready; from then until ``stop`` whatever ends is started again."""

    def __init__(
        self,
        specs: Sequence[ChildSpec],
        report: Report,
        recorded: Recorded = lambda running: None,
        patience: Patience | None = None,
    ) -> None:
        self._report = report
        self._recorded = recorded
        self._failed: asyncio.Future[StackEvent] = asyncio.get_running_loop().create_future()
        self._children = {
            spec.name: Child(spec, self._heard, self._child_fails, patience or Patience()) for spec in specs
        }
        self._logs: asyncio.Task[None] | None = None

    @property
    def running(self) -> tuple[ProcessIdentity, ...]:
        found = (identify(child.spec.name, child.pid) for child in self._children.values() if child.pid)
        return tuple(identity for identity in found if identity is not None)

    async def start(self, timeout_seconds: float = 60.0) -> None:
        """Raises ChildFailed or NotReady; what runs by then is still to be stopped."""
        for child in self._children.values():
            child.begin([self._children[name] for name in child.spec.after])
        self._logs = asyncio.create_task(self._keep_logs_short())
        ready = asyncio.gather(*(child.ready.wait() for child in self._children.values()))
        try:
            await asyncio.wait((ready, self._failed), timeout=timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            with suppress(asyncio.CancelledError):
                await ready
        if self._failed.done():
            raise ChildFailed(_failure(self._failed.result()))
        self._check_ready(timeout_seconds)

    async def stop(self) -> None:
        """In the order of stages; cancelled meanwhile, it kills what is left at once."""
        if self._logs is not None:
            self._logs.cancel()
        try:
            for stage in self._stages():
                await asyncio.gather(*(child.stop() for child in stage))
        except asyncio.CancelledError:
            await asyncio.gather(*(child.kill() for child in self._children.values()))
            raise

    def _stages(self) -> list[list[Child]]:
        ordered = sorted(self._children.values(), key=lambda child: child.spec.stage)
        return [list(stage) for _, stage in groupby(ordered, key=lambda child: child.spec.stage)]

    def _heard(self, event: StackEvent) -> None:
        if event.event is What.STARTED:
            self._recorded(self.running)
        self._report(event)

    def _child_fails(self, event: StackEvent) -> None:
        if not self._failed.done():
            self._failed.set_result(event)

    def _check_ready(self, timeout_seconds: float) -> None:
        late = [child for child in self._children.values() if not child.ready.is_set()]
        if late:
            names = ", ".join(f"{child.spec.name} (its log: {child.spec.log})" for child in late)
            raise NotReady(f"not ready within {timeout_seconds:.0f} s: {names}")

    async def _keep_logs_short(self) -> None:
        while True:
            await asyncio.sleep(_LOGS_SECONDS)
            for child in self._children.values():
                with suppress(OSError):
                    await asyncio.to_thread(shorten, child.spec.log)


def _failure(event: StackEvent) -> str:
    said = "".join(f"\n  | {line}" for line in event.lines)
    return f"{event.service} {event.text}" + (f"; it said last:{said}" if said else ", and is empty")
