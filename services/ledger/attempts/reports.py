"""Workers' reports, taken in by whole batches: each takes effect once, and only with the token it was leased under."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assay.contracts.attempts import AttemptExecuted, AttemptJudged, State
from services.ledger.attempts.inbox import take_in
from services.ledger.database.database import Connection, Database
from services.ledger.leaderboard.leaderboard_write import count_in
from services.ledger.memory.rules.changes import Change
from services.ledger.memory.rules.facts import fact_of_execution, fact_of_judgement
from services.ledger.memory.rules.reports import execution_of, is_broke, judgement_of, try_end
from services.ledger.memory.rules.rows import Row, to_jsonb
from services.ledger.money.call_booking import book_calls, book_judging
from services.ledger.outbox.orders import add_orders
from services.ledger.attempts.columns import returning
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.settings import LedgerSettings

_LOCK = (
    "SELECT worst_nanousd, held_nanousd FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id FOR UPDATE"
)

# A lost try goes back to the queue under a new token; whether it may is decided here, against the tries it has had.
_EXECUTED = f"""
UPDATE attempts a SET
  state = CASE WHEN u.again AND a.tries < $7 THEN 'queued' WHEN u.outcome = '' THEN 'executed' ELSE 'done' END,
  token = a.token + (u.again AND a.tries < $7)::int,
  outcome = CASE WHEN u.outcome = '' OR (u.again AND a.tries < $7) THEN NULL ELSE u.outcome END,
  score = CASE WHEN u.outcome IN ('', 'infra_error', 'cancelled') THEN NULL ELSE 0 END,
  reason = u.reason, duration_seconds = u.duration, lease_until = NULL, worker_id = '', changed_at = now()
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bool[], $6::float8[])
  AS u(attempt_id, token, outcome, reason, again, duration)
WHERE a.attempt_id = u.attempt_id AND a.token = u.token AND a.state = 'running'
RETURNING {returning()}, old.token AS was_token
"""

_END_TRIES = """
INSERT INTO tries (attempt_id, token, worker_id, ended_at, ended, cause, duration_seconds, output, artifacts)
SELECT attempt_id, token, worker_id, now(), ended, cause, duration, output::jsonb, artifacts::jsonb
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::text[])
  AS t(attempt_id, token, worker_id, ended, cause, duration, output, artifacts)
ON CONFLICT (attempt_id, token) DO UPDATE SET ended_at = now(), ended = excluded.ended, cause = excluded.cause,
  duration_seconds = excluded.duration_seconds, output = excluded.output, artifacts = excluded.artifacts
"""

_JUDGED = f"""
UPDATE attempts a SET
  state = CASE WHEN u.again AND a.gradings < $6 THEN 'grading' ELSE 'done' END,
  token = a.token + (u.again AND a.gradings < $6)::int,
  outcome = CASE WHEN u.again AND a.gradings < $6 THEN NULL ELSE u.outcome END,
  score = CASE WHEN u.outcome IN ('infra_error', 'needs_review') THEN NULL ELSE u.score END,
  reason = u.reason, lease_until = NULL, worker_id = '', changed_at = now()
FROM unnest($1::text[], $2::int[], $3::text[], $4::float8[], $5::text[], $7::bool[])
  AS u(attempt_id, token, outcome, score, reason, again)
WHERE a.attempt_id = u.attempt_id AND a.token = u.token AND a.state = 'grading'
RETURNING {returning()}, old.token AS was_token
"""

_VERDICTS = """
INSERT INTO verdicts (attempt_id, token, judge_id, body, artifacts)
SELECT attempt_id, token, judge_id, body::jsonb, artifacts::jsonb
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[])
  AS v(attempt_id, token, judge_id, body, artifacts)
ON CONFLICT (attempt_id) DO NOTHING
"""


class PostgresReports:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._max_tries = settings.max_tries

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None:
        async def work(connection: Connection) -> None:
            fresh = await take_in(connection, reports)
            if fresh:
                await self._executed(connection, fresh)

        await self._database.transact(work)

    async def judged(self, reports: Sequence[AttemptJudged]) -> None:
        async def work(connection: Connection) -> None:
            fresh = await take_in(connection, reports)
            if fresh:
                await self._judged(connection, fresh)

        await self._database.transact(work)

    async def _executed(self, connection: Connection, reports: Sequence[AttemptExecuted]) -> None:
        locked = await connection.fetch(_LOCK, [report.attempt_id for report in reports])
        booked = await book_calls(connection, self._plans, reports, locked)
        rows = await connection.fetch(_EXECUTED, *_columns([execution_of(r) for r in reports]), self._max_tries)
        current = {(row["attempt_id"], row["was_token"]): row for row in rows}
        tries = [_try_row(report, current.get((report.attempt_id, report.token))) for report in reports]
        await connection.execute(_END_TRIES, *_columns(tries))
        judge = [row for row in rows if row["state"] == State.EXECUTED]
        again = [row for row in rows if row["state"] == State.QUEUED]
        await add_orders(connection, "judge", judge)
        await add_orders(connection, "run", again)
        broke = {report.attempt_id for report in reports if is_broke(report)}
        done = [row for row in rows if row["state"] == State.DONE and row["attempt_id"] not in broke]
        await count_in(connection, self._plans, [(row, {}) for row in done])
        changes = [Change(row, fact_of_execution) for row in rows]
        await record(connection, changes, booked.spends, booked.notes)

    async def _judged(self, connection: Connection, reports: Sequence[AttemptJudged]) -> None:
        await connection.execute(_LOCK, [report.attempt_id for report in reports])
        await book_judging(connection, self._plans, reports)
        by_token = {(report.attempt_id, report.token): report for report in reports}
        *columns, again = _columns([judgement_of(report) for report in reports])
        rows = await connection.fetch(_JUDGED, *columns, self._max_tries, again)
        told = [(row, by_token[row["attempt_id"], row["was_token"]]) for row in rows]
        done = [(row, report) for row, report in told if row["state"] == State.DONE]
        await connection.execute(_VERDICTS, *_columns([_verdict_row(report) for _, report in done], 5))
        await add_orders(connection, "judge", [row for row in rows if row["state"] == State.GRADING])
        await count_in(connection, self._plans, [(row, report.verdict.metrics) for row, report in done])
        changes = [Change(row, fact_of_judgement(report.verdict)) for row, report in told]
        await record(connection, changes)


def _columns(rows: Sequence[tuple[Any, ...]], width: int = 0) -> list[list[Any]]:
    """Rows turned into the columns that ``unnest`` takes."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _try_row(report: AttemptExecuted, row: Row | None) -> tuple[Any, ...]:
    ended, cause = try_end(report, superseded=row is None)
    output = to_jsonb(report.output) if report.output else None
    identity = (report.attempt_id, report.token, report.worker_id, ended, cause, report.duration_seconds)
    return (*identity, output, to_jsonb(report.artifacts))


def _verdict_row(report: AttemptJudged) -> tuple[Any, ...]:
    body, artifacts = to_jsonb(report.verdict), to_jsonb(report.artifacts)
    return (report.attempt_id, report.token, report.worker_id, body, artifacts)
