"""Attempts: claiming them, extending their leases, reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import structs, to_builtins

from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import Denial, Denied, Regrade, Stage, Ticket, TryEnd
from assay.contracts.audit import AuditFlag
from assay.contracts.evaluation import Evaluation
from assay.contracts.ids import run_of
from assay.contracts.judging import JudgeModel
from assay.contracts.models import Call
from assay.contracts.rpc import AttemptPage, Claim, ClaimAttempts, Claims, Heartbeat, Leases, ListAttempts
from assay.contracts.runs import RunPlan
from assay.contracts.verdicts import Verdict
from services.ledger.attempts.claim_funding import Funding, fund_claims
from services.ledger.attempts.lifecycle import Event, Transition
from services.ledger.attempts.revisions import revisions_of
from services.ledger.attempts.rows import AttemptRow, TryRow
from services.ledger.attempts.ticket import AttemptStatus, SubmittedOutput, denial, ticket_for
from services.ledger.attempts.transitions import claim
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.filters import Filters
from services.ledger.database.rows import Row, columns
from services.ledger.errors import unknown_attempt, unknown_run
from services.ledger.outbox.orders import retire_orders
from services.ledger.providers.provider_rows import providers_of
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.regrading import regrades_of
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_slots, record_heartbeat

_BEGIN_TRIES = """
INSERT INTO tries (attempt_id, token, worker_id) SELECT attempt_id, token, $3
FROM unnest($1::text[], $2::int[]) AS t(attempt_id, token) ON CONFLICT DO NOTHING
"""

_EXTEND = """
WITH kept AS (SELECT a.attempt_id FROM attempts a JOIN unnest($1::text[], $2::int[]) AS u(attempt_id, token)
  USING (attempt_id) WHERE a.token = u.token AND a.worker_id = $3 AND a.lease_until IS NOT NULL
  ORDER BY attempt_id FOR UPDATE OF a)
UPDATE attempts a SET lease_until = clock_timestamp() + make_interval(secs => $4)
FROM kept WHERE a.attempt_id = kept.attempt_id RETURNING a.attempt_id
"""

_OUTPUTS = """
SELECT DISTINCT ON (attempt_id) attempt_id, output, artifacts -> 'result.json' FROM tries
WHERE attempt_id = ANY($1::text[]) AND ended = 'executed' ORDER BY attempt_id, token DESC
"""

_SECONDS_LEFT = """
SELECT run_id, greatest(0, extract(epoch FROM deadline_at - clock_timestamp()))::float8 FROM runs
WHERE run_id = ANY($1::text[]) AND deadline_at IS NOT NULL
"""

_ATTEMPT = f"SELECT {columns(AttemptRow)} FROM attempts WHERE attempt_id = $1"
_STATUS = f"SELECT {columns(AttemptStatus)} FROM attempts WHERE attempt_id = ANY($1::text[])"
_TRIES = f"SELECT {columns(TryRow)} FROM tries WHERE attempt_id = $1 ORDER BY token"
_VERDICTS = "SELECT body, artifacts, evaluation, flags FROM verdicts WHERE attempt_id = $1 ORDER BY revision"
_CALLS = "SELECT purpose, body FROM calls WHERE attempt_id = $1 ORDER BY booked_at, call_id"

# A reused result expires with the run that made it.
_RUN = """
SELECT r.sequence, coalesce(r.expired_at, source.expired_at)
FROM runs r LEFT JOIN runs source ON source.run_id = $2 WHERE r.run_id = $1
"""


class _CallRow(Row):
    purpose: str
    body: Call


class _VerdictRow(Row):
    body: Verdict
    artifacts: dict[str, ArtifactRef] | None
    evaluation: Evaluation | None
    flags: tuple[AuditFlag, ...]


class _SecondsLeft(Row):
    run_id: str
    seconds: float


class _RunSize(Row):
    sequence: int
    total: int


class _RunOfAttempt(Row):
    sequence: int
    expired_at: datetime | None


class AttemptStore:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._lease_seconds = settings.lease_seconds
        self._silence_seconds = settings.worker_silence_seconds

    async def claim(self, request: ClaimAttempts) -> Claims:
        """Lease what can be claimed, and say why the rest cannot."""

        async def work(connection: Connection) -> Claims:
            claims, stage, worker_id = request.claims, request.stage, request.worker_id
            claimed = await claim(connection, stage, worker_id, claims, self._lease_seconds)
            await retire_orders(connection, stage, [(each.attempt_id, each.token) for each in claims])
            funding = Funding(claimed)
            if stage is Stage.RUN:
                funding = await fund_claims(connection, self._plans, claimed)
                begun = [(each.after.attempt_id, each.after.token) for each in funding.claimed]
                await connection.execute_columns(_BEGIN_TRIES, begun, worker_id)
            new = [each for each in funding.claimed if each.event is Event.CLAIMED]
            await record(connection, [*new, *funding.recalled], funding.spends)
            tickets = await self._tickets(connection, funding.claimed, stage, funding.grants)
            over_budget = (Denied(attempt_id=r.after.attempt_id, reason=Denial.BUDGET) for r in funding.recalled)
            leased = {each.after.attempt_id for each in claimed}
            others = [each for each in claims if each.attempt_id not in leased]
            return Claims(granted=tickets, denied=(*over_budget, *await _denied(connection, others)))

        return await self._database.transact(work)

    async def heartbeat(self, beat: Heartbeat) -> Leases:
        """Note the worker's slots, extend the leases it holds, and return those it no longer holds."""

        async def work(connection: Connection) -> Leases:
            await record_heartbeat(connection, beat)
            live = (await live_slots(connection, self._silence_seconds)).get(beat.stage, 0)
            share = beat.slots / live if beat.slots and live else 1.0
            if not beat.leases:
                return Leases(share=share)
            ids = [lease.attempt_id for lease in beat.leases]
            tokens = [lease.token for lease in beat.leases]
            kept = set(await connection.values(str, _EXTEND, ids, tokens, beat.worker_id, self._lease_seconds))
            return Leases(lost=tuple(lease for lease in beat.leases if lease.attempt_id not in kept), share=share)

        return await self._database.transact(work)

    async def page(self, query: ListAttempts) -> AttemptPage:
        async with self._database.snapshot() as connection:
            return await _page(connection, query)

    async def get(self, attempt_id: str) -> AttemptDetail:
        async with self._database.snapshot() as connection:
            attempt = await connection.row(AttemptRow, _ATTEMPT, attempt_id)
            if attempt is None:
                raise unknown_attempt(attempt_id)
            return await _detail(connection, attempt, await self._plans.get(connection, attempt.run_id))

    async def _tickets(
        self, connection: Connection, claimed: Sequence[Transition], stage: Stage, grants: Mapping[str, int]
    ) -> tuple[Ticket, ...]:
        outputs: dict[str, SubmittedOutput] = {}
        if stage is Stage.JUDGE and claimed:
            ids = [each.after.attempt_id for each in claimed]
            outputs = {row.attempt_id: row for row in await connection.rows(SubmittedOutput, _OUTPUTS, ids)}
        runs = sorted({each.after.run_id for each in claimed})
        left = {row.run_id: row.seconds for row in await connection.rows(_SecondsLeft, _SECONDS_LEFT, runs)}
        plans = {run_id: await self._plans.get(connection, run_id) for run_id in runs}
        attempts = [each.after for each in claimed]
        pins = [plans[attempt.run_id].models[attempt.model_index] for attempt in attempts]
        providers = await providers_of(connection, pins if stage is Stage.RUN else ())
        regrades: dict[str, Regrade] = {}
        for run_id, plan in plans.items():
            if plan.regrades and stage is Stage.JUDGE:
                ids = [attempt.attempt_id for attempt in attempts if attempt.run_id == run_id]
                regrades |= await regrades_of(connection, ids, plan)
        judges = await _judges(connection, plans, attempts) if stage is Stage.JUDGE else {}
        tickets: list[Ticket] = []
        for attempt, pin in zip(attempts, pins, strict=True):
            grant, submitted = grants.get(attempt.attempt_id, 0), outputs.get(attempt.attempt_id)
            tickets.append(
                ticket_for(
                    attempt,
                    plans[attempt.run_id],
                    stage,
                    self._lease_seconds,
                    grant_nanousd=grant,
                    submitted=submitted,
                    regrade=regrades.get(attempt.attempt_id),
                    run_seconds_left=left.get(attempt.run_id),
                    provider=providers.get(pin.model.provider) if pin.registered else None,
                    judges=judges.get(attempt.attempt_id, ()),
                )
            )
        return tuple(tickets)


async def _judges(
    connection: Connection, plans: Mapping[str, RunPlan], attempts: Sequence[AttemptRow]
) -> dict[str, tuple[JudgeModel, ...]]:
    """By attempt, the models that judge it, with their providers. A provider that was removed is missing."""
    graded = [(a, task.judging) for a in attempts if (task := plans[a.run_id].tasks[a.task_index]).judging]
    providers = await providers_of(connection, [judge for a, _ in graded for judge in plans[a.run_id].judges])
    found: dict[str, tuple[JudgeModel, ...]] = {}
    for attempt, judging in graded:
        by_name = {judge.model.name: judge for judge in plans[attempt.run_id].judges}
        judges = [by_name[name] for name in (judging.models if judging else ()) if name in by_name]
        found[attempt.attempt_id] = tuple(
            structs.replace(judge, provider=providers.get(judge.model.provider)) if judge.registered else judge
            for judge in judges
        )
    return found


async def _denied(connection: Connection, claims: Sequence[Claim]) -> tuple[Denied, ...]:
    if not claims:
        return ()
    found = await connection.rows(AttemptStatus, _STATUS, [claim.attempt_id for claim in claims])
    status = {attempt.attempt_id: attempt for attempt in found}
    return tuple(
        Denied(attempt_id=each.attempt_id, reason=denial(status.get(each.attempt_id), each.token)) for each in claims
    )


async def _page(connection: Connection, query: ListAttempts) -> AttemptPage:
    run = await connection.row(_RunSize, "SELECT sequence, total FROM runs WHERE run_id = $1", query.run_id)
    if run is None:
        raise unknown_run(query.run_id)
    filters = Filters()
    filters.add("run_id = {}", query.run_id)
    filters.add("state = {}", query.state)
    filters.add("outcome = {}", query.outcome)
    filters.add("model = {}", query.model)
    filters.add("task_id = {}", query.task_id)
    filters.add("flag_count >= {}", int(query.flagged))
    total: int | None = run.total
    if query.state or query.outcome or query.model or query.task_id or query.flagged:
        total = await connection.value(int, f"SELECT count(*) FROM attempts WHERE {filters}", *filters.values)
    filters.add("ordinal > {}", int(query.cursor) if query.cursor.isdigit() else 0)
    select = f"SELECT {columns(AttemptRow)} FROM attempts WHERE {filters} ORDER BY ordinal LIMIT {query.limit + 1}"
    rows = await connection.rows(AttemptRow, select, *filters.values)
    items = tuple(row.view() for row in rows[: query.limit])
    more = str(items[-1].ordinal) if len(rows) > query.limit else ""
    return AttemptPage(items=items, next_cursor=more, total=total or 0, sequence=run.sequence)


async def _detail(connection: Connection, attempt: AttemptRow, plan: RunPlan) -> AttemptDetail:
    """Of a reused result, tries, calls, verdict and artifacts are those of the attempt that made it."""
    source = attempt.reused_from or attempt.attempt_id
    tries = await connection.rows(TryRow, _TRIES, source)
    calls = await connection.rows(_CallRow, _CALLS, source)
    verdicts = await connection.rows(_VerdictRow, _VERDICTS, source)
    run = await connection.one(_RunOfAttempt, _RUN, attempt.run_id, run_of(source))
    artifacts: dict[str, ArtifactRef] = {}
    for each in (*tries, *verdicts):
        artifacts |= each.artifacts or {}
    task, parameters = plan.tasks[attempt.task_index], plan.models[attempt.model_index].model.parameters
    return AttemptDetail(
        attempt=attempt.view(),
        key=attempt.key,
        task_digest=task.digest,
        parameters=to_builtins(parameters),
        verdict=verdicts[-1].body if verdicts else None,
        evaluation=_evaluation(tries, verdicts),
        flags=_flags(tries, verdicts),
        revisions=await revisions_of(connection, source) if len(verdicts) > 1 else (),
        tries=tuple(each.view() for each in tries),
        calls=tuple(call.body for call in calls if call.purpose == "model"),
        judge_calls=tuple(call.body for call in calls if call.purpose == "judge"),
        artifacts=artifacts,
        sequence=run.sequence,
        expired_at=run.expired_at,
        solver=task.solver,
        limits=None if plan.imported else task.limits,
    )


def _evaluation(tries: Sequence[TryRow], verdicts: Sequence[_VerdictRow]) -> Evaluation | None:
    """The current verdict's, or that of the try that ended the attempt without one."""
    last = verdicts[-1] if verdicts else tries[-1] if tries else None
    return last.evaluation if last else None


def _flags(tries: Sequence[TryRow], verdicts: Sequence[_VerdictRow]) -> tuple[AuditFlag, ...]:
    """The runner's of the last try, if it was not lost, and the judge's of the current verdict."""
    counts = bool(tries) and tries[-1].ended in (TryEnd.EXECUTED, TryEnd.FAILED)
    return (*(tries[-1].flags if counts else ()), *(verdicts[-1].flags if verdicts else ()))
