"""Every statement that changes ``attempts.state``. Each names the state it starts from and, where a worker asks, the
token; ``lifecycle.TRANSITIONS`` declares what they do.

Statements lock rows in the order of their ids, as every transaction does, and return the attempts that changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assay.contracts.attempts import Stage, State
from assay.contracts.rpc import Claim
from services.ledger.attempts.lifecycle import Event, Transition
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.connection import Connection, as_columns
from services.ledger.database.rows import Row, columns

_RETURNING = f"RETURNING old.state, old.token, old.worker_id, {columns(AttemptRow, 'new')}"
_END = "state = 'done', token = a.token + 1, lease_until = NULL, worker_id = '', changed_at = now()"

ANSWER_KEPT = "the answer is kept, and a retry of the run grades it without asking the model again"

_RELEASE = f"""
WITH locked AS (
  SELECT attempt_id FROM attempts WHERE attempt_id = ANY($1::text[]) AND state = 'waiting'
  ORDER BY attempt_id FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET state = 'queued', token = a.token + 1, changed_at = now()
FROM locked WHERE a.attempt_id = locked.attempt_id {_RETURNING}
"""

# A worker can claim again what it already holds, because the answer to its first claim can be lost. A grading whose
# lease was lost keeps its state and waits without a lease.
_CLAIM = """
WITH claimable AS (
  SELECT a.attempt_id FROM attempts a JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token) USING (attempt_id)
  WHERE a.token = u.token AND {claimable} ORDER BY attempt_id FOR UPDATE OF a
)
UPDATE attempts a SET {change}, worker_id = $3, changed_at = now(),
  lease_until = clock_timestamp() + make_interval(secs => $4)
FROM claimable WHERE a.attempt_id = claimable.attempt_id {returning}
"""
_CLAIMS = {
    Stage.RUN: _CLAIM.format(
        claimable="(a.state = 'queued' OR (a.state = 'running' AND a.worker_id = $3))",
        change="state = 'running', tries = a.tries + (a.state = 'queued')::int",
        returning=_RETURNING,
    ),
    Stage.JUDGE: _CLAIM.format(
        claimable="a.state IN ('executed', 'grading') AND (a.lease_until IS NULL OR a.worker_id = $3)",
        change="state = 'grading', gradings = a.gradings + (a.lease_until IS NULL)::int",
        returning=_RETURNING,
    ),
}

_RECALL = f"""
UPDATE attempts a SET state = 'waiting', token = a.token + 1, tries = a.tries - (a.state = 'running')::int,
  worker_id = '', lease_until = NULL, changed_at = now()
FROM (SELECT attempt_id FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id FOR UPDATE) r
WHERE a.attempt_id = r.attempt_id AND a.state = $2 {_RETURNING}
"""

# A lost try goes back to the queue under a new token if the attempt has tries left.
_EXECUTED = f"""
UPDATE attempts a SET
  state = CASE WHEN u.retry AND a.tries < $9 THEN 'queued' WHEN u.outcome = '' THEN 'executed' ELSE 'done' END,
  token = a.token + (u.retry AND a.tries < $9)::int,
  outcome = CASE WHEN u.outcome = '' OR (u.retry AND a.tries < $9) THEN NULL ELSE u.outcome END,
  score = CASE WHEN u.scored THEN 0 END,
  flag_count = CASE WHEN u.retry AND a.tries < $9 THEN 0 ELSE u.flag_count END,
  reason = u.reason, duration_seconds = u.duration, lease_until = NULL, worker_id = '', changed_at = now()
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bool[], $6::float8[], $7::bool[], $8::int[])
  AS u(attempt_id, token, outcome, reason, retry, duration, scored, flag_count)
WHERE a.attempt_id = u.attempt_id AND a.token = u.token AND a.state = 'running' {_RETURNING}
"""

_GRADED = f"""
UPDATE attempts a SET
  state = CASE WHEN u.retry AND a.gradings < $8 THEN 'grading' ELSE 'done' END,
  token = a.token + (u.retry AND a.gradings < $8)::int,
  outcome = CASE WHEN u.retry AND a.gradings < $8 THEN NULL ELSE u.outcome END,
  score = CASE WHEN u.outcome IN ('infra_error', 'needs_review') THEN NULL ELSE u.score END,
  flag_count = a.flag_count + CASE WHEN u.retry AND a.gradings < $8 THEN 0 ELSE u.flag_count END,
  reason = u.reason, lease_until = NULL, worker_id = '', changed_at = now()
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::bool[], $6::float8[], $7::int[])
  AS u(attempt_id, token, outcome, reason, retry, score, flag_count)
WHERE a.attempt_id = u.attempt_id AND a.token = u.token AND a.state = 'grading' {_RETURNING}
"""

# By the database's clock, whatever the workers' clocks say; as of the statement, so that the index can be used.
_EXPIRE = f"""
WITH lost AS (
  SELECT attempt_id, CASE WHEN state = 'running' THEN tries ELSE gradings END >= $1 AS last,
    format('the lease of worker %s ran out while %s', worker_id, state) AS reason
  FROM attempts WHERE lease_until < statement_timestamp() ORDER BY attempt_id LIMIT 500 FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET
  state = CASE WHEN lost.last THEN 'done' WHEN a.state = 'running' THEN 'queued' ELSE a.state END,
  outcome = CASE WHEN lost.last THEN 'infra_error' END,
  token = a.token + 1, lease_until = NULL, worker_id = '', reason = lost.reason, changed_at = now()
FROM lost WHERE a.attempt_id = lost.attempt_id {_RETURNING}
"""

_UNAFFORDABLE = f"""
WITH ending AS (
  SELECT a.attempt_id, u.reason FROM attempts a
  JOIN unnest($1::text[], $2::text[]) AS u(attempt_id, reason) USING (attempt_id)
  WHERE a.state = 'waiting' ORDER BY a.attempt_id FOR UPDATE OF a
)
UPDATE attempts a SET {_END}, outcome = 'limit', score = NULL, reason = ending.reason
FROM ending WHERE a.attempt_id = ending.attempt_id {_RETURNING}
"""

# The range of the index makes Postgres use that of waiting attempts alone, as the scheduler's does. Queued attempts are
# found by their orders.
_STOPPED = f"""
WITH stopped AS (
  SELECT r.run_id, (m.place - 1)::int AS model_index, s.fault || ': ' || s.reason AS reason
  FROM runs r CROSS JOIN LATERAL unnest(r.models) WITH ORDINALITY AS m(model, place)
    JOIN LATERAL jsonb_to_recordset(r.failing_models) AS s(model text, fault text, reason text, failures int)
      ON s.model = m.model AND s.failures >= $1
  WHERE r.status IN ('waiting', 'running') AND r.n_waiting + r.n_queued > 0 AND r.failing_models <> '[]'
), found AS (
  SELECT a.attempt_id, s.reason FROM stopped s CROSS JOIN LATERAL (
    SELECT attempt_id FROM attempts a
    WHERE a.run_id = s.run_id AND a.model_index BETWEEN s.model_index AND s.model_index AND a.state = 'waiting' LIMIT $2
  ) a UNION ALL
  SELECT a.attempt_id, s.reason FROM stopped s JOIN attempts a USING (run_id, model_index)
    JOIN pending_orders o USING (attempt_id) WHERE o.stage = 'run' AND a.state = 'queued'
), ending AS (
  SELECT a.attempt_id, found.reason FROM attempts a JOIN found USING (attempt_id)
  WHERE a.state IN ('waiting', 'queued') ORDER BY a.attempt_id LIMIT $2 FOR UPDATE OF a SKIP LOCKED
), orders AS (
  DELETE FROM pending_orders o USING ending WHERE o.attempt_id = ending.attempt_id
)
UPDATE attempts a SET {_END}, outcome = 'infra_error', score = NULL, reason = ending.reason
FROM ending WHERE a.attempt_id = ending.attempt_id {_RETURNING}
"""

_DEAD_LETTERED = f"""
UPDATE attempts a SET {_END}, outcome = 'infra_error', reason = $2 WHERE attempt_id = $1 {_RETURNING}
"""

# Attempts that have not begun end at once; running ones when the grace period is over. Their tokens are raised, so that
# their workers learn of it.
_CANCEL = f"""
WITH ending AS (
  SELECT a.attempt_id, r.reason FROM runs r CROSS JOIN LATERAL (
    SELECT attempt_id FROM attempts a WHERE a.run_id = r.run_id
      AND (a.state IN ('waiting', 'queued') OR (a.state = 'running' AND r.cancel_at <= clock_timestamp()))
    ORDER BY ordinal LIMIT $1 FOR UPDATE SKIP LOCKED
  ) a WHERE r.status = 'cancelling'
), orders AS (
  DELETE FROM pending_orders o USING ending WHERE o.attempt_id = ending.attempt_id
), cancelled AS (
  UPDATE attempts a SET {_END}, outcome = 'cancelled', reason = ending.reason
  FROM ending WHERE a.attempt_id = ending.attempt_id RETURNING new.run_id, old.state
)
SELECT run_id, state, count(*)::int FROM cancelled GROUP BY run_id, state
"""


# Executed attempts are graded although their run is cancelled, unless that costs money or is not wanted. A grading that
# has begun has the grace period to finish.
_CANCEL_UNGRADED = f"""
WITH ending AS (
  SELECT a.attempt_id, r.reason FROM runs r CROSS JOIN LATERAL (
    SELECT attempt_id FROM attempts a WHERE a.run_id = r.run_id
      AND (a.state = 'executed' OR (a.state = 'grading' AND r.cancel_at <= clock_timestamp()))
      AND (r.cancel_grading = 'none' OR (a.model_graded AND r.cancel_grading <> 'all'))
    ORDER BY ordinal LIMIT $1 FOR UPDATE SKIP LOCKED
  ) a WHERE r.status = 'cancelling' AND r.n_executed + r.n_grading > 0
), orders AS (
  DELETE FROM pending_orders o USING ending WHERE o.attempt_id = ending.attempt_id
)
UPDATE attempts a SET {_END}, outcome = 'cancelled', score = NULL, reason = ending.reason || '; {ANSWER_KEPT}'
FROM ending WHERE a.attempt_id = ending.attempt_id {_RETURNING}
"""


class Execution(NamedTuple):
    """A runner's report as ``_EXECUTED`` takes it. ``outcome`` is empty where a judge decides it; ``retry`` asks for
    another try; ``scored`` ones score 0."""

    attempt_id: str
    token: int
    outcome: str
    reason: str
    retry: bool
    duration_seconds: float
    scored: bool
    flag_count: int


class Grading(NamedTuple):
    """A judge's report as ``_GRADED`` takes it."""

    attempt_id: str
    token: int
    outcome: str
    reason: str
    retry: bool
    score: float | None
    flag_count: int


class Cancelled(Row):
    """How many attempts of a run were cancelled in this state."""

    run_id: str
    before: State
    count: int


async def release(connection: Connection, attempt_ids: Sequence[str]) -> list[Transition]:
    return await _change(connection, Event.RELEASED, _RELEASE, attempt_ids) if attempt_ids else []


async def claim(
    connection: Connection, stage: Stage, worker_id: str, claims: Sequence[Claim], lease_seconds: float
) -> list[Transition]:
    """Lease what can be claimed; the other claims have no effect."""
    ids, tokens = [each.attempt_id for each in claims], [each.token for each in claims]
    transitions = await _change(connection, Event.CLAIMED, _CLAIMS[stage], ids, tokens, worker_id, lease_seconds)
    for transition in transitions:
        if transition.before_worker_id == worker_id:
            transition.event = Event.CLAIMED_AGAIN
    return transitions


async def recall(connection: Connection, causes: Mapping[str, str], *, just_claimed: bool = False) -> list[Transition]:
    """Queued attempts wait again, each for a cause; their new tokens make published orders worthless. ``just_claimed``:
    those claimed in this transaction instead, which outside of it are still queued."""
    if not causes:
        return []
    ids, state = list(causes), State.RUNNING if just_claimed else State.QUEUED
    await connection.execute("DELETE FROM pending_orders WHERE attempt_id = ANY($1::text[])", ids)
    transitions = await _change(connection, Event.RECALLED, _RECALL, ids, state)
    for transition in transitions:
        transition.before, transition.cause = State.QUEUED, causes[transition.after.attempt_id]
    return transitions


async def end_tries(connection: Connection, executions: Sequence[Execution], max_tries: int) -> list[Transition]:
    return await _change(connection, Event.EXECUTED, _EXECUTED, *as_columns(executions), max_tries)


async def end_gradings(connection: Connection, gradings: Sequence[Grading], max_tries: int) -> list[Transition]:
    return await _change(connection, Event.GRADED, _GRADED, *as_columns(gradings), max_tries)


async def expire_leases(connection: Connection, max_tries: int) -> list[Transition]:
    return await _change(connection, Event.LEASE_EXPIRED, _EXPIRE, max_tries)


async def end_unaffordable(connection: Connection, reasons: Mapping[str, str]) -> list[Transition]:
    """These waiting attempts can never be paid for; each ends for its reason."""
    return await _change(connection, Event.UNAFFORDABLE, _UNAFFORDABLE, list(reasons), list(reasons.values()))


async def end_stopped(connection: Connection, failures: int, limit: int) -> list[Transition]:
    """Up to ``limit`` attempts that have not begun, of models that failed alike this many times in a row."""
    return await _change(connection, Event.MODEL_STOPPED, _STOPPED, failures, limit)


async def end_dead_lettered(connection: Connection, attempt_id: str, reason: str) -> list[Transition]:
    """The attempt must be locked, and held by no worker."""
    return await _change(connection, Event.DEAD_LETTERED, _DEAD_LETTERED, attempt_id, reason)


async def cancel(connection: Connection, limit: int) -> list[Cancelled]:
    """Up to ``limit`` attempts without an answer of each run that is being cancelled."""
    return await connection.rows(Cancelled, _CANCEL, limit)


async def cancel_ungraded(connection: Connection, limit: int) -> list[Transition]:
    """Up to ``limit`` executed attempts that are not to be graded of each run that is being cancelled."""
    return await _change(connection, Event.CANCELLED, _CANCEL_UNGRADED, limit)


async def _change(connection: Connection, event: Event, statement: str, *arguments: object) -> list[Transition]:
    transitions = await connection.rows(Transition, statement, *arguments)
    for transition in transitions:
        transition.event = event
    return transitions
