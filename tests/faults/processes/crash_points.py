"""A service that kills itself at an exact point: ``python -m tests.faults.processes.crash_points SERVICE FOLDER``.

The service is unchanged; only its bus connection (and the ledger's database) is wrapped. When it reaches a point for
which FOLDER has a file ``<service>.<point>``, it removes the file, so that only one process dies, writes its pid to
``<service>.<point>.died``, and kills itself like ``kill -9``.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import psutil

from assay.bus.nats.bus import JetStreamBus, connect
from assay.bus.protocol import DeadLetter, Delivery, Envelope, Queue, Rpc, RpcHandler, Work
from assay.bus.settings import BusSettings
from assay.contracts.rpc import ClaimAttempts, Request, SubmitRun
from assay.contracts.sandboxspec import Connection
from assay.contracts.tasks import SandboxSpec
from assay.sandbox import (
    Command,
    CommandResult,
    ResourceUse,
    Sandbox,
    SandboxProvider,
    open_sandbox_provider,
    selection,
)
from assay.sandbox.protocol import Mounts, SandboxProcess
from assay.sandbox.warm_pool import WarmPool

M = TypeVar("M")
R = TypeVar("R")

POINTS = {
    "gateway": ("submitted",),
    "runner": ("fetched", "claimed", "calling", "sandboxed", "written", "reported", "acking"),
    "judge": ("fetched", "claimed", "sandboxed", "written", "reported", "acking"),
    "ledger": ("taken_in", "committed", "relayed_orders", "relayed_facts"),
}
"""By service: the step that was completed, but not yet reported, when the process dies."""

_CALLING_SECONDS = 0.1


class CrashPoints:
    def __init__(self, service: str, folder: Path) -> None:
        self._service, self._folder = service, folder

    def crash_if_armed(self, point: str) -> None:
        armed = self._folder / f"{self._service}.{point}"
        if armed.exists():
            try:
                armed.unlink()
            except FileNotFoundError:
                return
            armed.with_name(f"{armed.name}.died").write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)


class CrashingDelivery(Delivery[M]):
    def __init__(self, inner: Delivery[M], points: CrashPoints) -> None:
        self._inner, self._points = inner, points

    @property
    def message(self) -> M:
        return self._inner.message

    @property
    def deliveries(self) -> int:
        return self._inner.deliveries

    async def ack(self) -> None:
        self._points.crash_if_armed("acking")
        self._points.crash_if_armed("committed")
        await self._inner.ack()

    async def nak(self, delay_seconds: float = 0.0) -> None:
        await self._inner.nak(delay_seconds)

    async def dead_letter(self, reason: str) -> None:
        await self._inner.dead_letter(reason)


class CrashingWork:
    def __init__(self, inner: Work, points: CrashPoints) -> None:
        self._inner, self._points = inner, points

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._points.crash_if_armed("written")
        await self._inner.publish(envelopes)
        self._points.crash_if_armed("reported")
        self._points.crash_if_armed("relayed_orders")

    async def fetch(self, queue: Queue[M], limit: int, wait_seconds: float) -> Sequence[Delivery[M]]:
        found = await self._inner.fetch(queue, limit, wait_seconds)
        if found:
            self._points.crash_if_armed("fetched")
        return [CrashingDelivery(delivery, self._points) for delivery in found]

    async def in_progress(self, deliveries: Sequence[Delivery[Any]]) -> None:
        await self._inner.in_progress([getattr(each, "_inner", each) for each in deliveries])

    async def dead_letters(self, after: int = 0, limit: int = 100) -> Sequence[DeadLetter]:
        return await self._inner.dead_letters(after, limit)


class CrashingFacts:
    def __init__(self, inner: Any, points: CrashPoints) -> None:
        self._inner, self._points = inner, points
        self.listen, self.replay = inner.listen, inner.replay

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        await self._inner.publish(envelopes)
        self._points.crash_if_armed("relayed_facts")


class CrashingRpc:
    def __init__(self, inner: Rpc, points: CrashPoints) -> None:
        self._inner, self._points = inner, points

    async def request(self, request: Request[R], timeout_seconds: float = 5.0) -> R:
        reply = await self._inner.request(request, timeout_seconds)
        if isinstance(request, SubmitRun):
            self._points.crash_if_armed("submitted")
        if isinstance(request, ClaimAttempts) and reply.granted:  # pyright: ignore[reportAttributeAccessIssue]
            self._points.crash_if_armed("claimed")
            asyncio.get_running_loop().call_later(_CALLING_SECONDS, self._points.crash_if_armed, "calling")
        return reply

    async def serve(self, service: str, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        await self._inner.serve(service, handlers)

    async def serve_broadcast(self, handlers: Mapping[type[Request[Any]], RpcHandler]) -> None:
        await self._inner.serve_broadcast(handlers)


class CrashingBus(JetStreamBus):
    """The real bus, with crash points in its planes."""

    def __init__(self, inner: JetStreamBus, points: CrashPoints) -> None:
        super().__init__(inner.connection)
        self.rpc = CrashingRpc(self.rpc, points)
        self.work = CrashingWork(self.work, points)
        self.facts = CrashingFacts(self.facts, points)


def crashing_connect(points: CrashPoints) -> Callable[[BusSettings], Awaitable[JetStreamBus]]:
    async def join(settings: BusSettings) -> JetStreamBus:
        return CrashingBus(await connect(settings), points)

    return join


class CrashingSandbox:
    """A sandbox whose service dies once a process runs inside it."""

    def __init__(self, inner: Sandbox, points: CrashPoints) -> None:
        self._inner, self._points = inner, points
        self.write, self.read, self.locate = inner.write, inner.read, inner.locate

    @property
    def connections(self) -> Sequence[Connection]:
        return self._inner.connections

    async def run(self, command: Command) -> CommandResult:
        running = asyncio.create_task(self._inner.run(command))
        while not running.done() and not psutil.Process().children(recursive=True):
            await asyncio.sleep(0)
        if not running.done():
            self._points.crash_if_armed("sandboxed")
        return await running

    async def start(self, command: Command) -> SandboxProcess:
        process = await self._inner.start(command)
        self._points.crash_if_armed("sandboxed")
        return process

    async def usage(self) -> ResourceUse | None:
        return await self._inner.usage()


class CrashingSandboxes:
    def __init__(self, inner: SandboxProvider, points: CrashPoints) -> None:
        self._inner, self._points, self.name, self.check = inner, points, inner.name, inner.check

    @asynccontextmanager
    async def open(self, spec: SandboxSpec, *, mounts: Mounts = ()) -> AsyncGenerator[Sandbox]:
        async with self._inner.open(spec, mounts=mounts) as sandbox:
            yield CrashingSandbox(sandbox, self._points)


def crashing_sandboxes(points: CrashPoints) -> Callable[[str, WarmPool], SandboxProvider]:
    def open_provider(name: str, warm_pool: WarmPool) -> SandboxProvider:
        return CrashingSandboxes(open_sandbox_provider(name, warm_pool), points)

    return open_provider


def crashing_database(points: CrashPoints) -> Any:
    """An ``open_database`` whose report transactions crash after their last statement, before the commit."""
    from services.ledger.attempts.reports import ReportStore
    from services.ledger.database import database as module

    class CrashingDatabase(module.Database):
        async def transact(self, work: Callable[[Any], Awaitable[Any]], *, quiet: bool = False) -> Any:
            async def crashing_work(connection: Any) -> Any:
                result = await work(connection)
                if getattr(work, "__qualname__", "").startswith(f"{ReportStore.__qualname__}."):
                    points.crash_if_armed("taken_in")
                return result

            return await super().transact(crashing_work, quiet=quiet)

    @asynccontextmanager
    async def open_database(url: str, connections: int) -> AsyncGenerator[Any]:
        async with module.open_database(url, connections) as database:
            crashing = CrashingDatabase(database._pool)
            crashing.changed = database.changed
            yield crashing

    return open_database


def replace_name(module: ModuleType, name: str, crashing: Any) -> None:
    """Replace a name that the service uses; an unknown name would silently disable the crash point."""
    assert name in vars(module), f"{module.__name__} has no {name}"
    vars(module)[name] = crashing


def main(service: str, folder: str) -> None:
    module = importlib.import_module(f"services.{service}.__main__")
    points = CrashPoints(service, Path(folder))
    replace_name(module, "connect", crashing_connect(points))
    if service in ("runner", "judge"):
        replace_name(selection, "open_sandbox_provider", crashing_sandboxes(points))
    if service == "ledger":
        replace_name(module, "open_database", crashing_database(points))
        module.run_service(service, module.serve, module.LedgerSettings)
    settings = {"gateway": "Settings", "runner": "RunnerSettings", "judge": "JudgeSettings"}[service]
    module.run_draining_service(service, module.serve, getattr(module, settings))


if __name__ == "__main__":
    main(*sys.argv[1:])
