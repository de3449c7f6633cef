"""New runs: their row with its counters, their attempts and their first facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from assay.contracts.attempts import State
from assay.contracts.facts import Fact, RunFinished, RunSubmitted
from assay.contracts.ids import attempt_id
from assay.contracts.runs import RunPlan, RunStatus, RunView
from assay.contracts.sandboxes import SandboxRequirement, requirement_of
from assay.contracts.verdicts import Outcome
from assay.tracing import carrier
from assay.tracing.span import TRACEPARENT
from services.ledger.attempts.content_key import content_key
from services.ledger.database.connection import Connection
from services.ledger.database.rows import Row, columns, to_json
from services.ledger.errors import key_reused
from services.ledger.money.cost_estimate import worst_nanousd
from services.ledger.money.usage import TOKENS
from services.ledger.runs.fact_recording import FactRow, fact_row, store_facts
from services.ledger.runs.reuse import EarlierResult
from services.ledger.runs.rows import RunRow

_BY_KEY = f"SELECT {columns(RunRow)} FROM runs WHERE idempotency_key = $1"
_ADD_PLAN = "INSERT INTO plans (run_id, body, traceparent) VALUES ($1, $2, $3)"

MANY_ATTEMPTS = 5000

# Postgres analyses new rows once a minute, and until then would scan all of them for the few that are under way.
_ANALYZE = "ANALYZE attempts (state, lease_until)"


class InsertedRun(Row):
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

    @property
    def scored_impossible(self) -> bool:
        return self.impossible and self.score is not None

    def reuse(self, earlier: EarlierResult) -> None:
        self.state, self.outcome, self.score = State.DONE.value, earlier.outcome, earlier.score
        self.reason, self.duration_seconds = earlier.reason, earlier.duration_seconds
        self.reused_from, self.flag_count = earlier.reused_from, earlier.flag_count


A = TypeVar("A", bound=NewAttempt)


async def earlier_run(connection: Connection, key: str, digest: str) -> RunView | None:
    """The run that was stored under this idempotency key. Raises Refused if it was another request's."""
    run = await connection.row(RunRow, _BY_KEY, key) if key else None
    if run is None:
        return None
    if run.plan_digest != digest:
        raise key_reused(key, run.run_id)
    return run.view()


async def insert_run(
    connection: Connection, plan: RunPlan, attempts: Sequence[NewAttempt], run_id: str, key: str, digest: str
) -> RunView:
    """The run with its plan, its attempts and its first facts. A run whose attempts are all done is finished."""
    values = _row(plan, attempts, run_id, key, digest)
    placeholders = ", ".join(f"${place}" for place in range(1, len(values) + 1))
    finished = "now()" if values["status"] == RunStatus.FINISHED else "NULL"
    statement = (
        f"INSERT INTO runs ({', '.join(values)}, finished_at) VALUES ({placeholders}, {finished}) "
        f"RETURNING now(), {columns(RunRow)}"
    )
    new = await connection.one(InsertedRun, statement, *values.values())
    await connection.execute(_ADD_PLAN, run_id, to_json(plan), carrier().get(TRACEPARENT, ""))
    await connection.copy("attempts", type(attempts[0]).__struct_fields__, map(msgspec.structs.astuple, attempts))
    if len(attempts) >= MANY_ATTEMPTS:
        await connection.execute(_ANALYZE)
    await store_facts(connection, _first_facts(new.run, new.at))
    return new.run.view()


def _row(plan: RunPlan, attempts: Sequence[NewAttempt], run_id: str, key: str, digest: str) -> dict[str, object]:
    """By column of ``runs``."""
    states = [attempt.state for attempt in attempts]
    done = states.count(State.DONE.value)
    finished = done == len(attempts)
    outcomes = [attempt.outcome for attempt in attempts]
    return {
        "run_id": run_id,
        "project": plan.project,
        "name": plan.name,
        "suite": plan.suite,
        "status": RunStatus.FINISHED.value if finished else RunStatus.WAITING.value,
        "repeats": plan.repeats,
        "models": [pin.model.name for pin in plan.models],
        "task_ids": [task.task_id for task in plan.tasks],
        "idempotency_key": key,
        "plan_digest": digest,
        "limits": to_json(plan.limits),
        "priority": plan.priority,
        "restarts": plan.restarts,
        "regrades": plan.regrades,
        "imported": plan.imported,
        "include_tests": plan.include_tests,
        "sequence": 1 + finished,
        "total": len(attempts),
        "n_waiting": states.count(State.WAITING.value),
        "n_executed": states.count(State.EXECUTED.value),
        "n_done": done,
        "n_reused": sum(bool(attempt.reused_from) for attempt in attempts),
        **{f"n_{outcome.value}": outcomes.count(outcome.value) for outcome in Outcome},
        "n_flagged": sum(attempt.passed and attempt.flag_count > 0 for attempt in attempts),
        "n_impossible": sum(attempt.scored_impossible for attempt in attempts),
        "n_impossible_passed": sum(attempt.impossible and attempt.passed for attempt in attempts),
        **{name: sum(getattr(attempt, name, 0) for attempt in attempts) for name in ("cost_nanousd", *TOKENS)},
    }


def attempts_of(run_id: str, plan: RunPlan, kind: type[A]) -> Iterator[A]:
    """All attempts of a plan, as rows of this kind. Models alternate, so that they can be compared at any moment."""
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
                    yield kind(*identity, *labels, key, cost, *marks)


def _first_facts(run: RunRow, at: datetime) -> list[FactRow]:
    """A new run's first fact, and its last too if all its attempts are done."""
    view = run.view()
    facts: list[Fact] = [RunSubmitted(run=msgspec.structs.replace(view, sequence=1))]
    if view.sequence > 1:
        facts.append(RunFinished(run=view))
    return [fact_row(run, at, sequence, view.run_id, fact) for sequence, fact in enumerate(facts, start=1)]
