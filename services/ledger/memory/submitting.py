"""Storing a run with all its attempts, in one transaction."""

from __future__ import annotations

from collections import Counter

from assay.contracts.codec import digest
from assay.contracts.money import nanousd
from assay.contracts.rpc import SubmitRun
from assay.contracts.runs import RunPlan, RunView
from services.ledger.errors import key_reused, no_sandbox, over_limit
from services.ledger.memory.accounts import open_accounts
from services.ledger.memory.changes import store_facts
from services.ledger.memory.givers import givers
from services.ledger.memory.quoting import open_project, quote
from services.ledger.memory.reuse import earlier_results
from services.ledger.memory.rows import new_attempt, new_run
from services.ledger.memory.rules.facts import facts_of_submission
from services.ledger.memory.rules.reuse import REUSABLE
from services.ledger.memory.rules.rows import to_jsonb
from services.ledger.memory.rules.shelter import shelter_refusal
from services.ledger.memory.rules.submitting import COLUMNS, attempts_of, is_free
from services.ledger.memory.rules.views import run_view
from services.ledger.memory.store import MemoryStore
from services.ledger.memory.tables import Row
from services.ledger.settings import LedgerSettings


def submit(store: MemoryStore, order: SubmitRun, run_id: str, settings: LedgerSettings) -> RunView:
    """The run as stored; the one stored before under the same key; Refused when it cannot fit the limits or no
    worker could hold it."""
    plan, plan_digest = order.plan, digest(order.plan)
    for run in store.runs if order.idempotency_key else ():
        if run["idempotency_key"] == order.idempotency_key:
            if run["plan_digest"] != plan_digest:
                raise key_reused(order.idempotency_key, run["run_id"])
            return run_view(run)
    if refusal := shelter_refusal(plan, givers(store, settings)):
        raise no_sandbox(refusal)
    _afford(store, plan, run_id, settings)
    attempts = _all_attempts(store, plan, run_id)
    run = _new_run(store, plan, run_id, attempts)
    store.runs.insert(run_id, {**run, "idempotency_key": order.idempotency_key, "plan_digest": plan_digest})
    store.plans.insert(run_id, {"run_id": run_id, "body": plan})
    for attempt in attempts:
        store.attempts.insert(attempt["attempt_id"], attempt)
    store_facts(store, facts_of_submission({**run, "at": store.at}))
    return run_view(run)


def _afford(store: MemoryStore, plan: RunPlan, run_id: str, settings: LedgerSettings) -> None:
    """Checks the limits; only runs that cost something have an account."""
    if is_free(plan):
        return
    open_project(store, plan.project, settings)
    quoted = quote(store, plan, settings)
    if quoted.refusal:
        raise over_limit(quoted)
    limit = plan.limits.cost_usd
    open_accounts(store, {f"run:{run_id}": None if limit is None else nanousd(limit)})


def _all_attempts(store: MemoryStore, plan: RunPlan, run_id: str) -> list[Row]:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in attempts_of(run_id, plan)]
    results = earlier_results(store, [row["key"] for row in rows]) if plan.reuse else {}
    taken_over = {key: {"state": "done", **earlier} for key, earlier in results.items()}
    return [new_attempt(store.at, **(row | taken_over.get(row["key"], {}))) for row in rows]


def _new_run(store: MemoryStore, plan: RunPlan, run_id: str, attempts: list[Row]) -> Row:
    outcomes = Counter(row["outcome"] for row in attempts if row["outcome"] is not None)
    reused, total = outcomes.total(), len(attempts)
    finished = reused == total
    return new_run(
        store.at,
        run_id=run_id,
        project=plan.project,
        name=plan.name,
        suite=plan.suite,
        status="finished" if finished else "waiting",
        repeats=plan.repeats,
        models=[pin.model.name for pin in plan.models],
        task_ids=[task.task_id for task in plan.tasks],
        limits=to_jsonb(plan.limits),
        priority=plan.priority,
        restarts=plan.restarts,
        include_tests=plan.include_tests,
        sequence=1 + finished,
        total=total,
        n_waiting=total - reused,
        n_done=reused,
        n_reused=reused,
        finished_at=store.at if finished else None,
        **{f"n_{outcome}": outcomes[outcome] for outcome in REUSABLE},
    )
