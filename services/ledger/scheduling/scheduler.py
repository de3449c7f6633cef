"""The scheduler: releases waiting attempts in fair shares, within caps and limits, and keeps the work queue short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from assay.contracts.attempts import Stage
from assay.contracts.runs import WaitReason
from services.ledger.attempts.lifecycle import Transition
from services.ledger.attempts.transitions import end_unaffordable, release
from services.ledger.database.connection import Connection, as_columns
from services.ledger.database.database import Database
from services.ledger.database.rows import columns
from services.ledger.money.account import Account, AccountRow, run_account
from services.ledger.money.budget_warnings import spending_warnings
from services.ledger.money.time_zone import midnight, zone
from services.ledger.money.transfers import open_project_accounts
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_counters import RunFact
from services.ledger.scheduling.fair_share import Shares, free_places, head_starts, share, window
from services.ledger.scheduling.scheduling_pass import (
    SchedulingPass,
    UnderWay,
    WaitingAttempt,
    WaitingRun,
    changed_waits,
    unaffordable,
)
from services.ledger.scheduling.waits import store_waits
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_since

_RUNS = f"""
SELECT r.run_id, r.project, r.priority, r.limits, r.waits, r.n_queued, r.n_running, now(),
  (SELECT sum(priority)::int FROM runs
    WHERE status IN ('waiting', 'running') AND n_waiting + n_queued + n_running > 0),
  coalesce((SELECT sum(slots) FROM workers WHERE stage = 'run' AND {live_since("$1")}), 0)::int,
  ((SELECT count(*) FROM pending_orders WHERE stage = 'run')
    + (SELECT count(*) FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'))::int,
  coalesce(r.deadline_at < {midnight("p.zone")}, false)
FROM runs r LEFT JOIN (SELECT project, {zone()} AS zone FROM projects) p USING (project)
WHERE r.status IN ('waiting', 'running') AND r.n_waiting > 0
"""

# Read without locks: the claim reserves the money, and checks again.
_LIMITED_ACCOUNTS = f"""
SELECT {columns(AccountRow)} FROM accounts WHERE account = ANY($1::text[]) AND limit_nanousd IS NOT NULL
"""

# Each model by itself: those whose provider allows no more must not hide the others. The range makes Postgres use the
# index of waiting attempts alone; the index of all attempts would lead past those that are done, each time.
_WAITING = """
SELECT r.run_id, a.attempt_id, a.worst_nanousd, r.model
FROM unnest($1::text[], $2::int[], $3::text[]) AS r(run_id, model_index, model) CROSS JOIN LATERAL (
  SELECT attempt_id, ordinal, worst_nanousd FROM attempts a
  WHERE a.run_id = r.run_id AND a.model_index BETWEEN r.model_index AND r.model_index AND a.state = 'waiting'
  ORDER BY a.model_index, a.ordinal LIMIT $4
) a ORDER BY r.run_id, a.ordinal
"""

# A queued attempt has no hold yet, and will ask for one.
_UNDER_WAY = """
SELECT a.run_id, a.model, count(*)::int,
  coalesce(sum(a.worst_nanousd) FILTER (WHERE a.state = 'queued'), 0)::bigint
FROM (SELECT attempt_id FROM attempts WHERE lease_until IS NOT NULL AND state = 'running'
      UNION SELECT attempt_id FROM pending_orders WHERE stage = 'run') o
JOIN attempts a USING (attempt_id) GROUP BY 1, 2
"""


class Scheduler:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._silence_seconds = settings.worker_silence_seconds
        self._max_concurrency = settings.max_concurrency

    async def schedule(self) -> int:
        """Release waiting attempts for which there is room; returns how many."""
        return await self._database.transact(self._schedule, quiet=True)

    async def _schedule(self, connection: Connection) -> int:
        runs = await connection.rows(WaitingRun, _RUNS, self._silence_seconds)
        if not runs:
            return 0
        slots, under_way = runs[0].slots, runs[0].under_way
        places = free_places(slots, under_way)
        own = {run.run_id: (run.priority, run.own_under_way) for run in runs}
        starts = head_starts(slots, under_way, runs[0].priorities, own)
        if not places and not starts and slots:
            return 0
        scheduling = await self._read(connection, runs, places)
        shares = share(
            [scheduling.queue(run, starts.get(run.run_id, 0)) for run in runs],
            places,
            scheduling.budgets,
            scheduling.provider_room(),
            self._max_concurrency - scheduling.total_under_way if self._max_concurrency else None,
            scheduling.model_room(),
        )
        if not slots:
            shares.blocked = {run.run_id: WaitReason.NO_RUNNER for run in runs}
        # Attempts, then accounts, then runs: the order in which every transaction takes its locks.
        released = await release(connection, shares.released)
        await add_orders(connection, Stage.RUN, [each.after for each in released], shares.urgent)
        ended, facts = await _end_unaffordable(connection, scheduling, shares)
        facts += await store_waits(connection, changed_waits(runs, shares))
        await record(connection, [*released, *ended], run_facts=facts)
        return len(released)

    async def _read(self, connection: Connection, runs: Sequence[WaitingRun], places: int) -> SchedulingPass:
        plans = {run.run_id: await self._plans.get(connection, run.run_id) for run in runs}
        models = [
            (run_id, index, pin.model.name) for run_id, plan in plans.items() for index, pin in enumerate(plan.models)
        ]
        waiting: defaultdict[str, list[WaitingAttempt]] = defaultdict(list)
        for attempt in await connection.rows(WaitingAttempt, _WAITING, *as_columns(models), window(places)):
            waiting[attempt.run_id].append(attempt)
        scheduling = SchedulingPass(waiting, plans, await connection.rows(UnderWay, _UNDER_WAY))
        priced = [run for run in runs if any(attempt.worst_nanousd for attempt in waiting[run.run_id])]
        if priced:
            await _read_budgets(connection, scheduling, priced)
        return scheduling


async def _read_budgets(connection: Connection, scheduling: SchedulingPass, runs: Sequence[WaitingRun]) -> None:
    of_project = await open_project_accounts(connection, {run.project for run in runs})
    paths: dict[str, tuple[Account, ...]] = {
        run.run_id: (run_account(run.run_id), *of_project[run.project]) for run in runs
    }
    names = sorted({str(account) for path in paths.values() for account in path})
    rows = await connection.rows(AccountRow, _LIMITED_ACCOUNTS, names)
    scheduling.add_budgets(paths, {row.account: row for row in rows})


async def _end_unaffordable(
    connection: Connection, scheduling: SchedulingPass, shares: Shares
) -> tuple[list[Transition], list[RunFact]]:
    """Attempts that can never be paid for end, each with the limit that has no room."""
    if not shares.unaffordable:
        return [], []
    found = unaffordable(scheduling, shares)
    ended = await end_unaffordable(connection, found.reasons)
    return ended, await spending_warnings(connection, found.accounts, found.run_ids, at_limit=True)
