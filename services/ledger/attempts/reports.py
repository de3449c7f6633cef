"""Workers' reports, booked in batches: each takes effect once, and only under the token of its lease."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from assay.contracts.attempts import AttemptExecuted, AttemptJudged, FaultKind, Stage, State, TryEnd
from assay.contracts.verdicts import Outcome
from services.ledger.attempts.inbox import accept
from services.ledger.attempts.lifecycle import Transition
from services.ledger.attempts.transitions import Execution, Grading, end_gradings, end_tries
from services.ledger.database.connection import Connection
from services.ledger.database.database import Database
from services.ledger.database.rows import Row, to_json
from services.ledger.leaderboard.leaderboard_write import add_results
from services.ledger.money.call_booking import book_calls
from services.ledger.money.judge_spending import book_judging
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.fact_recording import record
from services.ledger.runs.plans import Plans
from services.ledger.runs.regrading import revise_regraded
from services.ledger.runs.served_models import Served, ServedModels
from services.ledger.runs.stopped_models import EndedTry, count_failures, end_attempts_of_stopped_models
from services.ledger.settings import LedgerSettings

_LOCK = (
    "SELECT worst_nanousd, held_nanousd FROM attempts WHERE attempt_id = ANY($1::text[]) ORDER BY attempt_id FOR UPDATE"
)

_END_TRIES = """
INSERT INTO tries
  (attempt_id, token, worker_id, ended_at, ended, cause, duration_seconds, output, artifacts, evaluation, flags)
SELECT attempt_id, token, worker_id, now(), ended, cause, duration, output::jsonb, artifacts::jsonb, evaluation::jsonb,
  flags::jsonb
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::text[],
  $10::text[]) AS t(attempt_id, token, worker_id, ended, cause, duration, output, artifacts, evaluation, flags)
ON CONFLICT (attempt_id, token) DO UPDATE SET ended_at = now(), ended = excluded.ended, cause = excluded.cause,
  duration_seconds = excluded.duration_seconds, output = excluded.output, artifacts = excluded.artifacts,
  evaluation = excluded.evaluation, flags = excluded.flags
"""

_VERDICTS = """
INSERT INTO verdicts (attempt_id, token, judge_id, body, artifacts, evaluation, flags, predictions)
SELECT attempt_id, token, judge_id, body::jsonb, artifacts::jsonb, evaluation::jsonb, flags::jsonb, predictions::jsonb
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
  AS v(attempt_id, token, judge_id, body, artifacts, evaluation, flags, predictions)
ON CONFLICT (attempt_id, revision) DO NOTHING
"""


class _Amounts(Row):
    worst_nanousd: int
    held_nanousd: int


class ReportStore:
    def __init__(self, database: Database, plans: Plans, settings: LedgerSettings) -> None:
        self._database = database
        self._plans = plans
        self._max_tries = settings.max_tries
        self._served_models = ServedModels()

    async def executed(self, reports: Sequence[AttemptExecuted]) -> None:
        async def work(connection: Connection) -> bool:
            new = await accept(connection, reports)
            return await self._executed(connection, new) if new else False

        if await self._database.transact(work):
            await self._database.transact(partial(end_attempts_of_stopped_models, plans=self._plans))

    async def judged(self, reports: Sequence[AttemptJudged]) -> None:
        async def work(connection: Connection) -> None:
            if new := await accept(connection, reports):
                await self._judged(connection, new)

        await self._database.transact(work)

    async def _executed(self, connection: Connection, reports: Sequence[AttemptExecuted]) -> bool:
        """Returns whether a model is stopped now."""
        amounts = await connection.rows(_Amounts, _LOCK, [report.attempt_id for report in reports])
        priced = any(each.worst_nanousd or each.held_nanousd for each in amounts)
        booked = await book_calls(connection, self._plans, reports, priced=priced)
        transitions = await end_tries(connection, [execution_of(report) for report in reports], self._max_tries)
        current = {(each.after.attempt_id, each.before_token) for each in transitions}
        tries = [_try_values(report, (report.attempt_id, report.token) in current) for report in reports]
        await connection.execute_columns(_END_TRIES, tries)
        attempts = [each.after for each in transitions]
        await add_orders(connection, Stage.JUDGE, [each for each in attempts if each.state is State.EXECUTED])
        await add_orders(connection, Stage.RUN, [each for each in attempts if each.state is State.QUEUED])
        done = [each for each in attempts if each.state is State.DONE and not each.over_budget]
        await add_results(connection, self._plans, [(attempt, {}) for attempt in done])
        stops = await count_failures(connection, _ended_tries(reports, transitions))
        changes = await self._served_models.record(connection, _served(reports, transitions))
        await record(connection, transitions, booked.spends, [*booked.run_facts, *stops, *changes])
        return bool(stops)

    async def _judged(self, connection: Connection, reports: Sequence[AttemptJudged]) -> None:
        await connection.execute(_LOCK, [report.attempt_id for report in reports])
        warnings = await book_judging(connection, self._plans, reports)
        by_token = {(report.attempt_id, report.token): report for report in reports}
        transitions = await end_gradings(connection, [grading_of(report) for report in reports], self._max_tries)
        done: list[AttemptJudged] = []
        for each in transitions:
            report = by_token[each.after.attempt_id, each.before_token]
            if each.after.state is State.DONE:
                each.verdict = report.verdict
                done.append(report)
        await connection.execute_columns(_VERDICTS, [_verdict_values(report) for report in done])
        attempts = [each.after for each in transitions]
        await add_orders(connection, Stage.JUDGE, [each for each in attempts if each.state is State.GRADING])
        ended = [each for each in transitions if each.verdict]
        graded = [(each.after, by_token[each.after.attempt_id, each.before_token]) for each in ended]
        await add_results(connection, self._plans, [(attempt, report.verdict.metrics) for attempt, report in graded])
        revised = await revise_regraded(connection, self._plans, graded)
        await record(connection, transitions, run_facts=warnings, revised=revised)


def execution_of(report: AttemptExecuted) -> Execution:
    retry = report.outcome is Outcome.INFRA_ERROR and report.fault is not None and report.fault.new_try
    reason = report.reason or (report.fault.message if report.fault else "")
    outcome, scored, flags = report.outcome or "", is_scored(report), len(report.flags)
    return Execution(report.attempt_id, report.token, outcome, reason, retry, report.duration_seconds, scored, flags)


def grading_of(report: AttemptJudged) -> Grading:
    verdict = report.verdict
    retry = verdict.outcome is Outcome.INFRA_ERROR and report.fault is not None and report.fault.new_try
    identity = (report.attempt_id, report.token)
    return Grading(*identity, verdict.outcome, verdict.reason, retry, verdict.score, len(report.flags))


def try_end(report: AttemptExecuted, *, current: bool) -> tuple[TryEnd, str]:
    """How the try ended, and why. A report that is not ``current`` came too late to change its attempt."""
    cause = report.fault.message if report.fault else report.reason
    if not current:
        return TryEnd.SUPERSEDED, cause
    return TryEnd.FAILED if report.outcome is Outcome.INFRA_ERROR else TryEnd.EXECUTED, cause


def is_scored(report: AttemptExecuted) -> bool:
    """Whether the outcome says something about the model. A money limit that ended the try does not."""
    over_budget = report.fault is not None and report.fault.kind == FaultKind.BUDGET
    return report.outcome is not None and report.outcome.counts and not over_budget


def _ended_tries(reports: Sequence[AttemptExecuted], transitions: Sequence[Transition]) -> list[EndedTry]:
    """In the order of the reports, without those that are to be repeated or came too late."""
    attempts = {each.after.attempt_id: each for each in transitions if each.after.state is not State.QUEUED}
    ended: list[EndedTry] = []
    for report in reports:
        transition = attempts.get(report.attempt_id)
        if transition is not None and transition.before_token == report.token:
            ended.append(EndedTry(transition.after.run_id, transition.after.model, report.fault))
    return ended


def _served(reports: Sequence[AttemptExecuted], transitions: Sequence[Transition]) -> Iterator[Served]:
    attempts = {each.after.attempt_id: each.after for each in transitions}
    for report in reports:
        attempt = attempts.get(report.attempt_id)
        for call in report.calls if attempt else ():
            if attempt and call.served_model:
                yield Served(attempt.run_id, attempt.model, call.served_model)


def _try_values(report: AttemptExecuted, current: bool) -> tuple[object, ...]:
    ended, cause = try_end(report, current=current)
    output = to_json(report.output) if report.output else None
    identity = (report.attempt_id, report.token, report.worker_id, ended, cause, report.duration_seconds)
    return (*identity, output, to_json(report.artifacts), _optional(report.evaluation), to_json(report.flags))


def _verdict_values(report: AttemptJudged) -> tuple[object, ...]:
    body, artifacts = to_json(report.verdict), to_json(report.artifacts)
    beside = (_optional(report.evaluation), to_json(report.flags), _optional(report.predictions or None))
    return (report.attempt_id, report.token, report.worker_id, body, artifacts, *beside)


def _optional(value: object) -> str | None:
    return None if value is None else to_json(value)
