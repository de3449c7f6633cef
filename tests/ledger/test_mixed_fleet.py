"""A fleet whose workers offer different kinds of sandbox: the real ledger, NATS, Postgres and worker loop; the work
itself takes no time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from assay.bus.nats.bus import connect
from assay.bus.queues import all_queues
from assay.contracts.attempts import AttemptExecuted, Fault, Stage, Ticket
from assay.contracts.runs import RunPlan, RunStatus, RunView, WaitReason
from assay.contracts.sandboxes import requirement_of, requirements_met
from assay.contracts.verdicts import Outcome
from assay.worker.sandbox_capabilities import SandboxCapabilities
from assay.worker.worker import Report, Worker, WorkerOptions
from services.ledger.__main__ import work as serve_ledger
from services.ledger.settings import LedgerSettings
from tests.bus.conftest import server
from tests.bus.nats_server import ServerProcess
from tests.ledger.harness import LedgerHarness, executed, judged, plan
from tests.sandbox.fakes import CountingProvider, auto_provider

__all__ = ["server"]
NEEDS = {
    "answers": (),
    "programs": ("bubblewrap", "docker", "kubernetes", "process"),
    "images": ("docker", "kubernetes"),
}
SAMPLES = 12


def mixed_plan(*tasks: str) -> RunPlan:
    one = plan(samples=SAMPLES)
    pins = [msgspec.structs.replace(one.tasks[0], task_id=task, sandboxes=NEEDS[task]) for task in tasks]
    return msgspec.structs.replace(one, tasks=tuple(pins))


class Fleet:
    """``wrong`` are attempts that reached a worker which cannot execute them."""

    def __init__(self, server: ServerProcess, ledger: LedgerHarness) -> None:
        self.server, self.ledger = server, ledger
        self.done: Counter[tuple[str, str]] = Counter()
        self.wrong: list[str] = []

    @asynccontextmanager
    async def worker(self, stage: Stage, *sandboxes: str, slots: int = 2) -> AsyncGenerator[None]:
        """A worker with the login of its service, once the ledger knows what it offers; it stops in order."""
        name = f"{stage}-{'-'.join(sandboxes)}"
        bus = await connect(self.server.settings("runner" if stage is Stage.RUN else "judge"))

        async def act(ticket: Ticket) -> Report:
            await asyncio.sleep(0.01)
            if requirement_of(NEEDS[ticket.task_id]) not in requirements_met(sandboxes):
                self.wrong.append(f"{ticket.attempt_id} on {name}")
            self.done[stage, ticket.task_id] += 1
            return executed(ticket) if stage is Stage.RUN else judged(ticket)

        def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
            fault = Fault(kind="worker", message=repr(error), new_try=True)
            return executed(ticket, output=None, outcome=Outcome.INFRA_ERROR, fault=fault)

        options = WorkerOptions(worker_id=name, stage=stage, slots=slots, heartbeat_seconds=0.5)
        providers = auto_provider(*map(CountingProvider, sandboxes), allowed=",".join(sandboxes))
        stop = asyncio.Event()
        worker = Worker(options, bus, act, failed, capabilities=SandboxCapabilities(providers))
        running = asyncio.create_task(worker.run(stop))
        try:
            await self._until_known(name)
            yield
        finally:
            stop.set()
            await asyncio.wait_for(running, 60)
            await bus.close()

    async def _until_known(self, worker_id: str) -> None:
        known = "SELECT EXISTS (SELECT FROM workers WHERE worker_id = $1 AND sandboxes IS NOT NULL)"
        async with asyncio.timeout(60), self.ledger.database.session() as connection:
            while not await connection.value(bool, known, worker_id):
                await asyncio.sleep(0.05)

    async def until(self, run: RunView, **fields: object) -> RunView:
        async with asyncio.timeout(90):
            while True:
                view = await self.ledger.runs.get(run.run_id)
                if all(getattr(view, name) == value for name, value in fields.items()):
                    return view
                await asyncio.sleep(0.05)


@pytest.fixture
async def fleet(server: ServerProcess, ledger: LedgerHarness, database_url: str) -> AsyncIterator[Fleet]:
    bus = await connect(server.settings("ledger"))
    await bus.provision(all_queues())
    serving = asyncio.create_task(serve_ledger(bus, ledger.database, LedgerSettings(database_url=database_url)))
    yield Fleet(server, ledger)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await bus.close()


async def test_every_attempt_goes_to_a_worker_that_can_execute_it_and_has_one_try(fleet: Fleet) -> None:
    async with AsyncExitStack() as stack:
        for stage in Stage:
            await stack.enter_async_context(fleet.worker(stage, "bubblewrap", slots=4))
            await stack.enter_async_context(fleet.worker(stage, "kubernetes", slots=1))
        run = await fleet.ledger.submit_plan(mixed_plan(*NEEDS))
        view = await fleet.until(run, status=RunStatus.FINISHED)
    assert view.progress.outcomes == {Outcome.PASSED: 3 * SAMPLES}
    assert fleet.wrong == []
    assert fleet.done == {(stage, task): SAMPLES for stage in Stage for task in NEEDS}
    attempts = await fleet.ledger.table("attempts")
    assert {(each["tries"], each["gradings"]) for each in attempts} == {(1, 1)}


async def test_an_attempt_that_no_worker_can_execute_waits_and_runs_once_one_joins(fleet: Fleet) -> None:
    run = await fleet.ledger.submit_plan(mixed_plan("images", "answers"))
    async with fleet.worker(Stage.RUN, "bubblewrap"), fleet.worker(Stage.JUDGE, "docker"):
        async with asyncio.timeout(90):
            while fleet.done[Stage.JUDGE, "answers"] < SAMPLES:
                await asyncio.sleep(0.05)
        waiting = await fleet.ledger.runs.get(run.run_id)
        assert waiting.waits is not None and waiting.waits.reason is WaitReason.NO_RUNNER
        assert waiting.waits.detail.startswith("no live runner offers a docker or kubernetes sandbox. Start one on")
        assert (waiting.progress.waiting, fleet.done[Stage.RUN, "images"]) == (SAMPLES, 0)
        async with fleet.worker(Stage.RUN, "docker"):
            done = await fleet.until(run, status=RunStatus.FINISHED)
    assert done.waits is None and fleet.wrong == []
    assert {each["tries"] for each in await fleet.ledger.table("attempts")} == {1}
