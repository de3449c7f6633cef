"""One simulation: a world of processes, faults until ``heal_at``, and a look at what is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

from services.ledger.settings import LedgerSettings
from tests.faults.simulation.artifacts import Artifacts
from tests.faults.simulation.chaos import Chaos, Tell
from tests.faults.simulation.clients import Clients
from tests.faults.simulation.cluster import Cluster
from tests.faults.simulation.exchange import Exchange
from tests.faults.simulation.loop import VirtualLoop
from tests.faults.simulation.money import Watch
from tests.faults.simulation.processes import owned
from tests.faults.simulation.provider import Provider
from tests.faults.simulation.scenario import Deed, Scenario
from tests.faults.simulation.services import World
from tests.faults.simulation.store import Stores

HEALED_SECONDS = 120.0
"""So long after the last fault everything must have come right."""
LOST_SECONDS = 7.0
"""So long after the last fault somebody may still wait for an answer that was lost before, or pause after that."""
SEEN_SECONDS = 2.0
"""So long after reconnecting every dashboard must show what is so."""
CLEANUP_SECONDS = 6.0
"""What a killed worker's tasks take at most to end."""

StoresFor = Callable[[LedgerSettings], Stores]


class Simulation:
    """``faults`` is what must not have been, seen on the way."""

    def __init__(self, scenario: Scenario, tell: Tell | None = None, stores: StoresFor = Stores) -> None:
        self.scenario = scenario
        self._began = asyncio.get_running_loop().time()
        self._tell = self._timed(tell) if tell else None
        settings = LedgerSettings(
            lease_seconds=scenario.lease_seconds, worker_silence_seconds=3.0, order_patience_seconds=4.0, max_tries=4
        )
        chaos = Chaos(scenario.seed, scenario.odds, self._tell)
        self.stores = stores(settings)
        self.world = World(
            chaos=chaos,
            exchange=Exchange(chaos),
            stores=self.stores,
            artifacts=Artifacts(),
            provider=Provider(chaos=chaos, manners=scenario.manners),
            settings=settings,
        )
        self.cluster = Cluster(self.world)
        self.clients = Clients(self.cluster, watched=scenario.dashboards)
        self.faults = self.cluster.faults
        self.watch = Watch(self.stores.memory)
        self.stores.memory.watch = self._watch

    async def run(self) -> None:
        self.cluster.start(self.scenario)
        for number, (at, request) in enumerate(self.scenario.requests):
            self.clients.submit(at, request, f"key-{number}")
        for deed in self.scenario.deeds:
            await self._until(deed.at)
            self._do(deed)
        await self._until(self.scenario.heal_at)
        if self._tell:
            self._tell("HEALED")
        self.cluster.heal()
        await self._settled()

    async def end(self) -> None:
        """Nothing is left that would go on."""
        self.cluster.end()
        await self.clients.leave()
        await asyncio.sleep(CLEANUP_SECONDS)

    def _do(self, deed: Deed) -> None:
        if self._tell:
            self._tell(f"DEED {deed.what} {deed.arguments}")
        doer = self.cluster if hasattr(self.cluster, deed.what) else self.clients
        getattr(doer, deed.what)(*deed.arguments)

    async def _settled(self) -> None:
        deadline = self._second + HEALED_SECONDS
        while self._second < deadline:
            await asyncio.sleep(1.0)
            if not self.clients.answered:
                continue
            await self.stores.refresh()
            if self.stores.at_rest:
                break
            self.clients.let_go_on(self.stores.memory)
        await self._until(self.scenario.heal_at + LOST_SECONDS)
        self.cluster.mend()
        await asyncio.sleep(SEEN_SECONDS)
        await self.stores.refresh()

    def _watch(self) -> None:
        if wrong := self.watch.look():
            self.faults.append(wrong)

    def _timed(self, tell: Tell) -> Tell:
        return lambda text: tell(f"{self._second:9.3f} {text}")

    @property
    def _second(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._second))


def simulate(scenario: Scenario, tell: Tell | None = None, stores: StoresFor = Stores) -> Simulation:
    """Runs it to its end. Whatever is drawn from the shared source of chance is drawn from the seed. ``tell`` hears
    every step."""
    random.seed(scenario.seed)
    loop = VirtualLoop()
    loop.set_task_factory(cast("Any", owned))
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(_simulated(scenario, tell, stores))
    finally:
        asyncio.set_event_loop(None)
        loop.close()


async def _simulated(scenario: Scenario, tell: Tell | None, stores: StoresFor) -> Simulation:
    simulation = Simulation(scenario, tell, stores)
    try:
        await simulation.run()
    finally:
        await simulation.end()
    simulation.faults += cast("VirtualLoop", asyncio.get_running_loop()).unhandled
    return simulation
