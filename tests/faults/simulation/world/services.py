"""The four services as simulated processes, wired like their ``__main__``, over ports that can fail."""

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
from services.judge.artifacts.hidden_bundles import HiddenBundles
from services.judge.ports import ComplexityMeasure, RegexSearch, Sandboxes, TestExecutor
from services.judge.ports import Ports as JudgePorts
from services.ledger.__main__ import work
from services.ledger.database.database import Database
from services.ledger.settings import LedgerSettings
from services.runner import handlers as running
from services.runner.calls.grant_budget import RpcGrants
from services.runner.ports import Ports as RunnerPorts
from services.runner.task_bundles import BundleCache
from tests.faults.simulation.world.artifact_store import Artifacts
from tests.faults.simulation.world.fault_injection import FaultInjector, FaultyPort
from tests.faults.simulation.world.model_provider import Models, Provider, current_ticket
from tests.faults.simulation.world.network import Network
from tests.faults.simulation.world.process import Process
from tests.faults.simulation.world.process_bus import ProcessBus, connect
from tests.faults.simulation.world.process_pool import ProcessPool

LIVE_SETTINGS = LiveSettings(tick_seconds=0.5, idle_seconds=4.0, refresh_seconds=30.0)


@dataclass(kw_only=True)
class World:
    """What the processes share: network, Postgres pool, artifact store, model provider."""

    faults: FaultInjector
    network: Network
    pool: Any
    artifacts: Artifacts
    provider: Provider
    settings: LedgerSettings
    slots: int = 2


async def ledger(world: World, process: Process) -> None:
    bus = connect(world.network, process)
    await bus.provision(all_queues())
    await work(bus, Database(cast("Any", ProcessPool(world.pool, process, world.faults))), world.settings)


async def runner(world: World, process: Process) -> None:
    bus = connect(world.network, process)
    store = cast("Artifacts", FaultyPort(world.artifacts, process, world.faults, "artifacts"))
    models = Models(world.provider)
    ports = RunnerPorts(
        worker_id=process.name,
        bundles=BundleCache(store),
        reference=store,
        attempts=store,
        models=models,
        grants=RpcGrants(bus.rpc),
        sandboxes=cast("SandboxProvider", None),
        tail=bus.tail,
    )

    async def run_attempt(ticket: Ticket) -> AttemptExecuted:
        current_ticket.set(ticket)
        return await running.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
        return running.failed(ticket, process.name, error)

    await Worker(_options(world, process, Stage.RUN), bus, run_attempt, failed, models.rate_limiter.set_share).run(
        asyncio.Event()
    )


async def judge(world: World, process: Process) -> None:
    """Checks answers only, so it needs no sandbox."""
    bus = connect(world.network, process)
    store = cast("Artifacts", FaultyPort(world.artifacts, process, world.faults, "artifacts"))
    ports = JudgePorts(
        worker_id=process.name,
        hidden=HiddenBundles(store),
        attempts=store,
        regex=cast("RegexSearch", None),
        test_executor=cast("TestExecutor", None),
        sandboxes=cast("Sandboxes", None),
        complexity=cast("ComplexityMeasure", None),
    )

    async def run_attempt(ticket: Ticket) -> AttemptJudged:
        return await judging.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptJudged:
        return judging.on_failure(ticket, error, process.name)

    await Worker(_options(world, process, Stage.JUDGE), bus, run_attempt, failed).run(asyncio.Event())


def _options(world: World, process: Process, stage: Stage) -> WorkerOptions:
    return WorkerOptions(worker_id=process.name, stage=stage, slots=world.slots, heartbeat_seconds=1.0)


class Gateway:
    """A gateway process without HTTP: its live hub and its bus connection."""

    def __init__(self, world: World, process: Process) -> None:
        self.process = process
        self._world = world
        self.bus: ProcessBus | None = None
        self.hub: Hub | None = None

    async def serve(self) -> None:
        bus = connect(self._world.network, self.process)
        hub = Hub(cast("Any", bus), LIVE_SETTINGS)
        async with hub.listening():
            self.bus, self.hub = bus, hub
            await asyncio.Event().wait()

    @property
    def ready(self) -> bool:
        return self.process.alive and self.hub is not None
