"""Work to give to a worker, and a worker to give it to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from assay.bus.protocol import Bus
from assay.contracts.attempts import AttemptExecuted, Fault, Stage, Ticket
from assay.contracts.verdicts import Outcome
from assay.worker.heartbeat import OnShare
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Shortage, Worker, WorkerOptions

OPTIONS = WorkerOptions(worker_id="w1", stage=Stage.RUN, slots=3, drain_seconds=30.0, heartbeat_seconds=0.2)
Act = Callable[[Ticket], Awaitable[AttemptExecuted]]


def executed(ticket: Ticket) -> AttemptExecuted:
    message_id = f"{ticket.attempt_id}:{ticket.token}:executed"
    return AttemptExecuted(message_id=message_id, attempt_id=ticket.attempt_id, token=ticket.token, worker_id="w1")


def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
    fault = Fault(kind="worker", message=repr(error), new_try=True)
    report = executed(ticket)
    return AttemptExecuted(
        message_id=report.message_id,
        attempt_id=report.attempt_id,
        token=report.token,
        worker_id="w1",
        outcome=Outcome.INFRA_ERROR,
        fault=fault,
    )


class FakeWork:
    """Work that lasts as long as a test needs, and is counted."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.running = self.max_running = 0
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.finish = asyncio.Event()

    async def work(self, ticket: Ticket) -> AttemptExecuted:
        self.started.append(ticket.attempt_id)
        self.running += 1
        self.max_running = max(self.max_running, self.running)
        try:
            await (asyncio.sleep(self.seconds) if self.seconds else self.finish.wait())
        except asyncio.CancelledError:
            self.cancelled.append(ticket.attempt_id)
            raise
        finally:
            self.running -= 1
        return executed(ticket)

    async def wait_until_running(self, amount: int) -> None:
        await wait_until(lambda: self.running == amount)


async def wait_until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running_worker(
    bus: Bus,
    act: Act,
    options: WorkerOptions = OPTIONS,
    on_share: OnShare | None = None,
    shortage: Shortage = str,
    capabilities: SandboxCapabilities | None = None,
) -> AsyncGenerator[asyncio.Event]:
    """A running worker. At the end it is stopped, unless it already was, and must end by itself."""
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(options, bus, act, failed, on_share, shortage, capabilities).run(stop))
    yield stop
    stop.set()
    await asyncio.wait_for(running, options.drain_seconds + 30)
