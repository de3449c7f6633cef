"""The people of a simulation: they submit runs, hold them up, limit them, and look at dashboards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
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
from assay.contracts.runs import RunLimits, RunRequest, RunView
from services.gateway.catalog_client import CatalogClient
from services.gateway.ports import Store
from services.gateway.submission import build_plan
from tests.faults.simulation.cluster import Cluster
from tests.faults.simulation.dashboard import Dashboard
from tests.faults.simulation.services import Gateway


@cache
def _names() -> CatalogClient:
    return CatalogClient(Catalog.open(Path(__file__).parent / "catalog", recheck_seconds=3600.0))


class Clients:
    """``journal`` is what they were told: runs by idempotency key."""

    def __init__(self, cluster: Cluster, *, watched: bool) -> None:
        self.journal: dict[str, RunView] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self._cluster, self._watched = cluster, watched
        self._asking: list[asyncio.Task[Any]] = []
        self._watching: list[asyncio.Task[None]] = []

    @property
    def answered(self) -> bool:
        """Whether everybody has had an answer."""
        return all(asking.done() for asking in self._asking)

    @property
    def failures(self) -> list[BaseException]:
        """What nobody may be answered."""
        ended = (asking for asking in self._asking if asking.done() and not asking.cancelled())
        return [error for asking in ended if (error := asking.exception())]

    def submit(self, at: float, request: RunRequest, key: str) -> None:
        self._asking.append(asyncio.ensure_future(self._submit(at, request, key)))

    def let_go_on(self, *, paused: Sequence[str], waiting: bool) -> None:
        """What they held up on purpose would wait for them for ever."""
        for run_id in paused:
            self._ask(ResumeRun(run_id=run_id))
        if waiting:
            self.limit_project(None, None)

    async def leave(self) -> None:
        tasks = (*self._asking, *self._watching)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what they may do to the first run

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
            self._asking.append(asyncio.ensure_future(restarted(run.run_id)))

    def _ask_of_first(self, request: Callable[[str], Request[Any]]) -> None:
        for run in list(self.journal.values())[:1]:
            self._ask(request(run.run_id))

    def _ask(self, request: Request[Any]) -> None:
        self._asking.append(asyncio.ensure_future(self._insist(request)))

    # --- how they ask and look

    async def _submit(self, at: float, request: RunRequest, key: str) -> None:
        await asyncio.sleep(at)
        stores = cast("dict[Area, Store]", dict.fromkeys(Area, self._cluster.world.artifacts))
        plan = await build_plan(request, _names(), stores)
        answer = await self._insist(SubmitRun(plan=plan, idempotency_key=key))
        if answer is not None:
            self._note(key, answer)

    def _note(self, key: str, answer: RunView) -> None:
        self.journal[key] = answer
        if self._watched:
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
        while self._cluster.gateway is None or not self._cluster.gateway.ready:
            await asyncio.sleep(0.2)
        return self._cluster.gateway
