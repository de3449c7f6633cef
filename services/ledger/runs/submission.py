"""Submitting a run: it is stored with all its attempts in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from assay.contracts.attempts import Stage, State
from assay.contracts.codec import digest
from assay.contracts.facts import Fact, RunFinished, RunSubmitted
from assay.contracts.ids import attempt_id, new_id
from assay.contracts.money import nanousd
from assay.contracts.rpc import SubmitRun
from assay.contracts.runs import RunPlan, RunView
from assay.contracts.sandboxes import SandboxRequirement, requirement_of
from assay.contracts.verdicts import Outcome
from assay.tracing import carrier
from assay.tracing.span import TRACEPARENT
from services.ledger.attempts.content_key import content_key
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns, to_json
from services.ledger.errors import key_reused, no_sandbox, over_limit
from services.ledger.money.account import run_account
from services.ledger.money.cost_estimate import worst_nanousd
from services.ledger.money.project_limits import open_project
from services.ledger.money.transfers import open_accounts
from services.ledger.outbox.orders import add_orders
from services.ledger.runs.fact_recording import FactRow, fact_row, store_facts
from services.ledger.runs.quote import quote
from services.ledger.runs.regrading import stored_outputs
from services.ledger.runs.reuse import EarlierResult, reusable_for, take_answers
from services.ledger.runs.rows import RunRow
from services.ledger.settings import LedgerSettings
from services.ledger.workers.live_workers import live_capabilities
from services.ledger.workers.sandbox_capacity import sandbox_refusal

_BY_KEY = f"SELECT {columns(RunRow)} FROM runs WHERE idempotency_key = $1"

_INSERT = f"""
INSERT INTO runs (run_id, project, name, suite, status, repeats, models, task_ids, idempotency_key, plan_digest,
  limits, priority, restarts, sequence, total, n_waiting, n_done, n_reused, finished_at,
  n_passed, n_failed, n_timeout, n_limit, n_refused, n_agent_error, include_tests, n_executed, regrades,
  n_flagged, n_impossible, n_impossible_passed)
VALUES ($1, $2, $3, $4, CASE WHEN $15 THEN 'finished' ELSE 'waiting' END, $5, $6, $7, $8, $9, $10, $11, $12,
  1 + $15::int, $13::int, $13 - $14 - $23, $14::int, $14, CASE WHEN $15 THEN now() END, $16, $17, $18, $19, $20, $21,
  $22, $23::int, $24, $25, $26, $27)
RETURNING now(), {columns(RunRow)}
"""

_ADD_PLAN = "INSERT INTO plans (run_id, body, traceparent) VALUES ($1, $2, $3)"

MANY_ATTEMPTS = 5000

# Postgres analyses new rows once a minute, and until then would scan all of them for the few that are under way.
_ANALYZE = "ANALYZE attempts (state, lease_until)"


class _NewRun(Row):
    at: datetime
    run: RunRow


class NewAttempt(msgspec.Struct):
    """A new row of ``attempts``, of the columns without a default: waiting, done with a reused result, or executed with
    the answer of an earlier attempt."""

    attempt_id: str
    run_id: str
    ordinal: int
    task_index: int
    model_index: int
    task_id: str
    category: str
    sample_id: str
    model: str
    repeat: int
    key: str
    worst_nanousd: int
    model_graded: bool
    requirement: SandboxRequirement
    impossible: bool
    token: int = 0
    state: str = State.WAITING.value
    outcome: str | None = None
    score: float | None = None
    reason: str = ""
    duration_seconds: float = 0.0
    reused_from: str = ""
    flag_count: int = 0

    @property
    def passed(self) -> bool:
        return self.outcome == Outcome.PASSED

    def reuse(self, earlier: EarlierResult) -> None:
        self.state, self.outcome, self.score = State.DONE.value, earlier.outcome, earlier.score
        self.reason, self.duration_seconds = earlier.reason, earlier.duration_seconds
        self.reused_from, self.flag_count = earlier.reused_from, earlier.flag_count


class Submission:
    """One request to submit, prepared outside of its transaction."""

    def __init__(self, request: SubmitRun, settings: LedgerSettings) -> None:
        self._request, self._plan, self._settings = request, request.plan, settings
        self._run_id = new_id()
        self._digest = digest(request.plan)
        self._attempts = list(attempts_of(self._run_id, request.plan))

    async def store(self, connection: Connection) -> RunView:
        """The new run, or the one stored before under the same key. Raises Refused if it exceeds the limits or no live
        worker has a sandbox for it."""
        earlier = await self._earlier(connection)
        if earlier is not None:
            return earlier
        workers = await live_capabilities(connection, self._settings.worker_silence_seconds)
        if refusal := sandbox_refusal(self._plan, workers, self._settings.on_demand):
            raise no_sandbox(refusal)
        await self._check_limits(connection)
        answers = await self._reuse(connection) if self._plan.reuse or self._plan.reuse_run else []
        if self._plan.regrades:
            answers = await self._take_outputs(connection)
        new = await self._insert(connection)
        await connection.execute(_ADD_PLAN, self._run_id, to_json(self._plan), carrier().get(TRACEPARENT, ""))
        rows = map(msgspec.structs.astuple, self._attempts)
        await connection.copy("attempts", NewAttempt.__struct_fields__, rows)
        await take_answers(connection, answers)
        await add_orders(connection, Stage.JUDGE, [each for each in self._attempts if each.state == State.EXECUTED])
        if len(self._attempts) >= MANY_ATTEMPTS:
            await connection.execute(_ANALYZE)
        await store_facts(connection, first_facts(new.run, new.at))
        return new.run.view()

    async def _earlier(self, connection: Connection) -> RunView | None:
        key = self._request.idempotency_key
        run = await connection.row(RunRow, _BY_KEY, key) if key else None
        if run is None:
            return None
        if run.plan_digest != self._digest:
            raise key_reused(key, run.run_id)
        return run.view()

    async def _check_limits(self, connection: Connection) -> None:
        """Only a run whose models can cost something has an account; its judges have one of their own."""
        free = is_free(self._plan)
        if free and not self._plan.judges:
            return
        if not free:
            await open_project(connection, self._plan.project, self._settings)
        quoted = await quote(connection, self._plan, self._settings)
        if quoted.refusal:
            raise over_limit(quoted)
        if free:
            return
        limit = self._plan.limits.cost_usd
        await open_accounts(connection, {run_account(self._run_id): None if limit is None else nanousd(limit)})

    async def _reuse(self, connection: Connection) -> list[tuple[str, str]]:
        """Returns the attempts that have an answer already, each with the attempt that gave it."""
        reusable = await reusable_for(connection, self._plan, [attempt.key for attempt in self._attempts])
        answers: list[tuple[str, str]] = []
        for attempt in self._attempts:
            if result := reusable.results.get(attempt.key):
                attempt.reuse(result)
            elif answer := reusable.answers.get(attempt.key):
                attempt.state, attempt.duration_seconds = State.EXECUTED.value, answer.duration_seconds
                answers.append((attempt.attempt_id, answer.attempt_id))
        return answers

    async def _take_outputs(self, connection: Connection) -> list[tuple[str, str]]:
        """Only attempts whose output is stored are graded again. Returns each with the attempt that left its output."""
        outputs = await stored_outputs(connection, self._plan.regrades)
        self._attempts = [attempt for attempt in self._attempts if attempt.ordinal in outputs]
        for attempt in self._attempts:
            output = outputs[attempt.ordinal]
            attempt.state, attempt.duration_seconds = State.EXECUTED.value, output.duration_seconds
        return [(attempt.attempt_id, outputs[attempt.ordinal].source) for attempt in self._attempts]

    async def _insert(self, connection: Connection) -> _NewRun:
        plan, total = self._plan, len(self._attempts)
        outcomes = [attempt.outcome for attempt in self._attempts if attempt.outcome is not None]
        answered = sum(attempt.state == State.EXECUTED for attempt in self._attempts)
        return await connection.one(
            _NewRun,
            _INSERT,
            *(self._run_id, plan.project, plan.name, plan.suite, plan.repeats),
            [pin.model.name for pin in plan.models],
            [task.task_id for task in plan.tasks],
            *(self._request.idempotency_key, self._digest, to_json(plan.limits), plan.priority, plan.restarts),
            *(total, len(outcomes), len(outcomes) == total),
            *(outcomes.count(outcome) for outcome in Outcome if outcome.counts),
            plan.include_tests,
            answered,
            plan.regrades,
            sum(attempt.passed and attempt.flag_count > 0 for attempt in self._attempts),
            sum(attempt.impossible and attempt.score is not None for attempt in self._attempts),
            sum(attempt.impossible and attempt.passed for attempt in self._attempts),
        )


def attempts_of(run_id: str, plan: RunPlan) -> Iterator[NewAttempt]:
    """All attempts of a plan. Models alternate, so that they can be compared at any moment of the run."""
    ordinal = 0
    worst = {(t, m): worst_nanousd(task, pin) for t, task in enumerate(plan.tasks) for m, pin in enumerate(plan.models)}
    requirements = [requirement_of(task.sandboxes, plan.sandbox) for task in plan.tasks]
    for repeat in range(1, plan.repeats + 1):
        for task_index, task in enumerate(plan.tasks):
            for sample_id in task.sample_ids:
                for model_index, pin in enumerate(plan.models):
                    ordinal += 1
                    key = content_key(plan, task, pin, sample_id, repeat)
                    identity = (attempt_id(run_id, ordinal), run_id, ordinal, task_index, model_index)
                    labels = (task.task_id, task.category, sample_id, pin.model.name, repeat)
                    cost = worst[task_index, model_index]
                    marks = (task.model_graded, requirements[task_index], task.impossible)
                    yield NewAttempt(*identity, *labels, key, cost, *marks)


def is_free(plan: RunPlan) -> bool:
    """Whether none of its models has a price, or none is asked."""
    return bool(plan.regrades) or all(pin.price is None or pin.price.free for pin in plan.models)


def first_facts(run: RunRow, at: datetime) -> list[FactRow]:
    """A new run's first fact, and its last too if all its results were reused."""
    view = run.view()
    facts: list[Fact] = [RunSubmitted(run=msgspec.structs.replace(view, sequence=1))]
    if view.sequence > 1:
        facts.append(RunFinished(run=view))
    return [fact_row(run, at, sequence, view.run_id, fact) for sequence, fact in enumerate(facts, start=1)]
