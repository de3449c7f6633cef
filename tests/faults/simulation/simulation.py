"""One simulation: a world of processes, faults until ``heal_at``, and a look at what is left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import cache
from pathlib import Path
from typing import Any, cast

from assay.artifacts import Area
from assay.bus.errors import BusError
from assay.catalog import Catalog
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    CancelRun,
    ChangeRun,
    PauseRun,
    Request,
    RestartRun,
    ResumeRun,
    SetMoneyLimits,
    SubmitRun,
)
from assay.contracts.runs import RunLimits, RunRequest, RunStatus, RunView
from services.gateway.names import CatalogNames
from services.gateway.ports import Store
from services.gateway.submission import plan_of
from services.ledger.settings import LedgerSettings
from tests.faults.simulation.artifacts import Artifacts
from tests.faults.simulation.chaos import Chaos, Tell
from tests.faults.simulation.dashboard import Dashboard
from tests.faults.simulation.lines import Exchange
from tests.faults.simulation.loop import VirtualLoop
from tests.faults.simulation.money import Watch
from tests.faults.simulation.processes import Process, owned
from tests.faults.simulation.provider import Provider
from tests.faults.simulation.scenario import Scenario
from tests.faults.simulation.services import Gateway, Ledger, World, judge, runner
from tests.faults.simulation.store import Stores

HEALED_SECONDS = 120.0
"""So long after the last fault everything must have come right."""
LOST_SECONDS = 7.0
"""So long after the last fault somebody may still wait for an answer that was lost before, or pause after that."""
CLEANUP_SECONDS = 6.0
"""What a killed worker's tasks take at most to end."""
SEEN_SECONDS = 2.0
"""So long after reconnecting every dashboard must show what is so."""

StoresFor = Callable[[LedgerSettings], Stores]


@cache
def _names() -> CatalogNames:
    return CatalogNames(Catalog.open(Path(__file__).parent / "catalog", recheck_seconds=3600.0))


class Simulation:
    """``journal`` is what the client was told: run ids by idempotency key. ``faults`` is what must not have been."""

    def __init__(
        self, scenario: Scenario, tell: Tell | None = None, stores: Callable[[LedgerSettings], Stores] = Stores
    ) -> None:
        self.scenario = scenario
        self.faults: list[str] = []
        self.journal: dict[str, RunView] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self.processes: dict[str, Process] = {}
        self.gateway: Gateway | None = None
        self._tell = self._timed(tell) if tell else None
        settings = LedgerSettings(
            lease_seconds=scenario.lease_seconds, worker_silence_seconds=3.0, order_patience_seconds=4.0, max_tries=4
        )
        self.chaos = chaos = Chaos(scenario.seed, scenario.odds, self._on_crash, self._tell)
        self.stores = stores(settings)
        self.world = World(
            chaos=chaos,
            exchange=Exchange(chaos),
            stores=self.stores,
            artifacts=Artifacts(),
            provider=Provider(chaos=chaos, manners=scenario.manners),
            settings=settings,
        )
        self.watch = Watch(self.stores.memory)
        self.stores.memory.watch = self._watch
        self._began = asyncio.get_running_loop().time()
        self._clients: list[asyncio.Task[Any]] = []
        self._watching: list[asyncio.Task[None]] = []
        self.lives: list[str] = []

    def _timed(self, tell: Tell) -> Tell:
        return lambda text: tell(f"{self._second:9.3f} {text}")

    @property
    def _second(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def _watch(self) -> None:
        if wrong := self.watch.look():
            self.faults.append(wrong)

    # --- processes

    def _start(self, name: str) -> None:
        process = self.processes[name] = Process(f"{name}.{len(self.lives)}" if name in self.processes else name)
        self.lives.append(process.name)
        kind = name.partition("-")[0]
        if kind == "ledger":
            main = Ledger(self.world, process).serve()
        elif kind == "gateway":
            self.gateway = Gateway(self.world, process)
            main = self.gateway.serve()
        else:
            main = {"runner": runner, "judge": judge}[kind](self.world, process)
        process.start(self._supervised(name, process, main))

    async def _supervised(self, name: str, process: Process, main: Coroutine[Any, Any, None]) -> None:
        """Services end by being killed; one that ends by itself is a finding."""
        try:
            await main
        except Exception as error:
            if process.alive:
                self.faults.append(f"{process.name} ended by itself: {error!r}")
                self.chaos.crash(process, f"its end: {error!r}")

    def _on_crash(self, process: Process) -> None:
        name = process.name.partition(".")[0]
        if self.processes.get(name) is process:
            seconds = self.chaos.seconds(2.0)
            asyncio.get_running_loop().call_later(seconds, self._start, name, context=Context())

    # --- deeds

    def kill(self, name: str) -> None:
        if (process := self.processes[name]).alive:
            self.chaos.crash(process, "a deed")

    def wipe(self) -> None:
        self.world.exchange.wipe()

    def cut(self, name: str, seconds: float) -> None:
        line = self.world.exchange.lines.get(self.processes[name].name)
        if line is not None:
            line.cut()
            asyncio.get_running_loop().call_later(seconds, line.mend)

    def freeze(self, name: str, seconds: float) -> None:
        process = self.processes[name]
        process.stop()
        asyncio.get_running_loop().call_later(seconds, process.go_on)

    def cancel(self, grace_seconds: float) -> None:
        self._ask_of_first(lambda run_id: CancelRun(run_id=run_id, grace_seconds=grace_seconds))

    def pause(self) -> None:
        self._ask_of_first(lambda run_id: PauseRun(run_id=run_id))

    def resume(self) -> None:
        self._ask_of_first(lambda run_id: ResumeRun(run_id=run_id))

    def limit(self, cost_usd: str | None) -> None:
        limits = RunLimits(cost_usd=cost_usd)
        self._ask_of_first(lambda run_id: ChangeRun(run_id=run_id, limits=limits))

    def limit_project(self, day_usd: str | None, project_usd: str | None) -> None:
        self._ask(SetMoneyLimits(day_usd=day_usd, project_usd=project_usd, time_zone="Europe/Berlin"))

    def restart(self) -> None:
        async def restarted(run_id: str) -> None:
            request = RestartRun(run_id=run_id, idempotency_key="restart")
            if answer := await self._insist(request):
                self._note("restart", answer)

        for run in list(self.journal.values())[:1]:
            self._clients.append(asyncio.ensure_future(restarted(run.run_id)))

    def _ask_of_first(self, request: Callable[[str], Request[Any]]) -> None:
        for run in list(self.journal.values())[:1]:
            self._ask(request(run.run_id))

    def _ask(self, request: Request[Any]) -> None:
        self._clients.append(asyncio.ensure_future(self._insist(request)))

    # --- clients

    async def _submit(self, at: float, request: RunRequest, key: str) -> None:
        await asyncio.sleep(at)
        stores = cast("dict[Area, Store]", dict.fromkeys(Area, self.world.artifacts))
        plan = await plan_of(request, _names(), stores)
        answer = await self._insist(SubmitRun(plan=plan, idempotency_key=key))
        if answer is not None:
            self._note(key, answer)

    def _note(self, key: str, answer: RunView) -> None:
        self.journal[key] = answer
        if self.scenario.dashboards:
            self.dashboards[answer.run_id] = Dashboard(answer.run_id)
            self._watching.append(asyncio.ensure_future(self._keep_watching(self.dashboards[answer.run_id])))

    async def _insist(self, request: Request[Any]) -> Any:
        """Ask until there is an answer, as a client with an Idempotency-Key may."""
        while True:
            try:
                gateway = await self._ready()
                assert gateway.bus is not None
                asking = gateway.process.spawn(gateway.bus.rpc.request(request, 5.0))
                await asyncio.wait((asking,))
                if not asking.cancelled():
                    return asking.result()
            except BusError:
                pass
            except ProblemError as error:
                if error.problem.status < 500:
                    return None
            await asyncio.sleep(0.5)

    async def _keep_watching(self, dashboard: Dashboard) -> None:
        while True:
            gateway = await self._ready()
            watching = gateway.process.spawn(dashboard.watch(gateway))
            await asyncio.wait((watching,))
            await asyncio.sleep(0.2)

    async def _ready(self) -> Gateway:
        while self.gateway is None or not self.gateway.ready:
            await asyncio.sleep(0.2)
        return self.gateway

    # --- the whole

    async def run(self) -> None:
        scenario = self.scenario
        for kind, amount in (("ledger", scenario.ledgers), ("gateway", 1), ("judge", scenario.judges)):
            for number in range(amount):
                self._start(f"{kind}-{number}")
        for number in range(scenario.runners):
            self._start(f"runner-{number}")
        for number, (at, request) in enumerate(scenario.requests):
            self._clients.append(asyncio.ensure_future(self._submit(at, request, f"key-{number}")))
        for deed in scenario.deeds:
            await self._until(deed.at)
            if self._tell:
                self._tell(f"DEED {deed.what} {deed.arguments}")
            getattr(self, deed.what)(*deed.arguments)
        await self._until(scenario.heal_at)
        self._heal()
        await self._settled()

    async def _until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self._second))

    def _heal(self) -> None:
        if self._tell:
            self._tell("HEALED")
        self.chaos.calm = True
        for line in self.world.exchange.lines.values():
            line.mend()
        for process in self.processes.values():
            process.go_on()

    def _let_go_on(self) -> None:
        """What people held up on purpose would wait for them for ever."""
        for run in self.stores.memory.runs:
            if run["status"] == RunStatus.PAUSED:
                self._ask(ResumeRun(run_id=run["run_id"]))
        if any(run["waits"] for run in self.stores.memory.runs):
            self.limit_project(None, None)

    async def _settled(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HEALED_SECONDS
        while loop.time() < deadline:
            await asyncio.sleep(1.0)
            if not all(client.done() for client in self._clients):
                continue
            await self.stores.refresh()
            if self.stores.at_rest:
                break
            self._let_go_on()
        await self._until(self.scenario.heal_at + LOST_SECONDS)
        for line in self.world.exchange.lines.values():
            line.mend()
        await asyncio.sleep(SEEN_SECONDS)
        await self.stores.refresh()

    async def end(self) -> None:
        """Nothing is left that would go on."""
        for process in self.processes.values():
            process.kill()
        for task in (*self._clients, *self._watching):
            task.cancel()
        await asyncio.gather(*self._clients, *self._watching, return_exceptions=True)
        await asyncio.sleep(CLEANUP_SECONDS)


def simulate(
    scenario: Scenario, tell: Tell | None = None, stores: Callable[[LedgerSettings], Stores] = Stores
) -> Simulation:
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
