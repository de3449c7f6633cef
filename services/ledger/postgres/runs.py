"""Runs: submitting, reading, listing, cancelling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import asyncpg

from assay.contracts.attempts import attempt_key
from assay.contracts.codec import digest
from assay.contracts.facts import RunCancelled, RunSubmitted
from assay.contracts.ids import attempt_id, new_id
from assay.contracts.rpc import ListRuns, RunPage, SubmitRun
from assay.contracts.runs import RunPlan, RunView
from services.ledger.errors import key_reused, unknown_run
from services.ledger.postgres.changes import event, store_facts
from services.ledger.postgres.database import Connection, Database
from services.ledger.postgres.rows import run_view, to_jsonb

_BY_KEY = "SELECT *, now() AS at FROM runs WHERE idempotency_key = $1"

_INSERT = """
INSERT INTO runs (run_id, project, name, suite, status, repeats, models, task_ids, idempotency_key, plan_digest,
  sequence, total, n_waiting)
VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, $9, 1, $10, $10)
RETURNING *, now() AS at
"""

_CANCEL_ATTEMPTS = """
UPDATE attempts SET state = 'done', outcome = 'cancelled', token = token + 1, lease_until = NULL, worker_id = '',
  reason = 'the run was cancelled', changed_at = now()
WHERE run_id = $1 AND state <> 'done'
"""

_CANCEL_RUN = """
UPDATE runs SET status = 'cancelled', finished_at = now(), sequence = sequence + 1,
  n_waiting = 0, n_queued = 0, n_running = 0, n_executed = 0, n_grading = 0,
  n_done = total, n_cancelled = n_cancelled + total - n_done
WHERE run_id = $1
RETURNING *, now() AS at
"""

_SEARCHED = "name, run_id, suite, array_to_string(models, ' '), array_to_string(task_ids, ' ')"

COLUMNS = (
    *("attempt_id", "run_id", "ordinal", "task_index", "model_index", "task_id", "category", "sample_id"),
    *("model", "repeat", "key", "state"),
)


class PostgresRuns:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit(self, order: SubmitRun) -> RunView:
        """Store the run and all its attempts, or find the run that the key already made."""
        run_id, plan_digest = new_id(), digest(order.plan)
        attempts = list(_attempts(run_id, order.plan))
        try:
            return await self._database.transact(partial(_submit, order, run_id, plan_digest, attempts))
        except asyncpg.UniqueViolationError:
            return await self._database.transact(partial(_submit, order, run_id, plan_digest, attempts))

    async def get(self, run_id: str) -> RunView:
        async def work(connection: Connection) -> RunView:
            row = await connection.fetchrow("SELECT * FROM runs WHERE run_id = $1", run_id)
            if row is None:
                raise unknown_run(run_id)
            return run_view(row)

        return await self._database.read(work)

    async def page(self, query: ListRuns) -> RunPage:
        return await self._database.read(partial(_page, query))

    async def cancel(self, run_id: str) -> RunView:
        """Attempts not yet done end as ``cancelled``; a run that has ended is left alone."""

        async def work(connection: Connection) -> RunView:
            # Attempts before runs: the order in which every transaction here takes its locks.
            locked = "SELECT 1 FROM attempts WHERE run_id = $1 AND state <> 'done' ORDER BY attempt_id FOR UPDATE"
            await connection.execute(locked, run_id)
            row = await connection.fetchrow("SELECT * FROM runs WHERE run_id = $1 FOR UPDATE", run_id)
            if row is None:
                raise unknown_run(run_id)
            if row["status"] not in ("waiting", "running"):
                return run_view(row)
            await connection.execute(_CANCEL_ATTEMPTS, run_id)
            await connection.execute("DELETE FROM pending_orders WHERE attempt_id LIKE $1", f"{run_id}-%")
            run = await connection.fetchrow(_CANCEL_RUN, run_id)
            assert run is not None
            view = run_view(run)
            await store_facts(connection, [event(run, view.sequence, run_id, RunCancelled(run=view))])
            return view

        return await self._database.transact(work)


async def _submit(
    order: SubmitRun, run_id: str, plan_digest: str, attempts: list[tuple[Any, ...]], connection: Connection
) -> RunView:
    plan = order.plan
    if order.idempotency_key:
        earlier = await connection.fetchrow(_BY_KEY, order.idempotency_key)
        if earlier is not None and earlier["plan_digest"] != plan_digest:
            raise key_reused(order.idempotency_key, earlier["run_id"])
        if earlier is not None:
            return run_view(earlier)
    row = await connection.fetchrow(
        _INSERT,
        *(run_id, plan.project, plan.name, plan.suite, plan.repeats),
        [pin.model.name for pin in plan.models],
        [task.task_id for task in plan.tasks],
        *(order.idempotency_key, plan_digest, len(attempts)),
    )
    assert row is not None
    await connection.execute("INSERT INTO plans (run_id, body) VALUES ($1, $2)", run_id, to_jsonb(plan))
    await connection.copy_records_to_table("attempts", records=attempts, columns=COLUMNS)
    view = run_view(row)
    await store_facts(connection, [event(row, 1, run_id, RunSubmitted(run=view))])
    return view


def _attempts(run_id: str, plan: RunPlan) -> Iterator[tuple[Any, ...]]:
    """All attempts of a plan. Models alternate, so that a comparison is even at any moment of the run."""
    ordinal = 0
    for repeat in range(1, plan.repeats + 1):
        for task_index, task in enumerate(plan.tasks):
            for sample_id in task.sample_ids:
                for model_index, pin in enumerate(plan.models):
                    ordinal += 1
                    key = attempt_key(
                        task_digest=task.digest,
                        sample_id=sample_id,
                        model=pin.model,
                        solver=task.solver,
                        repeat=repeat,
                        limits=task.limits,
                    )
                    identity = (attempt_id(run_id, ordinal), run_id, ordinal, task_index, model_index)
                    labels = (task.task_id, task.category, sample_id, pin.model.name, repeat, key, "waiting")
                    yield identity + labels


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
