"""The feeder: keeps the work queue short, releases fairly, and only what caps and money allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assay.contracts.runs import WaitReason
from services.ledger.database.database import Connection, Database
from services.ledger.memory.rules.changes import Change, Note
from services.ledger.memory.rules.facts import changed, queued
from services.ledger.memory.rules.feeding import Round, new_waits, standing, unaffordable
from services.ledger.memory.rules.rows import Row, to_jsonb
from services.ledger.memory.rules.sharing import Shared, head_starts, places, share, window
from services.ledger.money.budget_warnings import warnings
from services.ledger.money.transfers import open_paths
from services.ledger.outbox.orders import add_orders
from services.ledger.attempts.columns import returning
from services.ledger.runs.cancellation import end_limited
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.settings import LedgerSettings

_RUNS = """
SELECT r.run_id, r.project, r.priority, r.limits, r.waits, r.n_queued, r.n_running, now() AS at,
  (SELECT sum(priority)::int FROM runs
    WHERE status IN ('waiting', 'running') AND n_waiting + n_queued + n_running > 0) AS priorities,
  coalesce((SELECT sum(slots) FROM workers
    WHERE stage = 'run' AND seen_at > clock_timestamp() - make_interval(secs => $1)), 0)::int AS slots,
  ((SELECT count(*) FROM pending_orders WHERE stage = 'run')
    + (SELECT count(*) FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'))::int AS out,
  coalesce(r.deadline_at < ((now() AT TIME ZONE p.time_zone)::date + 1) AT TIME ZONE p.time_zone, false) AS ends_today
FROM runs r LEFT JOIN projects p USING (project) WHERE r.status IN ('waiting', 'running') AND r.n_waiting > 0
"""

# Read and not locked: it is the claim that holds, and checks again.
_BALANCES = """
SELECT account, limit_nanousd, held_nanousd, posted_nanousd FROM accounts
WHERE account = ANY($1::text[]) AND limit_nanousd IS NOT NULL
"""

# Of each model by itself: those whose provider takes no more must not hide the others. Of a range, the order is that of
# the index of what waits alone; the index of all attempts would lead past those that are done, each time.
_WAITING = """
SELECT r.run_id, a.attempt_id, a.worst_nanousd, r.provider
FROM unnest($1::text[], $2::int[], $3::text[]) AS r(run_id, model_index, provider) CROSS JOIN LATERAL (
  SELECT attempt_id, ordinal, worst_nanousd FROM attempts a
  WHERE a.run_id = r.run_id AND a.model_index BETWEEN r.model_index AND r.model_index AND a.state = 'waiting'
  ORDER BY a.model_index, a.ordinal LIMIT $4
) a ORDER BY r.run_id, a.ordinal
"""

# What is queued has no hold yet, and will ask for one.
_OUT = """
SELECT a.run_id, split_part(a.model, '/', 1) AS provider, count(*)::int AS n,
  coalesce(sum(a.worst_nanousd) FILTER (WHERE a.state = 'queued'), 0)::bigint AS promised
FROM (SELECT attempt_id FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
      UNION SELECT attempt_id FROM pending_orders WHERE stage = 'run') o
JOIN attempts a USING (attempt_id) GROUP BY 1, 2
"""

_QUEUE = f"""
WITH locked AS (
  SELECT attempt_id FROM attempts WHERE attempt_id = ANY($1::text[]) AND state = 'waiting'
  ORDER BY attempt_id FOR UPDATE SKIP LOCKED
)
UPDATE attempts a SET state = 'queued', token = a.token + 1, changed_at = now()
FROM locked WHERE a.attempt_id = locked.attempt_id RETURNING {returning()}
"""

_WAITS = "UPDATE runs SET waits = $2 WHERE run_id = $1"


class PostgresFeeder:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._silence_seconds = settings.worker_silence_seconds
        self._max_concurrency = settings.max_concurrency

    async def feed(self) -> int:
        """Release as many attempts as the live runners have room for; returns how many."""
        released = await self._database.transact(self._feed, quiet=True)
        if released:
            self._database.changed.set()
        return released

    async def _feed(self, connection: Connection) -> int:
        runs = await connection.fetch(_RUNS, self._silence_seconds)
        if not runs:
            return 0
        slots, out = runs[0]["slots"], runs[0]["out"]
        room = places(slots, out)
        starts = head_starts(slots, out, runs[0]["priorities"], {run["run_id"]: standing(run) for run in runs})
        if not room and not starts and slots:
            return 0
        looked = await self._look(connection, runs, room)
        shared = share(
            [looked.line(run, starts.get(run["run_id"], 0)) for run in runs],
            room,
            looked.purses,
            looked.providers,
            self._max_concurrency - looked.out if self._max_concurrency else None,
        )
        if not slots:
            shared.blocked = {run["run_id"]: WaitReason.NO_RUNNER for run in runs}
        # Attempts, then accounts, then runs: the order in which every transaction here takes its locks.
        rows = await connection.fetch(_QUEUE, shared.released) if shared.released else ()
        await add_orders(connection, "run", rows, shared.urgent)
        changes, notes = await _end_unaffordable(connection, looked, shared)
        notes += await _tell_waits(connection, runs, shared)
        await record(connection, [*(Change(row, queued) for row in rows), *changes], notes=notes)
        return len(rows)

    async def _look(self, connection: Connection, runs: Sequence[Row], room: int) -> Round:
        plans = {run["run_id"]: await self._plans.of(connection, run["run_id"]) for run in runs}
        models = [
            (run_id, index, pin.model.provider)
            for run_id, plan in plans.items()
            for index, pin in enumerate(plan.models)
        ]
        waiting: defaultdict[str, list[Row]] = defaultdict(list)
        for row in await connection.fetch(
            _WAITING, *(list(column) for column in zip(*models, strict=True)), window(room)
        ):
            waiting[row["run_id"]].append(row)
        looked = Round(waiting, plans)
        out = await connection.fetch(_OUT)
        looked.count_out(out)
        priced = [run for run in runs if any(row["worst_nanousd"] for row in waiting[run["run_id"]])]
        if priced:
            await _look_at_money(connection, looked, priced, out)
        return looked


async def _end_unaffordable(connection: Connection, looked: Round, shared: Shared) -> tuple[list[Change], list[Note]]:
    """Attempts for which money can never come end, each saying which limit it was."""
    if not shared.unaffordable:
        return [], []
    found = unaffordable(looked, shared)
    changes = await end_limited(connection, found.reasons)
    return changes, await warnings(connection, found.accounts, found.run_ids, at_limit=True)


async def _look_at_money(connection: Connection, looked: Round, priced: Sequence[Row], out: Sequence[Row]) -> None:
    """Purses of all limited accounts that bound these runs, without what is promised to attempts already ordered."""
    today = await open_paths(connection, {run["project"] for run in priced})
    paths = {run["run_id"]: (f"run:{run['run_id']}", *today[run["project"]]) for run in priced}
    rows = await connection.fetch(_BALANCES, sorted({name for path in paths.values() for name in path}))
    looked.fill_purses(paths, {row["account"]: row for row in rows}, out)


async def _tell_waits(connection: Connection, runs: Sequence[Row], shared: Shared) -> list[Note]:
    """Runs whose reason to wait is another one now."""
    waits = new_waits(runs, shared)
    for run_id, wait in waits.items():
        await connection.execute(_WAITS, run_id, None if wait is None else to_jsonb(wait))
    return [Note(run_id, changed) for run_id in waits]
