"""The scheduler: releases waiting attempts in fair shares, within caps and limits, and keeps the work queue short."""

from __future__ import annotations

from collections.abc import Sequence

from assay.contracts.attempts import Stage
from services.ledger.attempts.lifecycle import Transition
from services.ledger.attempts.transitions import end_unaffordable, release
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.money.budget_warnings import spending_warnings
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.run_counters import RunFact
from services.ledger.scheduling.capacity import Capacity, capacity_of, room
from services.ledger.scheduling.fair_share import Shares, head_starts, missing_share, share, window
from services.ledger.scheduling.inputs import read_pass, under_way_counts, waiting_runs
from services.ledger.scheduling.scheduling_pass import (
    SchedulingPass,
    WaitingRun,
    changed_waits,
    run_waits,
    unaffordable,
)
from services.ledger.scheduling.waits import store_waits
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_offers


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
        runs = await waiting_runs(connection)
        if not runs:
            return 0
        offers = await live_offers(connection, Stage.RUN, self._silence_seconds)
        capacity = capacity_of((each.sandboxes, each.slots) for each in offers)
        under_way = await under_way_counts(connection)
        free = room(capacity, under_way)
        if free.empty and capacity.total and not _some_run_is_late(runs, capacity):
            return 0
        scheduling = await read_pass(connection, self._plans, runs, lambda requirement: window(free.of(requirement)))
        starts = head_starts(capacity, under_way, runs[0].priorities, scheduling.loads(runs))
        queues = [scheduling.queue(run, starts.get(run.run_id, {})) for run in runs]
        turns = scheduling.model_turns(queues, [each for each, slots in capacity.slots.items() if slots])
        shares = share(
            queues,
            free,
            scheduling.budgets,
            scheduling.provider_room(),
            self._max_concurrency - scheduling.total_under_way if self._max_concurrency else None,
            scheduling.model_room(),
            turns,
        )
        waits = run_waits(scheduling, shares, capacity, turns)
        # Attempts, then accounts, then runs: the order in which every transaction takes its locks.
        released = await release(connection, shares.released)
        await add_orders(connection, Stage.RUN, [each.after for each in released], shares.urgent)
        ended, facts = await _end_unaffordable(connection, scheduling, shares)
        facts += await store_waits(connection, changed_waits(runs, waits))
        await record(connection, [*released, *ended], run_facts=facts)
        return len(released)


def _some_run_is_late(runs: Sequence[WaitingRun], capacity: Capacity) -> bool:
    """Whether a run has less than its share of the slots, so that it could get a head start."""
    total, priorities = capacity.total, runs[0].priorities
    return any(missing_share(total, run.priority, priorities, run.own_under_way) for run in runs)


async def _end_unaffordable(
    connection: Connection, scheduling: SchedulingPass, shares: Shares
) -> tuple[list[Transition], list[RunFact]]:
    """Attempts that can never be paid for end, each with the limit that has no room."""
    if not shares.unaffordable:
        return [], []
    found = unaffordable(scheduling, shares)
    ended = await end_unaffordable(connection, found.reasons)
    return ended, await spending_warnings(connection, found.accounts, found.run_ids, at_limit=True)
