"""Runs: submitting, estimating, starting again; reading and listing."""

from __future__ import annotations

from functools import partial
from typing import Any

import asyncpg
import msgspec

from assay.contracts.rpc import ListRuns, Quote, RestartRun, RunPage, SubmitRun
from assay.contracts.runs import RunPlan, RunView
from services.ledger.database.database import Connection, Database
from services.ledger.errors import unknown_run
from services.ledger.memory.rules.rows import from_jsonb
from services.ledger.memory.rules.views import run_view
from services.ledger.runs.quote import quote
from services.ledger.runs.submission import Submission
from services.ledger.settings import LedgerSettings

_SEARCHED = "name, run_id, suite, array_to_string(models, ' '), array_to_string(task_ids, ' ')"


class PostgresRuns:
    def __init__(self, database: Database, settings: LedgerSettings) -> None:
        self._database = database
        self._settings = settings

    async def submit(self, order: SubmitRun) -> RunView:
        """Store the run and all its attempts, or find the run that the key already made."""
        submission = Submission(order, self._settings)
        try:
            return await self._database.transact(submission.store)
        except asyncpg.UniqueViolationError:
            return await self._database.transact(submission.store)

    async def quote(self, plan: RunPlan) -> Quote:
        """What the run would cost, and whether it would be taken."""

        async def work(connection: Connection) -> Quote:
            return await quote(connection, plan, self._settings)

        return await self._database.read(work)

    async def restart(self, order: RestartRun) -> RunView:
        """A new run of the same plan; what is done already is taken over, unless ``fresh``."""

        async def plan_of(connection: Connection) -> RunPlan:
            body = await connection.fetchval("SELECT body FROM plans WHERE run_id = $1", order.run_id)
            if body is None:
                raise unknown_run(order.run_id)
            return from_jsonb(RunPlan, body)

        earlier = await self._database.read(plan_of)
        limits = order.limits or earlier.limits
        plan = msgspec.structs.replace(earlier, reuse=not order.fresh, restarts=order.run_id, limits=limits)
        return await self.submit(SubmitRun(plan=plan, idempotency_key=order.idempotency_key))

    async def get(self, run_id: str) -> RunView:
        async def work(connection: Connection) -> RunView:
            row = await connection.fetchrow("SELECT * FROM runs WHERE run_id = $1", run_id)
            if row is None:
                raise unknown_run(run_id)
            return run_view(row)

        return await self._database.read(work)

    async def page(self, query: ListRuns) -> RunPage:
        return await self._database.read(partial(_page, query))


async def _page(query: ListRuns, connection: Connection) -> RunPage:
    where, values = ["true"], list[Any]()

    def condition(text: str, value: Any) -> None:
        if value:
            values.append(value)
            where.append(text.format(f"${len(values)}"))

    condition("status = {}", query.status)
    condition("suite = {}", query.suite)
    condition("{} = ANY(models)", query.model)
    condition(f"strpos(lower(concat_ws(' ', {_SEARCHED})), lower({{}})) > 0", query.search)
    total = await connection.fetchval(f"SELECT count(*) FROM runs WHERE {' AND '.join(where)}", *values)
    condition("run_id < {}", query.cursor)
    select = f"SELECT * FROM runs WHERE {' AND '.join(where)} ORDER BY run_id DESC LIMIT {query.limit + 1}"
    rows = await connection.fetch(select, *values)
    items = tuple(run_view(row) for row in rows[: query.limit])
    return RunPage(items=items, next_cursor=items[-1].run_id if len(rows) > query.limit else "", total=total)
