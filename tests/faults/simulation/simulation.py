"""One simulation: a world of processes, faults until ``heal_at``, and a look at what is left."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import patch

from assay.bus.errors import BusError
from assay.contracts.attempts import AttemptView
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import GetRun, ListAttempts
from assay.contracts.runs import RunView
from services.ledger.database.database import Database
from services.ledger.settings import LedgerSettings
from tests.faults.simulation.artifacts import Artifacts
from tests.faults.simulation.chaos import Chaos, Tell
from tests.faults.simulation.clients import Clients
from tests.faults.simulation.cluster import Cluster
from tests.faults.simulation.exchange import Exchange
from tests.faults.simulation.loop import VirtualLoop
from tests.faults.simulation.money import Watch
from tests.faults.simulation.postgres import VirtualPostgres
from tests.faults.simulation.processes import owned
from tests.faults.simulation.provider import Provider
from tests.faults.simulation.scenario import Deed, Scenario
from tests.faults.simulation.services import World
from tests.faults.simulation.snapshot import Snapshot, read_snapshot

HEALED_SECONDS = 120.0
"""So long after the last fault everything must have come right."""
LOST_SECONDS = 7.0
"""So long after the last fault somebody may still wait for an answer that was lost before, or pause after that."""
SEEN_SECONDS = 2.0
"""So long after reconnecting every dashboard must show what is so."""
CLEANUP_SECONDS = 6.0
"""What a killed worker's tasks take at most to end."""

EPOCH = datetime(2031, 5, 17, 21, 59, 50, tzinfo=UTC)
"""When simulations begin, by the database's clock: years from what the services' own clocks say, which must not matter
(case 27), and ten seconds before midnight in Berlin."""

_REST = """
SELECT ARRAY(SELECT run_id FROM runs WHERE status = 'paused' ORDER BY run_id) AS paused,
  EXISTS (SELECT FROM runs WHERE waits IS NOT NULL) AS waiting,
  EXISTS (SELECT FROM runs WHERE status NOT IN ('finished', 'cancelled')) OR EXISTS (SELECT FROM pending_facts)
    OR EXISTS (SELECT FROM holds WHERE state = 'held') OR EXISTS (SELECT FROM pending_orders) AS busy
"""


class Simulation:
    """``faults`` is what must not have been, seen on the way; ``pool`` leads to the database that all ledgers share.
    In the end ``snapshot`` has the tables, and ``answers`` what the ledger says of each run."""

    def __init__(self, scenario: Scenario, pool: Any, tell: Tell | None = None) -> None:
        self.scenario = scenario
        self._began = asyncio.get_running_loop().time()
        self._tell = self._timed(tell) if tell else None
        settings = LedgerSettings(
            lease_seconds=scenario.lease_seconds, worker_silence_seconds=3.0, order_patience_seconds=4.0, max_tries=4
        )
        chaos = Chaos(scenario.seed, scenario.odds, self._tell)
        self.world = World(
            chaos=chaos,
            exchange=Exchange(chaos),
            pool=pool,
            artifacts=Artifacts(),
            provider=Provider(chaos=chaos, manners=scenario.manners),
            settings=settings,
        )
        self.cluster = Cluster(self.world)
        self.clients = Clients(self.cluster, watched=scenario.dashboards)
        self.faults = self.cluster.faults
        self.watch = Watch()
        self.snapshot: Snapshot
        self.answers: dict[str, tuple[RunView, tuple[AttemptView, ...]]] = {}
        self._database = Database(pool)

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
            async with self._database.session() as connection:
                rest = await connection.driver.fetchrow(_REST)
            assert rest is not None
            if not rest["busy"]:
                break
            self.clients.let_go_on(paused=rest["paused"], waiting=rest["waiting"])
        await self._until(self.scenario.heal_at + LOST_SECONDS)
        self.cluster.mend()
        await asyncio.sleep(SEEN_SECONDS)
        await self.look()

    async def look(self) -> None:
        """Take down what there is in the end."""
        if not self.clients.answered:
            self.faults.append("I1: a client has had no answer")
        self.faults += [f"a client's request failed: {error!r}" for error in self.clients.failures]
        async with self._database.snapshot() as connection:
            self.snapshot = await read_snapshot(connection)
        ask = self.world.exchange.bus.rpc.request
        for run_id in [run["run_id"] for run in self.snapshot.runs]:
            try:
                view, page = await ask(GetRun(run_id=run_id)), await ask(ListAttempts(run_id=run_id))
            except (BusError, ProblemError) as error:
                self.faults.append(f"the ledger does not answer: {error}")
            else:
                self.answers[run_id] = view, page.items

    def _timed(self, tell: Tell) -> Tell:
        return lambda text: tell(f"{self._second:9.3f} {text}")

    @property
    def _second(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._second))


def simulate(
    scenario: Scenario, postgres: VirtualPostgres, tell: Tell | None = None, epoch: datetime = EPOCH
) -> Simulation:
    """Run it to its end. All chance is drawn from the seed, all time is virtual. ``tell`` hears every step."""
    random.seed(scenario.seed)
    loop = VirtualLoop()
    loop.set_task_factory(cast("Any", owned))
    postgres.now = lambda: epoch + timedelta(seconds=loop.time())
    asyncio.set_event_loop(loop)
    try:
        with patch("secrets.randbits", random.getrandbits), patch("time.time_ns", lambda: int(loop.time() * 1e9)):
            return loop.run_until_complete(_simulated(scenario, postgres, tell))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        postgres.reset()


async def _simulated(scenario: Scenario, postgres: VirtualPostgres, tell: Tell | None) -> Simulation:
    simulation = Simulation(scenario, postgres, tell)

    def committed() -> None:
        if wrong := simulation.watch.look(postgres):
            simulation.faults.append(wrong)

    postgres.committed = committed
    try:
        await simulation.run()
    finally:
        await simulation.end()
    simulation.faults += cast("VirtualLoop", asyncio.get_running_loop()).unhandled
    return simulation
