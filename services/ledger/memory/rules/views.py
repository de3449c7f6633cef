"""Rows as the views that people see."""

from __future__ import annotations

from assay.contracts.attempts import AttemptView, State, TryView
from assay.contracts.models import Usage
from assay.contracts.money import usd
from assay.contracts.runs import Progress, RunLimits, RunStatus, RunView, Wait
from assay.contracts.spending import AccountKind, AccountView
from assay.contracts.verdicts import Outcome
from services.ledger.memory.rules.rows import Row, from_jsonb


def usage_of(row: Row) -> Usage:
    return Usage(
        input_tokens=row["input_tokens"],
        cached_tokens=row["cached_tokens"],
        output_tokens=row["output_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
    )


def attempt_view(row: Row) -> AttemptView:
    outcome = row["outcome"]
    return AttemptView(
        attempt_id=row["attempt_id"],
        run_id=row["run_id"],
        ordinal=row["ordinal"],
        task_id=row["task_id"],
        category=row["category"],
        sample_id=row["sample_id"],
        model=row["model"],
        repeat=row["repeat"],
        state=State(row["state"]),
        outcome=Outcome(outcome) if outcome else None,
        score=row["score"],
        reason=row["reason"],
        tries=row["tries"],
        cost_usd=usd(row["cost_nanousd"]),
        held_usd=usd(row["held_nanousd"]),
        usage=usage_of(row),
        reused_from=row["reused_from"],
        duration_seconds=row["duration_seconds"],
        changed_at=row["changed_at"],
    )


def progress_of(row: Row) -> Progress:
    return Progress(
        total=row["total"],
        waiting=row["n_waiting"],
        queued=row["n_queued"],
        running=row["n_running"],
        executed=row["n_executed"],
        grading=row["n_grading"],
        done=row["n_done"],
        outcomes={outcome: count for outcome in Outcome if (count := row[f"n_{outcome.value}"])},
        reused=row["n_reused"],
        cost_usd=usd(row["cost_nanousd"]),
        held_usd=usd(row["held_nanousd"]),
        usage=usage_of(row),
    )


def run_view(row: Row) -> RunView:
    return RunView(
        run_id=row["run_id"],
        project=row["project"],
        name=row["name"],
        suite=row["suite"],
        status=RunStatus(row["status"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        models=tuple(row["models"]),
        task_ids=tuple(row["task_ids"]),
        repeats=row["repeats"],
        progress=progress_of(row),
        sequence=row["sequence"],
        limits=from_jsonb(RunLimits, row["limits"]),
        priority=row["priority"],
        waits=from_jsonb(Wait, row["waits"]),
        reason=row["reason"],
        restarts=row["restarts"],
        deadline_at=row["deadline_at"],
        include_tests=row["include_tests"],
        expired_at=row["expired_at"],
    )


def try_view(row: Row) -> TryView:
    return TryView(
        token=row["token"],
        worker_id=row["worker_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        ended=row["ended"],
        cause=row["cause"],
        duration_seconds=row["duration_seconds"],
    )


def account_view(row: Row) -> AccountView:
    limit, held, posted = row["limit_nanousd"], row["held_nanousd"], row["posted_nanousd"]
    return AccountView(
        account=row["account"],
        kind=AccountKind(row["account"].partition(":")[0]),
        limit_usd=None if limit is None else usd(limit),
        spent_usd=usd(posted),
        held_usd=usd(held),
        left_usd=None if limit is None else usd(max(0, limit - held - posted)),
    )
