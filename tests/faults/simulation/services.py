"""The four services as processes of a simulation: wired as each ``__main__`` wires them, over guarded ports."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from assay.bus.queues import all_queues
from assay.contracts.attempts import AttemptExecuted, AttemptJudged, Stage, Ticket
from assay.sandbox import SandboxProvider
from assay.worker.worker import Worker, WorkerOptions
from services.gateway.live.hub import Hub
from services.gateway.live.pace import Pace
from services.judge import handlers as judging
from services.judge.checks.regex import Search
from services.judge.checks.tests import TestBench
from services.judge.hidden import HiddenBundles
from services.ledger.errors import Unavailable
from services.ledger.handlers import Ports as LedgerPorts
from services.ledger.handlers import answers
from services.ledger.leader import Leader, take_reports
from services.ledger.settings import LedgerSettings
from services.runner import handlers as running
from services.runner.artifacts import Bundles
from services.runner.calling import Retrying
from services.runner.grants import RpcGrants
from services.runner.ports import Ports as RunnerPorts
from tests.faults.simulation.artifacts import Artifacts
from tests.faults.simulation.chaos import Chaos, Guarded
from tests.faults.simulation.exchange import Exchange
from tests.faults.simulation.lines import Line, connect
from tests.faults.simulation.processes import Process
from tests.faults.simulation.provider import Models, Provider, ticket_at_hand
from tests.faults.simulation.store import Stores

RETRYING = Retrying(requests=3, first_wait_seconds=0.2, longest_wait_seconds=1.0, jitter_seconds=0.2)
STRAYS_SECONDS = 4.0
PACE = Pace(tick_seconds=0.5, quiet_seconds=4.0, refresh_seconds=30.0)


@dataclass(kw_only=True)
class World:
    """What processes share: the bus, the store, the artifacts, the provider."""

    chaos: Chaos
    exchange: Exchange
    stores: Stores
    artifacts: Artifacts
    provider: Provider
    settings: LedgerSettings
    slots: int = 2


class Ledger:
    """A ledger process. Whoever holds the store's leadership does the leader's duties."""

    def __init__(self, world: World, process: Process) -> None:
        self._world, self._process = world, process

    def _port(self, port: Any, name: str) -> Any:
        return Guarded(port, self._process, self._world.chaos, name, away=True)

    async def serve(self) -> None:
        world, stores = self._world, self._world.stores
        bus = connect(world.exchange, self._process)
        await bus.provision(all_queues())
        ports = LedgerPorts(**{name: self._port(port, name) for name, port in stores.ports().items()})
        duties = {name: self._port(port, name) for name, port in stores.duties().items()}
        strays = duties.pop("strays")
        leader = Leader(bus, changed=stores.changed, watches=((strays.order_again, STRAYS_SECONDS),), **duties)
        await bus.rpc.serve("ledger", answers(ports))
        async with asyncio.TaskGroup() as group:
            group.create_task(take_reports(bus, ports, world.settings.report_batch))
            group.create_task(self._stand(leader.lead))

    async def _stand(self, lead: Callable[[], Awaitable[None]]) -> None:
        """As a session's advisory lock does: the dead lose it, and who loses the store."""
        leadership = self._world.stores.leadership
        while True:
            if not any(process.alive for process in leadership):
                leadership[:] = [self._process]
                try:
                    await lead()
                except Unavailable:
                    leadership.clear()
            await asyncio.sleep(1.0)


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

    async def work(ticket: Ticket) -> AttemptExecuted:
        ticket_at_hand.set(ticket)
        return await running.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptExecuted:
        return running.failed(ticket, process.name, error)

    await Worker(_options(world, process, Stage.RUN), bus, work, failed, models.pace.share).run(asyncio.Event())


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

    async def work(ticket: Ticket) -> AttemptJudged:
        return await judging.on_ticket(ticket, ports)

    def failed(ticket: Ticket, error: BaseException) -> AttemptJudged:
        return judging.on_failure(ticket, error, process.name)

    await Worker(_options(world, process, Stage.JUDGE), bus, work, failed).run(asyncio.Event())


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
