"""What the leading ledger reads from Postgres for its metrics: a few small statements every few seconds."""

from __future__ import annotations

from dataclasses import dataclass

from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns
from services.ledger.money.time_zone import zone
from services.ledger.runs.rows import ACTIVE
from services.ledger.workers.live_workers import live_since

_MAX_PROJECTS = 100
_MAX_MODELS = 200


class Orders(Row):
    """Orders that no worker has claimed. ``unpublished`` ones are not on the bus yet."""

    stage: str
    pool: str
    count: int
    unpublished: int
    oldest_seconds: float


class Slots(Row):
    """Live workers and the slots they offer."""

    stage: str
    pool: str
    workers: int
    slots: int


class UnavailableModel(Row):
    """A model that runners cannot call, as they report with their heartbeats."""

    model: str


class Leases(Row):
    stage: str
    pool: str
    count: int


class Attempts(Row):
    """Attempts of runs that have not ended, by state."""

    waiting: int
    queued: int
    running: int
    executed: int
    grading: int
    runs: int


class PendingFacts(Row):
    count: int
    oldest_seconds: float


class DayBudget(Row):
    """A project's account of today. ``limit_nanousd`` is None without a limit."""

    project: str
    limit_nanousd: int | None
    posted_nanousd: int
    held_nanousd: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    orders: list[Orders]
    slots: list[Slots]
    leases: list[Leases]
    attempts: Attempts
    facts: PendingFacts
    budgets: list[DayBudget]
    unavailable: list[UnavailableModel]


_ORDERS = """
SELECT stage, pool, count(*)::int, (count(*) FILTER (WHERE published_at IS NULL))::int,
  greatest(0, extract(epoch FROM clock_timestamp() - min(ordered_at)))::float8
FROM pending_orders GROUP BY stage, pool
"""

_SLOTS = f"""
SELECT stage, pool, count(*)::int, sum(slots)::int FROM workers WHERE {live_since("$1")} GROUP BY stage, pool
"""

_UNAVAILABLE = f"""
SELECT DISTINCT outage ->> 'model' AS model FROM workers, jsonb_array_elements(outages) AS outage
WHERE stage = 'run' AND {live_since("$1")} ORDER BY model LIMIT {_MAX_MODELS}
"""

_LEASES = """
SELECT CASE a.state WHEN 'grading' THEN 'judge' ELSE 'run' END, coalesce(w.pool, 'default'), count(*)::int
FROM attempts a LEFT JOIN workers w USING (worker_id) WHERE a.lease_until IS NOT NULL GROUP BY 1, 2
"""

_ATTEMPTS = f"""
SELECT coalesce(sum(n_waiting), 0)::int, coalesce(sum(n_queued), 0)::int, coalesce(sum(n_running), 0)::int,
  coalesce(sum(n_executed), 0)::int, coalesce(sum(n_grading), 0)::int, count(*)::int
FROM runs WHERE status IN {ACTIVE}
"""

_FACTS = """
SELECT (SELECT count(*) FROM pending_facts)::int, coalesce(greatest(0, extract(epoch FROM clock_timestamp() - (
  SELECT (f.body::json ->> 'time')::timestamptz FROM pending_facts p JOIN facts f USING (run_id, sequence)
  ORDER BY p.position LIMIT 1))), 0)::float8
"""

_BUDGETS = f"""
SELECT {columns(DayBudget)} FROM (SELECT project, (now() AT TIME ZONE {zone()})::date AS day FROM projects
  ORDER BY project LIMIT {_MAX_PROJECTS}) p JOIN accounts a ON a.account = 'day:' || p.project || ':' || p.day
"""


async def measure(connection: Connection, silence_seconds: float) -> Measurement:
    return Measurement(
        orders=await connection.rows(Orders, _ORDERS),
        slots=await connection.rows(Slots, _SLOTS, silence_seconds),
        leases=await connection.rows(Leases, _LEASES),
        attempts=await connection.one(Attempts, _ATTEMPTS),
        facts=await connection.one(PendingFacts, _FACTS),
        budgets=await connection.rows(DayBudget, _BUDGETS),
        unavailable=await connection.rows(UnavailableModel, _UNAVAILABLE, silence_seconds),
    )
