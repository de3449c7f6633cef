"""Recording changes, in the transaction that makes them: the run's counters, its facts, and the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from assay.contracts import subjects
from assay.contracts.codec import encode
from assay.contracts.facts import AttemptCharged, Event, Fact, RunCancelled, RunFinished, RunStarted
from assay.contracts.runs import RunLimits, RunStatus
from services.ledger.attempts.lifecycle import Transition
from services.ledger.attempts.revisions import Revised
from services.ledger.attempts.rows import AttemptRow
from services.ledger.attempts.transitions import Cancelled
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.metrics.counters import count_transitions
from services.ledger.runs.rows import ACTIVE, RunRow
from services.ledger.runs.run_counters import COUNTERS, RunDelta, RunFact, Spend, deltas_of

_ATTEMPTS = f"SELECT {columns(AttemptRow)} FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id"

_LOCK_RUNS = "SELECT 1 FROM runs WHERE run_id = ANY($1::text[]) ORDER BY run_id FOR UPDATE"


class CountedRun(Row):
    """A run after its counters changed. ``starts`` and ``ends``: it does so in this transaction."""

    sequence_before: int
    starts: bool
    ends: bool
    at: datetime
    run: RunRow


_ENDS = f"r.status IN {ACTIVE} AND r.n_done + d.n_done = r.total"
_STARTS = "r.started_at IS NULL AND d.started"
_SECONDS = f"coalesce((r.limits->>'seconds')::float8, {RunLimits().seconds})"
_COUNT = f"""
UPDATE runs r SET {", ".join(f"{name} = r.{name} + d.{name}" for name in COUNTERS)},
  started_at = CASE WHEN {_STARTS} THEN now() ELSE r.started_at END,
  finished_at = CASE WHEN {_ENDS} THEN now() ELSE r.finished_at END,
  deadline_at = CASE WHEN {_STARTS} THEN now() + make_interval(secs => {_SECONDS}) ELSE r.deadline_at END,
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
RETURNING old.sequence, old.started_at IS NULL AND new.started_at IS NOT NULL,
  old.status NOT IN ('finished', 'cancelled') AND new.status IN ('finished', 'cancelled'), now(),
  {columns(RunRow, "new")}
"""

_STORE = """
WITH stored AS (
  INSERT INTO facts (run_id, sequence, subject, body)
  SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])
)
INSERT INTO pending_facts (run_id, sequence)
SELECT run_id, sequence FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS f(run_id, sequence, place) ORDER BY place
"""


class FactRow(NamedTuple):
    """A row of ``facts``; ``body`` is the envelope as it will be published."""

    run_id: str
    sequence: int
    subject: str
    body: str


async def record(
    connection: Connection,
    transitions: Sequence[Transition],
    spends: Iterable[Spend] = (),
    run_facts: Sequence[RunFact] = (),
    cancelled: Sequence[Cancelled] = (),
    revised: Sequence[Revised] = (),
) -> None:
    """Count everything in the runs' counters and store a fact for each transition, revision and run fact, and for each
    attempt whose money changed but not its state."""
    spends = list(spends)
    charged: list[AttemptRow] = []
    if ids := sorted({spend.attempt_id for spend in spends} - {each.after.attempt_id for each in transitions}):
        charged = await connection.rows(AttemptRow, _ATTEMPTS, ids)
    connection.on_commit(lambda: count_transitions(transitions, cancelled))
    deltas = deltas_of(transitions, spends, run_facts, cancelled, revised)
    for attempt in charged:
        deltas[attempt.run_id].facts += 1
    if deltas:
        runs = await _count(connection, deltas)
        await store_facts(connection, facts_of(runs, transitions, charged, run_facts, revised))


async def store_facts(connection: Connection, facts: Sequence[FactRow]) -> None:
    await connection.execute_columns(_STORE, facts)


def facts_of(
    runs: Iterable[CountedRun],
    transitions: Sequence[Transition],
    charged: Sequence[AttemptRow],
    run_facts: Sequence[RunFact],
    revised: Sequence[Revised] = (),
) -> list[FactRow]:
    """In the order of each run's sequence: its start, its attempts, its own facts, its end."""
    of_run: defaultdict[str, list[Transition]] = defaultdict(list)
    for transition in transitions:
        of_run[transition.after.run_id].append(transition)
    rows: list[FactRow] = []
    for counted in runs:
        run = counted.run
        run_id, progress = run.run_id, run.progress()
        facts: list[tuple[str, Fact]] = []
        if counted.starts:
            facts.append((run_id, RunStarted(run=run.view())))
        facts += [(each.after.attempt_id, each.fact(progress)) for each in of_run[run_id]]
        facts += [(each.after.attempt_id, each.fact(progress)) for each in revised if each.after.run_id == run_id]
        facts += [
            (each.attempt_id, AttemptCharged(attempt=each.view(), progress=progress))
            for each in charged
            if each.run_id == run_id
        ]
        facts += [(run_id, each.make(run.view())) for each in run_facts if each.run_id == run_id]
        if counted.ends:
            ending = RunCancelled if run.status is RunStatus.CANCELLED else RunFinished
            facts.append((run_id, ending(run=run.view())))
        for sequence, (subject, fact) in enumerate(facts, start=counted.sequence_before + 1):
            rows.append(fact_row(run, counted.at, sequence, subject, fact))
    return rows


def fact_row(run: RunRow, at: datetime, sequence: int, subject: str, fact: Fact) -> FactRow:
    """``subject`` is the id of the run or of the attempt that the fact is about."""
    envelope = Event(
        id=f"{run.run_id}-{sequence}",
        source="assay/ledger",
        type=fact.name(),
        subject=subject,
        time=at,
        sequence=sequence,
        project=run.project,
        runid=run.run_id,
        data=fact,
    )
    return FactRow(run.run_id, sequence, subjects.fact(run.project, fact, run.run_id), encode(envelope).decode())


async def _count(connection: Connection, deltas: dict[str, RunDelta]) -> list[CountedRun]:
    run_ids = sorted(deltas)
    if len(run_ids) > 1:  # an update locks its rows in no particular order, so two transactions could deadlock
        await connection.execute(_LOCK_RUNS, run_ids)
    ordered = [deltas[run_id] for run_id in run_ids]
    flags = [delta.started for delta in ordered], [delta.moved for delta in ordered]
    counts = ([delta.counts[name] for delta in ordered] for name in COUNTERS)
    facts = [delta.facts for delta in ordered]
    return await connection.rows(CountedRun, _COUNT, run_ids, *flags, facts, *counts)
