"""The clients of a simulation: they submit runs, pause, limit and cancel them, and keep dashboards open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

from msgspec.structs import replace

from assay.artifacts import Area
from assay.bus.errors import BusError
from assay.catalog import Catalog
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import (
    CancelRun,
    ChangeRun,
    PauseRun,
    Providers,
    Request,
    RestartRun,
    ResumeRun,
    SetMoneyLimits,
    SubmitRun,
)
from assay.contracts.runs import CancelGrading, RunLimits, RunRequest, RunView
from services.gateway.catalog_client import CatalogClient
from services.gateway.ports import Store
from services.gateway.submission import build_plan
from tests.faults.simulation.world.cluster import Cluster
from tests.faults.simulation.world.dashboard import Dashboard
from tests.faults.simulation.world.services import Gateway


@cache
def _catalog() -> CatalogClient:
    return CatalogClient(Catalog.open(Path(__file__).parents[1] / "catalog", recheck_seconds=3600.0), _none_registered)


async def _none_registered() -> Providers:
    return Providers()


class Clients:
    """``journal`` has every answer: runs by idempotency key."""

    def __init__(self, cluster: Cluster, *, watched: bool, model_graded: bool = False) -> None:
        self.journal: dict[str, RunView] = {}
        self.dashboards: dict[str, Dashboard] = {}
        self._cluster, self._watched, self._model_graded = cluster, watched, model_graded
        self._requests: list[asyncio.Task[Any]] = []
        self._dashboard_tasks: list[asyncio.Task[None]] = []

    @property
    def answered(self) -> bool:
        """Whether every request has been answered."""
        return all(request.done() for request in self._requests)

    @property
    def failures(self) -> list[BaseException]:
        """Errors that no request may end with."""
        ended = (request for request in self._requests if request.done() and not request.cancelled())
        return [error for request in ended if (error := request.exception())]

    def submit(self, at: float, request: RunRequest, key: str) -> None:
        self._requests.append(asyncio.ensure_future(self._submit(at, request, key)))

    def release_held_runs(self, *, paused: Sequence[str], waiting: bool) -> None:
        """Resume and unlimit what the clients held up: it would wait for them forever."""
        for run_id in paused:
            self._start_request(ResumeRun(run_id=run_id))
        if waiting:
            self.limit_project(None, None)

    async def stop(self) -> None:
        tasks = (*self._requests, *self._dashboard_tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- actions on the first run

    def cancel(self, grace_seconds: float, grading: CancelGrading = CancelGrading.FREE) -> None:
        self._request_for_first_run(
            lambda run_id: CancelRun(run_id=run_id, grace_seconds=grace_seconds, grading=grading)
        )

    def pause(self) -> None:
        self._request_for_first_run(lambda run_id: PauseRun(run_id=run_id))

    def resume(self) -> None:
        self._request_for_first_run(lambda run_id: ResumeRun(run_id=run_id))

    def limit(self, cost_usd: str | None) -> None:
        limits = RunLimits(cost_usd=cost_usd)
        self._request_for_first_run(lambda run_id: ChangeRun(run_id=run_id, limits=limits))

    def limit_project(self, day_usd: str | None, project_usd: str | None) -> None:
        self._start_request(SetMoneyLimits(day_usd=day_usd, project_usd=project_usd, time_zone="Europe/Berlin"))

    def restart(self) -> None:
        async def restarted(run_id: str) -> None:
            request = RestartRun(run_id=run_id, idempotency_key="restart")
            if answer := await self._retry_until_answered(request):
                self._record_answer("restart", answer)

        for run in list(self.journal.values())[:1]:
            self._requests.append(asyncio.ensure_future(restarted(run.run_id)))

    def _request_for_first_run(self, request: Callable[[str], Request[Any]]) -> None:
        for run in list(self.journal.values())[:1]:
            self._start_request(request(run.run_id))

    def _start_request(self, request: Request[Any]) -> None:
        self._requests.append(asyncio.ensure_future(self._retry_until_answered(request)))

    # --- requests and dashboards

    async def _submit(self, at: float, request: RunRequest, key: str) -> None:
        await asyncio.sleep(at)
        stores = cast("dict[Area, Store]", dict.fromkeys(Area, self._cluster.world.artifacts))
        plan = await build_plan(request, _catalog(), stores)
        tasks = tuple(replace(task, model_graded=self._model_graded) for task in plan.tasks)
        plan = replace(plan, tasks=tasks)
        answer = await self._retry_until_answered(SubmitRun(plan=plan, idempotency_key=key))
        if answer is not None:
            self._record_answer(key, answer)

    def _record_answer(self, key: str, answer: RunView) -> None:
        self.journal[key] = answer
        if self._watched:
            self.dashboards[answer.run_id] = Dashboard(answer.run_id)
            self._dashboard_tasks.append(
                asyncio.ensure_future(self._keep_dashboard_open(self.dashboards[answer.run_id]))
            )

    async def _retry_until_answered(self, request: Request[Any]) -> Any:
        """Repeat the request until it is answered, as a client with an Idempotency-Key can."""
        while True:
            try:
                gateway = await self._ready_gateway()
                assert gateway.bus is not None
                task = gateway.process.spawn(gateway.bus.rpc.request(request, 5.0))
                await asyncio.wait((task,))
                if not task.cancelled():
                    return task.result()
            except BusError:
                pass
            except ProblemError as error:
                if error.problem.status < 500:
                    return None
            await asyncio.sleep(0.5)

    async def _keep_dashboard_open(self, dashboard: Dashboard) -> None:
        while True:
            gateway = await self._ready_gateway()
            task = gateway.process.spawn(dashboard.watch(gateway))
            await asyncio.wait((task,))
            await asyncio.sleep(0.2)

    async def _ready_gateway(self) -> Gateway:
        while self._cluster.gateway is None or not self._cluster.gateway.ready:
            await asyncio.sleep(0.2)
        return self._cluster.gateway
