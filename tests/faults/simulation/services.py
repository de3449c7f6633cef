"""The four services as processes of a simulation: wired as each ``__main__`` wires them, over guarded ports."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

from assay.bus.queues import all_queues
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Stage, Ticket
from assay.sandbox import SandboxProvider
from assay.worker.worker import Worker, WorkerOptions
from services.gateway.live.hub import Hub
from services.gateway.live.settings import LiveSettings
from services.judge import handlers as judging
from services.judge.checks.regex import Search
from services.judge.checks.tests import TestBench
from services.judge.hidden import HiddenBundles
from services.ledger.__main__ import work
from services.ledger.database.database import Database
from services.ledger.settings import LedgerSettings
from services.runner import handlers as running
from services.runner.calls.grant_budget import RpcGrants
from services.runner.calls.model_caller import Retrying
from services.runner.ports import Ports as RunnerPorts
from services.runner.tries.artifacts import Bundles
from tests.faults.simulation.artifacts import Artifacts
from tests.faults.simulation.chaos import Chaos, Guarded
from tests.faults.simulation.exchange import Exchange
from tests.faults.simulation.faulty_pool import FaultyPool
from tests.faults.simulation.lines import Line, connect
from tests.faults.simulation.processes import Process
from tests.faults.simulation.provider import Models, Provider, ticket_at_hand

RETRYING = Retrying(requests=3, first_wait_seconds=0.2, longest_wait_seconds=1.0, jitter_seconds=0.2)
PACE = LiveSettings(tick_seconds=0.5, idle_seconds=4.0, refresh_seconds=30.0)


@dataclass(kw_only=True)
class World:
    """What processes share: the bus, the pool of connections to Postgres, the artifacts, the provider."""

    chaos: Chaos
    exchange: Exchange
    pool: Any
    artifacts: Artifacts
    provider: Provider
    settings: LedgerSettings
    slots: int = 2


async def ledger(world: World, process: Process) -> None:
    bus = connect(world.exchange, process)
    await bus.provision(all_queues())
    await work(bus, Database(cast("Any", FaultyPool(world.pool, process, world.chaos))), world.settings)


async def runner(world: World, process: Process) -> None:
    bus = connect(world.exchange, process)
    store = cast("Artifacts", Guarded(world.artifacts, process, world.chaos, "artifacts"))
    models = Models(world.provider)
    ports = RunnerPorts(
        worker_id=process.name,
        bundles=Bundles(store),
        reference=store,
        attempts=store,
        models=models,
        grants=RpcGrants(bus.rpc),
        sandboxes=cast("SandboxProvider", None),
        tail=bus.tail,
        retrying=RETRYING,
    )

    async def make(ticket: Ticket) -> AttemptExecuted:
        ticket_at_hand.set(ticket)
        return await running.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
        return running.failed(ticket, process.name, error)

    await Worker(_options(world, process, Stage.RUN), bus, make, failed, models.pace.share).run(asyncio.Event())


async def judge(world: World, process: Process) -> None:
    """For checks of answers, which take no sandbox."""
    bus = connect(world.exchange, process)
    store = cast("Artifacts", Guarded(world.artifacts, process, world.chaos, "artifacts"))
    ports = judging.Ports(
        worker_id=process.name,
        hidden=HiddenBundles(store),
        attempts=store,
        searcher=cast("Search", None),
        bench=cast("TestBench", None),
    )

    async def make(ticket: Ticket) -> AttemptJudged:
        return await judging.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptJudged:
        return judging.on_failure(ticket, error, process.name)

    await Worker(_options(world, process, Stage.JUDGE), bus, make, failed).run(asyncio.Event())


def _options(world: World, process: Process, stage: Stage) -> WorkerOptions:
    return WorkerOptions(worker_id=process.name, stage=stage, slots=world.slots, heartbeat_seconds=1.0)


class Gateway:
    """A gateway process without HTTP: its hub, and its line for requests."""

    def __init__(self, world: World, process: Process) -> None:
        self.process = process
        self._world = world
        self.bus: Line | None = None
        self.hub: Hub | None = None

    async def serve(self) -> None:
        bus = connect(self._world.exchange, self.process)
        hub = Hub(cast("Any", bus), PACE)
        async with hub.listening():
            self.bus, self.hub = bus, hub
            await asyncio.Event().wait()

    @property
    def ready(self) -> bool:
        return self.process.alive and self.hub is not None
