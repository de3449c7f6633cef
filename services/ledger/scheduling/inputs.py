"""Reading what a scheduling pass decides about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from assay.contracts.runs import RunPlan
from assay.contracts.sandboxes import SandboxRequirement, requirement_of
from services.ledger.database.connection import Connection, as_columns
from services.ledger.database.rows import Row, columns
from services.ledger.money.account import Account, AccountRow, run_account
from services.ledger.money.time_zone import midnight, zone
from services.ledger.money.transfers import open_project_accounts
from services.ledger.runs.plans import Plans
from services.ledger.scheduling.capacity import Counts
from services.ledger.scheduling.scheduling_pass import SchedulingPass, UnderWay, WaitingAttempt, WaitingRun

_RUNS = f"""
SELECT r.run_id, r.project, r.priority, r.limits, r.waits, r.failing_models,
  r.n_waiting, r.n_queued, r.n_running, now(),
  (SELECT sum(priority)::int FROM runs
    WHERE status IN ('waiting', 'running') AND n_waiting + n_queued + n_running > 0),
  coalesce(r.deadline_at < {midnight("p.zone")}, false)
FROM runs r LEFT JOIN (SELECT project, {zone()} AS zone FROM projects) p USING (project)
WHERE r.status IN ('waiting', 'running') AND r.n_waiting > 0
"""

_COUNTS = """
SELECT requirement, count(*)::int FROM (
  SELECT requirement FROM pending_orders WHERE stage = 'run'
  UNION ALL SELECT requirement FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
) under_way GROUP BY 1
"""

# Read without locks: the claim reserves the money, and checks again.
_LIMITED_ACCOUNTS = f"""
SELECT {columns(AccountRow)} FROM accounts WHERE account = ANY($1::text[]) AND limit_nanousd IS NOT NULL
"""

# Each model and requirement by itself: those whose provider allows no more, or that have no workers, must not hide the
# others. The range makes Postgres use the index of waiting attempts alone; the index of all attempts would lead past
# those that are done, each time.
_WAITING = """
SELECT r.run_id, a.attempt_id, a.worst_nanousd, r.model, r.requirement
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[])
  AS r(run_id, model_index, model, requirement, window_size)
CROSS JOIN LATERAL (
  SELECT attempt_id, ordinal, worst_nanousd FROM attempts a
  WHERE a.run_id = r.run_id AND a.model_index BETWEEN r.model_index AND r.model_index
    AND a.requirement = r.requirement AND a.state = 'waiting'
  ORDER BY a.model_index, a.ordinal LIMIT r.window_size
) a ORDER BY r.run_id, a.ordinal
"""

# A queued attempt has no hold yet, and will ask for one.
_UNDER_WAY = """
SELECT a.run_id, a.model, a.requirement, count(*)::int,
  coalesce(sum(a.worst_nanousd) FILTER (WHERE a.state = 'queued'), 0)::bigint
FROM (SELECT attempt_id FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
      UNION SELECT attempt_id FROM pending_orders WHERE stage = 'run') o
JOIN attempts a USING (attempt_id) GROUP BY 1, 2, 3
"""


class _Count(Row):
    requirement: SandboxRequirement
    attempts: int


async def waiting_runs(connection: Connection) -> list[WaitingRun]:
    return await connection.rows(WaitingRun, _RUNS)


async def under_way_counts(connection: Connection) -> Counts:
    """Attempts that are queued or running."""
    return {each.requirement: each.attempts for each in await connection.rows(_Count, _COUNTS)}


async def read_pass(
    connection: Connection, plans: Plans, runs: Sequence[WaitingRun], window: Callable[[SandboxRequirement], int]
) -> SchedulingPass:
    """``window``: how many waiting attempts of a requirement to read for each model of a run. Those of stopped models
    are left out: they end without being released."""
    stopped = {run.run_id: run.stopped_models for run in runs}
    of_runs = {run.run_id: await plans.get(connection, run.run_id) for run in runs}
    windows = [
        (run_id, index, pin.model.name, requirement, 0 if pin.model.name in stopped[run_id] else window(requirement))
        for run_id, plan in of_runs.items()
        for index, pin in enumerate(plan.models)
        for requirement in plan_requirements(plan)
    ]
    waiting: defaultdict[str, list[WaitingAttempt]] = defaultdict(list)
    for attempt in await connection.rows(WaitingAttempt, _WAITING, *as_columns(windows)):
        waiting[attempt.run_id].append(attempt)
    scheduling = SchedulingPass(waiting, of_runs, await connection.rows(UnderWay, _UNDER_WAY))
    priced = [run for run in runs if any(attempt.worst_nanousd for attempt in waiting[run.run_id])]
    if priced:
        await _read_budgets(connection, scheduling, priced)
    return scheduling


def plan_requirements(plan: RunPlan) -> list[SandboxRequirement]:
    """What the plan's attempts can require. Ledgers of earlier releases store every attempt as requiring nothing."""
    found = {requirement_of(task.sandboxes, plan.sandbox) for task in plan.tasks}
    return [each for each in SandboxRequirement if each in found or each is SandboxRequirement.NONE]


async def _read_budgets(connection: Connection, scheduling: SchedulingPass, runs: Sequence[WaitingRun]) -> None:
    of_project = await open_project_accounts(connection, {run.project for run in runs})
    paths: dict[str, tuple[Account, ...]] = {
        run.run_id: (run_account(run.run_id), *of_project[run.project]) for run in runs
    }
    names = sorted({str(account) for path in paths.values() for account in path})
    rows = await connection.rows(AccountRow, _LIMITED_ACCOUNTS, names)
    scheduling.add_budgets(paths, {row.account: row for row in rows})
