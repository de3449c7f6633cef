"""Runs: submitting, importing, quoting, restarting, reading and listing them."""

from __future__ import annotations

from functools import partial

import msgspec

from assay.contracts.causes import Causes
from assay.contracts.rpc import Changes, ImportRun, ListRuns, Quote, RegradeRun, RestartRun, RunPage, SubmitRun
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import RunPlan, RunView
from services.ledger.database.database import Database, UniqueViolation
from services.ledger.database.filters import Filters
from services.ledger.database.rows import columns
from services.ledger.errors import imported_run, regraded_run, unknown_run
from services.ledger.runs.causes import read_causes
from services.ledger.runs.plans import Plans
from services.ledger.runs.quote import quote
from services.ledger.runs.regrading import read_changes, regrade_plan
from services.ledger.runs.rows import SELECT_RUN, RunRow
from services.ledger.runs.run_import import RunImport
from services.ledger.runs.run_metrics import RunMetricsReader
from services.ledger.runs.submission import Submission
from services.ledger.settings import LedgerSettings

_SEARCHED = "name, run_id, suite, array_to_string(models, ' '), array_to_string(task_ids, ' ')"


class RunStore:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._settings = settings
        self._metrics = RunMetricsReader(database)

    async def submit(self, request: SubmitRun) -> RunView:
        """Store the run and all its attempts, or find the run that the idempotency key already created."""
        submission = Submission(request, self._settings)
        try:
            return await self._database.transact(submission.store)
        except UniqueViolation:  # another request with the same key was faster
            return await self._database.transact(submission.store)

    async def import_run(self, request: ImportRun) -> RunView:
        """Store the results of another framework, or find the run that the idempotency key already created."""
        run_import = RunImport(request)
        try:
            return await self._database.transact(partial(run_import.store, plans=self._plans))
        except UniqueViolation:  # another request with the same key was faster
            return await self._database.transact(partial(run_import.store, plans=self._plans))

    async def quote(self, plan: RunPlan) -> Quote:
        async with self._database.snapshot() as connection:
            return await quote(connection, plan, self._settings)

    async def restart(self, request: RestartRun) -> RunView:
        """A new run of the same plan, which reuses the run's own results unless ``fresh``."""
        async with self._database.session() as connection:
            earlier = await self._plans.get(connection, request.run_id)
        if earlier.regrades:
            raise regraded_run(request.run_id, earlier.regrades)
        if earlier.imported:
            raise imported_run(request.run_id, earlier.imported)
        limits = request.limits or earlier.limits
        plan = msgspec.structs.replace(
            earlier,
            reuse=request.reuse,
            reuse_run="" if request.fresh else request.run_id,
            restarts=request.run_id,
            limits=limits,
        )
        return await self.submit(SubmitRun(plan=plan, idempotency_key=request.idempotency_key))

    async def regrade(self, request: RegradeRun) -> RunView:
        """A new run that grades the stored outputs of another one again."""
        async with self._database.session() as connection:
            plan = await regrade_plan(connection, await self._plans.get(connection, request.run_id), request)
        return await self.submit(SubmitRun(plan=plan, idempotency_key=request.idempotency_key))

    async def changes(self, run_id: str) -> Changes:
        async with self._database.snapshot() as connection:
            changes = await read_changes(connection, run_id)
        if changes is None:
            raise unknown_run(run_id)
        return changes

    async def get(self, run_id: str) -> RunView:
        async with self._database.session() as connection:
            run = await connection.row(RunRow, SELECT_RUN, run_id)
        if run is None:
            raise unknown_run(run_id)
        return run.view()

    async def causes(self, run_id: str) -> Causes:
        """Why its attempts ended ungraded."""
        async with self._database.snapshot() as connection:
            return await read_causes(connection, run_id)

    async def metrics(self, run_id: str) -> RunMetrics:
        """Over all samples of each task."""
        return await self._metrics.read(run_id)

    async def page(self, query: ListRuns) -> RunPage:
        filters = Filters()
        filters.add("status = {}", query.status)
        filters.add("suite = {}", query.suite)
        filters.add("{} = ANY(models)", query.model)
        filters.add(f"strpos(lower(concat_ws(' ', {_SEARCHED})), lower({{}})) > 0", query.search)
        async with self._database.snapshot() as connection:
            total = await connection.value(int, f"SELECT count(*) FROM runs WHERE {filters}", *filters.values)
            filters.add("run_id < {}", query.cursor)
            select = f"SELECT {columns(RunRow)} FROM runs WHERE {filters} ORDER BY run_id DESC LIMIT {query.limit + 1}"
            rows = await connection.rows(RunRow, select, *filters.values)
        items = tuple(row.view() for row in rows[: query.limit])
        return RunPage(items=items, next_cursor=items[-1].run_id if len(rows) > query.limit else "", total=total or 0)
