"""Storing a run with all its attempts, in one transaction."""

from __future__ import annotations

from typing import Any

from assay.contracts.attempts import State
from assay.contracts.codec import digest
from assay.contracts.ids import new_id
from assay.contracts.money import nanousd
from assay.contracts.rpc import SubmitRun
from assay.contracts.runs import RunView
from services.ledger.database.database import Connection
from services.ledger.errors import key_reused, no_shelter, over_limit
from services.ledger.memory.rules.facts import facts_of_submission
from services.ledger.memory.rules.reuse import REUSABLE, Earlier
from services.ledger.memory.rules.rows import Row, to_jsonb
from services.ledger.memory.rules.shelter import shelter_refusal
from services.ledger.memory.rules.submitting import COLUMNS, attempts_of, is_free
from services.ledger.memory.rules.views import run_view
from services.ledger.money.transfers import open_accounts
from services.ledger.runs.fact_recording import store_facts
from services.ledger.runs.quote import open_project, quote
from services.ledger.runs.reuse import earlier_results
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import givers

_BY_KEY = "SELECT *, now() AS at FROM runs WHERE idempotency_key = $1"

_INSERT = """
INSERT INTO runs (run_id, project, name, suite, status, repeats, models, task_ids, idempotency_key, plan_digest,
  limits, priority, restarts, sequence, total, n_waiting, n_done, n_reused, finished_at,
  n_passed, n_failed, n_timeout, n_refused, n_agent_error, include_tests)
VALUES ($1, $2, $3, $4, CASE WHEN $15 THEN 'finished' ELSE 'waiting' END, $5, $6, $7, $8, $9, $10, $11, $12,
  1 + $15::int, $13::int, $13 - $14, $14::int, $14, CASE WHEN $15 THEN now() END, $16, $17, $18, $19, $20, $21)
RETURNING *, now() AS at
"""

MANY = 5000
"""Attempts of one run."""

# Postgres looks at new rows once a minute, and until then would read all of them to find those few that are under way.
_ANALYZE = "ANALYZE attempts (state, lease_until)"

_OUTCOME = COLUMNS.index("outcome")


class Submission:
    """One order to submit, made ready outside of the transaction as far as can be."""

    def __init__(self, order: SubmitRun, settings: LedgerSettings) -> None:
        self._order, self._plan, self._settings = order, order.plan, settings
        self._run_id = new_id()
        self._digest = digest(order.plan)
        self._attempts = list(attempts_of(self._run_id, order.plan))

    async def store(self, connection: Connection) -> RunView:
        """The run as stored; the one stored before under the same key; Refused when it cannot fit the limits
        or no worker could hold it."""
        earlier = await self._earlier(connection)
        if earlier is not None:
            return earlier
        if refusal := shelter_refusal(self._plan, await givers(connection, self._settings)):
            raise no_shelter(refusal)
        await self._afford(connection)
        rows = self._attempts
        if self._plan.reuse:
            results = await earlier_results(connection, [row[COLUMNS.index("key")] for row in rows])
            rows = [_reused(row, results) for row in rows]
        run = await self._insert(connection, rows)
        await connection.execute("INSERT INTO plans (run_id, body) VALUES ($1, $2)", self._run_id, to_jsonb(self._plan))
        await connection.copy_records_to_table("attempts", records=rows, columns=COLUMNS)
        if len(rows) >= MANY:
            await connection.execute(_ANALYZE)
        await store_facts(connection, facts_of_submission(run))
        return run_view(run)

    async def _earlier(self, connection: Connection) -> RunView | None:
        key = self._order.idempotency_key
        row = await connection.fetchrow(_BY_KEY, key) if key else None
        if row is None:
            return None
        if row["plan_digest"] != self._digest:
            raise key_reused(key, row["run_id"])
        return run_view(row)

    async def _afford(self, connection: Connection) -> None:
        """Checks the limits; only runs that cost something have an account."""
        if is_free(self._plan):
            return
        await open_project(connection, self._plan.project, self._settings)
        quoted = await quote(connection, self._plan, self._settings)
        if quoted.refusal:
            raise over_limit(quoted)
        limit = self._plan.limits.cost_usd
        await open_accounts(connection, {f"run:{self._run_id}": None if limit is None else nanousd(limit)})

    async def _insert(self, connection: Connection, rows: list[tuple[Any, ...]]) -> Row:
        plan = self._plan
        outcomes = [row[_OUTCOME] for row in rows if row[_OUTCOME] is not None] if plan.reuse else []
        run = await connection.fetchrow(
            _INSERT,
            *(self._run_id, plan.project, plan.name, plan.suite, plan.repeats),
            [pin.model.name for pin in plan.models],
            [task.task_id for task in plan.tasks],
            *(self._order.idempotency_key, self._digest, to_jsonb(plan.limits), plan.priority, plan.restarts),
            *(len(rows), len(outcomes), len(outcomes) == len(rows)),
            *(outcomes.count(outcome) for outcome in REUSABLE),
            plan.include_tests,
        )
        assert run is not None
        return run


def _reused(row: tuple[Any, ...], results: dict[str, Earlier]) -> tuple[Any, ...]:
    earlier = results.get(row[COLUMNS.index("key")])
    if earlier is None:
        return row
    named = dict(zip(COLUMNS, row, strict=True)) | {"state": State.DONE.value, **earlier}
    return tuple(named[column] for column in COLUMNS)
