"""Wanted slots: how many the pool could use right now if there were unlimited workers. What autoscalers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assay.contracts.attempts import Stage
from assay.contracts.rpc import GetWantedSlots, StageSlots, WantedSlots
from assay.contracts.runs import RunPlan
from assay.contracts.sandboxes import SandboxRequirement, requirements_met
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row
from services.ledger.errors import unknown_pool
from services.ledger.runs.plans import Plans
from services.ledger.scheduling.capacity import Counts, Room
from services.ledger.scheduling.fair_share import EXTRA_CANDIDATES, share
from services.ledger.scheduling.inputs import plan_requirements, read_pass, under_way_counts, waiting_runs
from services.ledger.scheduling.scheduling_pass import WaitingRun
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import OfferedSlots, live_offers, live_outages

POOL = "default"
"""The only pool that orders go to."""

MAX_WAITING = 10_000
"""Of the attempts that wait, at most this many are counted, which bounds the work."""

# Executed attempts have an order; orders are claimed at once if there is a judge.
_GRADINGS = """
SELECT requirement, count(*)::int FROM (
  (SELECT requirement FROM pending_orders WHERE stage = 'judge' LIMIT $1)
  UNION ALL SELECT requirement FROM attempts WHERE lease_until IS NOT NULL AND state = 'grading'
) gradings GROUP BY 1
"""


class _Count(Row):
    requirement: SandboxRequirement
    attempts: int


@dataclass(frozen=True, slots=True)
class StageDemand:
    """Wanted slots by requirement, and the live workers' by the kinds of sandbox that they offer."""

    wanted: Counts
    live: Sequence[OfferedSlots]

    def of(self, requirements: Collection[SandboxRequirement]) -> StageSlots:
        wanted = {each: self.wanted.get(each, 0) for each in SandboxRequirement if each in requirements}
        live = [each.slots for each in self.live if {*requirements_met(each.sandboxes)} & {*requirements}]
        return StageSlots(wanted_slots=sum(wanted.values()), live_slots=sum(live), by_sandbox=wanted)


Demand = Mapping[Stage, StageDemand]


class WantedSlotsStore:
    """Every ledger computes the same from the database."""

    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database, self._plans, self._settings = database, plans, settings

    async def get(self, query: GetWantedSlots) -> WantedSlots:
        """Raises Refused for a pool that orders do not go to."""
        if query.pool != POOL:
            raise unknown_pool(query.pool, POOL)
        demand, requirements = await self.measure(), query.sandboxes or tuple(SandboxRequirement)
        return WantedSlots(
            pool=POOL, run=demand[Stage.RUN].of(requirements), judge=demand[Stage.JUDGE].of(requirements)
        )

    async def measure(self) -> Demand:
        silence = self._settings.worker_silence_seconds
        async with self._database.session() as connection:
            wanted: dict[Stage, Counts] = {Stage.RUN: await self._wanted_by_runs(connection)}
            gradings = await connection.rows(_Count, _GRADINGS, MAX_WAITING)
            wanted[Stage.JUDGE] = {each.requirement: each.attempts for each in gradings}
            live = {stage: await live_offers(connection, stage, silence) for stage in Stage}
        return {stage: StageDemand(wanted[stage], live[stage]) for stage in Stage}

    async def _wanted_by_runs(self, connection: Connection) -> Counts:
        """Attempts under way, and those that the scheduler would release with unlimited workers. Models that runners
        cannot call at present want nothing more."""
        wanted = Counter(await under_way_counts(connection))
        runs = await waiting_runs(connection)
        if not runs:
            return wanted
        plans = {run.run_id: await self._plans.get(connection, run.run_id) for run in runs}
        size = window_size(runs, plans)
        scheduling = await read_pass(connection, self._plans, runs, lambda _: size)
        scheduling.leave_out(await live_outages(connection, self._settings.worker_silence_seconds))
        queues = [scheduling.queue(run, {}) for run in runs]
        cap = self._settings.max_concurrency
        shares = share(
            queues,
            Room.total(MAX_WAITING),
            scheduling.budgets,
            scheduling.provider_room(),
            cap - scheduling.total_under_way if cap else None,
            scheduling.model_room(),
            scheduling.model_turns(queues, tuple(SandboxRequirement)),
        )
        requirements = {each.attempt_id: each.requirement for queue in queues for each in queue.candidates}
        wanted.update(requirements[attempt_id] for attempt_id in shares.released)
        return wanted


def window_size(runs: Sequence[WaitingRun], plans: Mapping[str, RunPlan]) -> int:
    """How many waiting attempts to read per model and requirement of each run, so that all together are not much more
    than are counted."""
    size = MAX_WAITING
    groups = [(run, len(plans[run.run_id].models) * len(plan_requirements(plans[run.run_id]))) for run in runs]
    while size > EXTRA_CANDIDATES and sum(min(run.n_waiting, size * n) for run, n in groups) > 2 * MAX_WAITING:
        size //= 2
    return size
