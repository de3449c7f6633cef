"""What follows every change of attempts, in the same transaction: the run's counters, its facts, the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from services.ledger.database.database import Connection
from services.ledger.memory.rules.changes import (
    COUNTERS,
    Change,
    Delta,
    FactRow,
    Note,
    Spend,
    deltas_of,
    facts_of,
    untold,
)
from services.ledger.memory.rules.control import ACTIVE
from services.ledger.memory.rules.facts import charged
from services.ledger.memory.rules.rows import Row
from services.ledger.attempts.columns import ATTEMPT_COLUMNS

_UNTOLD = f"SELECT {ATTEMPT_COLUMNS}, state AS was FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id"

_LOCK_RUNS = "SELECT 1 FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR UPDATE"

_ENDS = f"r.status IN {ACTIVE} AND r.n_done + d.n_done = r.total"
_STARTS = "r.started_at IS NULL AND d.started"
_COUNT = f"""
UPDATE runs r SET {", ".join(f"{name} = r.{name} + d.{name}" for name in COUNTERS)},
  started_at = CASE WHEN {_STARTS} THEN now() ELSE r.started_at END,
  finished_at = CASE WHEN {_ENDS} THEN now() ELSE r.finished_at END,
  deadline_at = CASE WHEN {_STARTS} THEN now() + make_interval(secs => coalesce((r.limits->>'seconds')::float8, 10800))
    ELSE r.deadline_at END,
  progressed_at = CASE WHEN d.moved THEN now() ELSE r.progressed_at END,
  stalled_at = CASE WHEN d.moved THEN NULL ELSE r.stalled_at END,
  waits = CASE WHEN {_ENDS} THEN NULL ELSE r.waits END,
  status = CASE WHEN {_ENDS} THEN CASE r.status WHEN 'cancelling' THEN 'cancelled' ELSE 'finished' END
    WHEN r.status = 'waiting' AND d.started THEN 'running' ELSE r.status END,
  sequence = r.sequence + d.facts + ({_STARTS})::int + ({_ENDS})::int
FROM unnest($1::text[], $2::bool[], $3::bool[], $4::int[],
  {", ".join(f"${i + 5}::bigint[]" for i in range(len(COUNTERS)))})
  AS d(run_id, started, moved, facts, {", ".join(COUNTERS)})
WHERE r.run_id = d.run_id
RETURNING new.*, old.sequence AS was_sequence, (old.started_at IS NULL AND new.started_at IS NOT NULL) AS starts,
  (old.status NOT IN ('finished', 'cancelled') AND new.status IN ('finished', 'cancelled')) AS ends, now() AS at
"""

_STORE = """
WITH stored AS (
  INSERT INTO facts (run_id, sequence, subject, body)
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])
)
INSERT INTO pending_facts (run_id, sequence)
SELECT run_id, sequence FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS f(run_id, sequence, place) ORDER BY place
"""


async def record(
    connection: Connection,
    changes: Sequence[Change],
    spends: Iterable[Spend] = (),
    notes: Sequence[Note] = (),
    ended: Sequence[Row] = (),
) -> None:
    """Count the changes and the spends, and store a fact for each change and note, and for each attempt whose money
    moved without one. ``ended`` are attempts that ended together with their runs."""
    spends = list(spends)
    if attempts := untold(changes, spends):
        changes = [*changes, *(Change(row, charged) for row in await connection.fetch(_UNTOLD, attempts))]
    deltas = deltas_of(changes, spends, notes, ended)
    if deltas:
        await store_facts(connection, facts_of(await _count(connection, deltas), changes, notes))


async def _count(connection: Connection, deltas: dict[str, Delta]) -> Sequence[Row]:
    run_ids = sorted(deltas)
    if len(run_ids) > 1:  # an update takes several locks in no order, and two transactions would wait for each other
        await connection.execute(_LOCK_RUNS, run_ids)
    ordered = [deltas[run_id] for run_id in run_ids]
    flags = [delta.started for delta in ordered], [delta.moved for delta in ordered]
    columns = ([delta.counts[name] for delta in ordered] for name in COUNTERS)
    return await connection.fetch(_COUNT, run_ids, *flags, [delta.facts for delta in ordered], *columns)


async def store_facts(connection: Connection, facts: Sequence[FactRow]) -> None:
    columns: list[list[Any]] = [list(column) for column in zip(*facts, strict=True)]
    if columns:
        await connection.execute(_STORE, *columns)
