"""Attempts: claiming them, keeping their leases, reading them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec import to_builtins

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptDetail, Denied, Stage, Ticket
from assay.contracts.ids import run_of
from assay.contracts.models import Call
from assay.contracts.rpc import AttemptPage, Claim, ClaimAttempts, Claims, Heartbeat, Leases, ListAttempts
from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Verdict
from services.ledger.database.database import Connection, Database
from services.ledger.errors import unknown_attempt, unknown_run
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.claiming import HandedIn, denial, ticket
from services.ledger.memory.rules.facts import fact_of_claim
from services.ledger.memory.rules.funding import Funding
from services.ledger.memory.rules.rows import Row, from_jsonb
from services.ledger.memory.rules.views import attempt_view, try_view
from services.ledger.money.claim_funding import fund
from services.ledger.attempts.columns import ATTEMPT_COLUMNS, returning
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.settings import LedgerSettings

# What may be claimed, and what it becomes. A grading whose lease was lost keeps its state and waits without a lease.
# A worker may claim again what it already holds: the answer to its first claim may have been lost.
_CLAIM = {
    Stage.RUN: f"""
WITH c AS (SELECT a.attempt_id FROM attempts a JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
  USING (attempt_id) WHERE a.token = u.token AND (a.state = 'queued' OR (a.state = 'running' AND a.worker_id = $3))
  ORDER BY attempt_id FOR UPDATE OF a)
UPDATE attempts a SET state = 'running', worker_id = $3,
  tries = a.tries + (a.state = 'queued')::int, changed_at = now(),
  lease_until = clock_timestamp() + make_interval(secs => $4)
FROM c WHERE a.attempt_id = c.attempt_id RETURNING {returning()}, old.worker_id = $3 AS again
""",
    Stage.JUDGE: f"""
WITH c AS (SELECT a.attempt_id FROM attempts a JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
  USING (attempt_id) WHERE a.token = u.token AND a.state IN ('executed', 'grading')
    AND (a.lease_until IS NULL OR a.worker_id = $3)
  ORDER BY attempt_id FOR UPDATE OF a)
UPDATE attempts a SET state = 'grading', worker_id = $3,
  gradings = a.gradings + (a.lease_until IS NULL)::int, changed_at = now(),
  lease_until = clock_timestamp() + make_interval(secs => $4)
FROM c WHERE a.attempt_id = c.attempt_id RETURNING {returning()}, old.worker_id = $3 AS again
""",
}

_BEGIN_TRIES = """
INSERT INTO tries (attempt_id, token, worker_id) SELECT attempt_id, token, $3
FROM unnest($1::text[], $2::int[]) AS t(attempt_id, token) ON CONFLICT DO NOTHING
"""

_SEEN = """
INSERT INTO workers (worker_id, stage, pool, slots, sandboxes, seen_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp()) ON CONFLICT (worker_id)
DO UPDATE SET slots = excluded.slots, sandboxes = excluded.sandboxes, seen_at = excluded.seen_at
"""

_LIVE_SLOTS = """
SELECT coalesce(sum(slots), 0)::int FROM workers
WHERE stage = $1 AND seen_at > clock_timestamp() - make_interval(secs => $2)
"""

_EXTEND = """
WITH kept AS (SELECT a.attempt_id FROM attempts a JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
  USING (attempt_id) WHERE a.token = u.token AND a.worker_id = $3 AND a.lease_until IS NOT NULL
  ORDER BY attempt_id FOR UPDATE OF a)
UPDATE attempts a SET lease_until = clock_timestamp() + make_interval(secs => $4)
FROM kept WHERE a.attempt_id = kept.attempt_id RETURNING a.attempt_id
"""

_OUTPUTS = """
SELECT DISTINCT ON (attempt_id) attempt_id, output, artifacts -> 'result.json' AS result FROM tries
WHERE attempt_id = ANY($1::text[]) AND ended = 'executed' ORDER BY attempt_id, token DESC
"""


# A result taken over is gone with the run that made it.
_RUN = """
SELECT r.sequence, coalesce(r.expired_at, source.expired_at) AS expired_at
FROM runs r LEFT JOIN runs source ON source.run_id = $2 WHERE r.run_id = $1
"""


class PostgresAttempts:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._lease_seconds = settings.lease_seconds
        self._silence_seconds = settings.worker_silence_seconds

    async def claim(self, request: ClaimAttempts) -> Claims:
        """Grant leases on what may be claimed; say of the rest why not."""

        async def work(connection: Connection) -> Claims:
            ids = [claim.attempt_id for claim in request.claims]
            tokens = [claim.token for claim in request.claims]
            claim = _CLAIM[request.stage]
            rows = await connection.fetch(claim, ids, tokens, request.worker_id, self._lease_seconds)
            await _retire_orders(connection, request.stage, ids, tokens)
            funded, recalled = list(rows), Funding()
            if request.stage is Stage.RUN:
                funded, recalled = await fund(connection, self._plans, rows)
                began = [row["token"] for row in funded]
                await connection.execute(_BEGIN_TRIES, [row["attempt_id"] for row in funded], began, request.worker_id)
            fact = fact_of_claim(request.stage, request.worker_id)
            changes = [Change(row, fact) for row in funded if not row["again"]]
            await record(connection, [*changes, *recalled.changes], recalled.spends, recalled.notes)
            tickets = await self._tickets(connection, funded, request.stage)
            claimed = {row["attempt_id"] for row in rows}
            refused = [claim for claim in request.claims if claim.attempt_id not in claimed]
            return Claims(granted=tickets, denied=(*recalled.denied, *await _denied(connection, refused)))

        return await self._database.transact(work)

    async def heartbeat(self, beat: Heartbeat) -> Leases:
        """Note the worker's slots, extend the leases it holds, and tell it which ones it no longer does."""

        async def work(connection: Connection) -> Leases:
            sandboxes = None if beat.sandboxes is None else list(beat.sandboxes)
            await connection.execute(_SEEN, beat.worker_id, beat.stage, beat.pool, beat.slots, sandboxes)
            live = await connection.fetchval(_LIVE_SLOTS, beat.stage, self._silence_seconds)
            share = beat.slots / live if beat.slots and live else 1.0
            if not beat.leases:
                return Leases(share=share)
            ids = [lease.attempt_id for lease in beat.leases]
            tokens = [lease.token for lease in beat.leases]
            rows = await connection.fetch(_EXTEND, ids, tokens, beat.worker_id, self._lease_seconds)
            kept = {row["attempt_id"] for row in rows}
            lost = tuple(lease for lease in beat.leases if lease.attempt_id not in kept)
            return Leases(lost=lost, share=share)

        return await self._database.transact(work)

    async def page(self, query: ListAttempts) -> AttemptPage:
        return await self._database.read(partial(_page, query))

    async def get(self, attempt_id: str) -> AttemptDetail:
        async def work(connection: Connection) -> AttemptDetail:
            row = await connection.fetchrow(f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE attempt_id = $1", attempt_id)
            if row is None:
                raise unknown_attempt(attempt_id)
            return await _detail(connection, row, await self._plans.of(connection, row["run_id"]))

        return await self._database.read(work)

    async def _tickets(self, connection: Connection, rows: Sequence[Row], stage: Stage) -> tuple[Ticket, ...]:
        handed_in: dict[str, HandedIn] = {}
        if stage is Stage.JUDGE and rows:
            found = await connection.fetch(_OUTPUTS, [row["attempt_id"] for row in rows])
            handed_in = {row["attempt_id"]: _handed_in(row) for row in found}
        tickets: list[Ticket] = []
        for row in rows:
            plan = await self._plans.of(connection, row["run_id"])
            left = handed_in.get(row["attempt_id"], HandedIn())
            tickets.append(ticket(row, plan, stage, self._lease_seconds, left))
        return tuple(tickets)


def _handed_in(row: Row) -> HandedIn:
    return HandedIn(from_jsonb(ArtifactRef, row["output"]), from_jsonb(ArtifactRef, row["result"]))


async def _retire_orders(connection: Connection, stage: Stage, ids: Sequence[str], tokens: Sequence[int]) -> None:
    """Of this stage alone: a runner's order that comes twice must not take the judge's, which has the same token."""
    await connection.execute(
        "DELETE FROM pending_orders o USING unnest($1::text[], $2::int[]) AS u(attempt_id, token) "
        "WHERE o.attempt_id = u.attempt_id AND o.token <= u.token AND o.stage = $3",
        ids,
        tokens,
        stage,
    )


async def _denied(connection: Connection, claims: Sequence[Claim]) -> tuple[Denied, ...]:
    if not claims:
        return ()
    ids = [claim.attempt_id for claim in claims]
    rows = await connection.fetch(
        "SELECT attempt_id, state, outcome, token FROM attempts WHERE attempt_id = ANY($1::text[])", ids
    )
    found = {row["attempt_id"]: row for row in rows}
    return tuple(Denied(attempt_id=c.attempt_id, reason=denial(found.get(c.attempt_id), c.token)) for c in claims)


async def _page(query: ListAttempts, connection: Connection) -> AttemptPage:
    run = await connection.fetchrow("SELECT sequence FROM runs WHERE run_id = $1", query.run_id)
    if run is None:
        raise unknown_run(query.run_id)
    where, values = ["run_id = $1"], list[Any]([query.run_id])
    wanted = {"state": query.state, "outcome": query.outcome, "model": query.model, "task_id": query.task_id}
    for column, value in wanted.items():
        if value:
            values.append(value)
            where.append(f"{column} = ${len(values)}")
    total = await connection.fetchval(f"SELECT count(*) FROM attempts WHERE {' AND '.join(where)}", *values)
    if query.cursor.isdigit():
        values.append(int(query.cursor))
        where.append(f"ordinal > ${len(values)}")
    select = f"SELECT {ATTEMPT_COLUMNS} FROM attempts WHERE {' AND '.join(where)} ORDER BY ordinal "
    rows = await connection.fetch(f"{select} LIMIT {query.limit + 1}", *values)
    items = tuple(attempt_view(row) for row in rows[: query.limit])
    more = str(items[-1].ordinal) if len(rows) > query.limit else ""
    return AttemptPage(items=items, next_cursor=more, total=total, sequence=run["sequence"])


async def _detail(connection: Connection, row: Row, plan: RunPlan) -> AttemptDetail:
    """Of a result taken over, what the earlier attempt left is shown."""
    attempt_id = row["reused_from"] or row["attempt_id"]
    tries = await connection.fetch("SELECT * FROM tries WHERE attempt_id = $1 ORDER BY token", attempt_id)
    calls = await connection.fetch("SELECT body FROM calls WHERE attempt_id = $1 ORDER BY booked_at", attempt_id)
    verdict = await connection.fetchrow("SELECT body, artifacts FROM verdicts WHERE attempt_id = $1", attempt_id)
    run = await connection.fetchrow(_RUN, row["run_id"], run_of(attempt_id))
    assert run is not None
    artifacts: dict[str, ArtifactRef] = {}
    for source in (*tries, *((verdict,) if verdict else ())):
        artifacts |= from_jsonb(dict[str, ArtifactRef], source["artifacts"]) or {}
    task, parameters = plan.tasks[row["task_index"]], plan.models[row["model_index"]].model.parameters
    return AttemptDetail(
        attempt=attempt_view(row),
        key=row["key"],
        task_digest=task.digest,
        parameters=to_builtins(parameters),
        verdict=from_jsonb(Verdict, verdict["body"]) if verdict else None,
        tries=tuple(try_view(each) for each in tries),
        calls=tuple(from_jsonb(Call, call["body"]) for call in calls),
        artifacts=artifacts,
        sequence=run["sequence"],
        expired_at=run["expired_at"],
        solver=task.solver,
        limits=task.limits,
    )
