"""One simulation: start the processes, inject faults until ``heal_at``, wait for recovery, read the results."""

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
from tests.faults.simulation.checks.money import MoneyMonitor
from tests.faults.simulation.checks.snapshot import Snapshot, read_snapshot
from tests.faults.simulation.scenario import Scenario, ScheduledAction
from tests.faults.simulation.world.artifact_store import Artifacts
from tests.faults.simulation.world.clients import Clients
from tests.faults.simulation.world.cluster import Cluster
from tests.faults.simulation.world.fault_injection import FaultInjector, Trace
from tests.faults.simulation.world.model_provider import Provider
from tests.faults.simulation.world.network import Network
from tests.faults.simulation.world.process import process_task_factory
from tests.faults.simulation.world.services import World
from tests.faults.simulation.world.virtual_loop import VirtualLoop
from tests.faults.simulation.world.virtual_postgres import VirtualPostgres

RECOVERY_SECONDS = 120.0
"""Everything must have recovered this long after the last fault."""
LOST_REPLY_SECONDS = 7.0
"""A request can wait this long for a reply that was lost before the last fault ended, including its pause."""
DASHBOARD_SECONDS = 2.0
"""Every dashboard must be up to date this long after reconnecting."""
CLEANUP_SECONDS = 6.0
"""The tasks of a killed worker end within this time."""

EPOCH = datetime(2031, 5, 17, 21, 59, 50, tzinfo=UTC)
"""Start of every simulation by the database's clock: years away from the services' own clocks, which must not matter
(case 27), and ten seconds before midnight in Berlin."""

_PROGRESS = """
SELECT ARRAY(SELECT run_id FROM runs WHERE status = 'paused' ORDER BY run_id) AS paused,
  EXISTS (SELECT FROM runs WHERE waits IS NOT NULL) AS waiting,
  EXISTS (SELECT FROM runs WHERE status NOT IN ('finished', 'cancelled')) OR EXISTS (SELECT FROM pending_facts)
    OR EXISTS (SELECT FROM holds WHERE state = 'held') OR EXISTS (SELECT FROM pending_orders) AS busy
"""


class Simulation:
    """``pool`` connects to the database that all ledgers share. ``failures`` are violations seen during the run; at its
    end, ``snapshot`` has the tables and ``views`` the ledger's answers about each run."""

    def __init__(self, scenario: Scenario, pool: Any, trace: Trace | None = None) -> None:
        self.scenario = scenario
        self._began = asyncio.get_running_loop().time()
        self._trace = self._with_time(trace) if trace else None
        settings = LedgerSettings(
            lease_seconds=scenario.lease_seconds, worker_silence_seconds=3.0, order_patience_seconds=4.0, max_tries=4
        )
        faults = FaultInjector(scenario.seed, scenario.odds, self._trace)
        self.world = World(
            faults=faults,
            network=Network(faults),
            pool=pool,
            artifacts=Artifacts(),
            provider=Provider(faults=faults, behaviour=scenario.provider),
            settings=settings,
        )
        self.cluster = Cluster(self.world)
        self.clients = Clients(self.cluster, watched=scenario.dashboards, model_graded=scenario.model_graded)
        self.failures = self.cluster.failures
        self.money_monitor = MoneyMonitor()
        self.snapshot: Snapshot
        self.views: dict[str, tuple[RunView, tuple[AttemptView, ...]]] = {}
        self._database = Database(pool)

    async def run(self) -> None:
        self.cluster.start(self.scenario)
        for number, (at, request) in enumerate(self.scenario.requests):
            self.clients.submit(at, request, f"key-{number}")
        for action in self.scenario.actions:
            await self._until(action.at)
            self._run_action(action)
        await self._until(self.scenario.heal_at)
        if self._trace:
            self._trace("HEALED")
        self.cluster.heal()
        await self._wait_until_settled()

    async def end(self) -> None:
        """Stop all tasks."""
        self.cluster.end()
        await self.clients.stop()
        await asyncio.sleep(CLEANUP_SECONDS)

    def _run_action(self, action: ScheduledAction) -> None:
        if self._trace:
            self._trace(f"ACTION {action.action} {action.arguments}")
        target = self.cluster if hasattr(self.cluster, action.action) else self.clients
        getattr(target, action.action)(*action.arguments)

    async def _wait_until_settled(self) -> None:
        deadline = self._second + RECOVERY_SECONDS
        while self._second < deadline:
            await asyncio.sleep(1.0)
            if not self.clients.answered:
                continue
            async with self._database.session() as connection:
                progress = await connection.driver.fetchrow(_PROGRESS)
            assert progress is not None
            if not progress["busy"]:
                break
            self.clients.release_held_runs(paused=progress["paused"], waiting=progress["waiting"])
        await self._until(self.scenario.heal_at + LOST_REPLY_SECONDS)
        self.cluster.reconnect_all()
        await asyncio.sleep(DASHBOARD_SECONDS)
        await self.read_results()

    async def read_results(self) -> None:
        """Read the tables and ask the ledger about each run."""
        if not self.clients.answered:
            self.failures.append("I1: a request was never answered")
        self.failures += [f"a client's request failed: {error!r}" for error in self.clients.failures]
        async with self._database.snapshot() as connection:
            self.snapshot = await read_snapshot(connection)
        request = self.world.network.bus.rpc.request
        for run_id in [run["run_id"] for run in self.snapshot.runs]:
            try:
                view, page = await request(GetRun(run_id=run_id)), await request(ListAttempts(run_id=run_id))
            except (BusError, ProblemError) as error:
                self.failures.append(f"the ledger does not answer: {error}")
            else:
                self.views[run_id] = view, page.items

    def _with_time(self, trace: Trace) -> Trace:
        return lambda text: trace(f"{self._second:9.3f} {text}")

    @property
    def _second(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._second))


def simulate(
    scenario: Scenario, postgres: VirtualPostgres, trace: Trace | None = None, epoch: datetime = EPOCH
) -> Simulation:
    """Run a scenario to its end. All random values come from its seed, and all time is virtual. ``trace`` receives each
    step."""
    random.seed(scenario.seed)
    loop = VirtualLoop()
    loop.set_task_factory(cast("Any", process_task_factory))
    postgres.now = lambda: epoch + timedelta(seconds=loop.time())
    asyncio.set_event_loop(loop)
    try:
        with patch("secrets.randbits", random.getrandbits), patch("time.time_ns", lambda: int(loop.time() * 1e9)):
            return loop.run_until_complete(_simulate(scenario, postgres, trace))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        postgres.reset()


async def _simulate(scenario: Scenario, postgres: VirtualPostgres, trace: Trace | None) -> Simulation:
    simulation = Simulation(scenario, postgres, trace)

    def committed() -> None:
        if violation := simulation.money_monitor.check(postgres):
            simulation.failures.append(violation)

    postgres.committed = committed
    try:
        await simulation.run()
    finally:
        await simulation.end()
    simulation.failures += cast("VirtualLoop", asyncio.get_running_loop()).unhandled_errors
    return simulation
