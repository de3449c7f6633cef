"""Responses of the scripted gateway: runs, attempts, leaderboard."""

from __future__ import annotations

from assay.contracts.attempt_detail import AttemptDetail, TryView
from assay.contracts.attempts import AttemptView, State
from assay.contracts.evaluation import (
    Bounds,
    Evaluation,
    EvaluationBounds,
    EvaluationSpec,
    EvaluationWeights,
    Measurements,
    evaluate,
)
from assay.contracts.leaderboard import Board, BoardRow
from assay.contracts.models import Call, Usage
from assay.contracts.money import nanousd, usd
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.runs import RunRequest, RunView
from assay.contracts.tasks import Difficulty, Solver
from assay.contracts.verdicts import Outcome
from services.ledger.leaderboard.leaderboard_read import ranked
from tests.web.scripted_gateway.catalog import MODELS, SUITES, TASKS
from tests.web.scripted_gateway.hostile_artifacts import FILES, refs
from tests.web.scripted_gateway.scripted_runs import ScriptedRun, ScriptedRuns, now, verdict_of

_EVALUATION = EvaluationSpec(
    weights=EvaluationWeights(quality=6, time=2, complexity=1, memory=1),
    bounds=EvaluationBounds(
        time=Bounds(zero=60), complexity=Bounds(full=1, zero=20), cost=Bounds(zero=0.1), memory=Bounds(zero=512)
    ),
)


def newest_runs(runs: ScriptedRuns) -> list[RunView]:
    return sorted((scripted.run for scripted in runs.by_id.values()), key=lambda run: run.run_id, reverse=True)


def find_run(runs: ScriptedRuns, run_id: str) -> ScriptedRun:
    if run_id not in runs.by_id:
        error = FieldError(where="run", message=f"unknown run {run_id!r}")
        problem = Problem(code="unknown_run", title="Unknown run", status=404, detail=error.message, errors=(error,))
        raise ProblemError(problem)
    return runs.by_id[run_id]


def find_attempt(runs: ScriptedRuns, attempt_id: str) -> tuple[ScriptedRun, AttemptView]:
    run_id, _, ordinal = attempt_id.partition("-")
    scripted = find_run(runs, run_id)
    if not ordinal.isdigit() or int(ordinal) >= len(scripted.attempts):
        raise ProblemError(Problem(code="unknown_attempt", title="Unknown attempt", status=404, detail=attempt_id))
    return scripted, scripted.attempts[int(ordinal)]


def artifacts_of(runs: ScriptedRuns, attempt_id: str) -> dict[str, tuple[bytes, str]]:
    return FILES | runs.extra_artifacts.get(attempt_id, {})


def detail(runs: ScriptedRuns, attempt_id: str) -> AttemptDetail:
    scripted, row = find_attempt(runs, attempt_id)
    is_executed = row.state not in (State.WAITING, State.QUEUED, State.RUNNING)
    tries = (TryView(token=1, worker_id="runner-1", started_at=row.changed_at),) if row.tries else ()
    if is_executed:
        lost = TryView(
            token=1, worker_id="runner-7", started_at=row.changed_at, ended="lost", cause="The lease is_executed out."
        )
        executed = TryView(
            token=2, worker_id="runner-1", started_at=row.changed_at, ended="executed", duration_seconds=4.2
        )
        tries = (lost, executed) if row.ordinal == 0 else (executed,)
    has_calls = is_executed and row.model not in ("oracle", "nop")
    call = Call(
        call_id="c1",
        model=row.model,
        usage=row.usage,
        cost_nanousd=nanousd(row.cost_usd),
        price_version="2025-10",
        latency_seconds=1.41,
        finish_reason="stop",
    )
    return AttemptDetail(
        attempt=row,
        key="5f" * 32,
        task_digest="ab" * 32,
        parameters={"temperature": 0.2},
        verdict=verdict_of(row),
        evaluation=_evaluation(row),
        flags=runs.flags.get(attempt_id, ()),
        tries=tries,
        calls=(call,) if has_calls else (),
        artifacts=refs(artifacts_of(runs, attempt_id)) if is_executed else {},
        sequence=scripted.run.sequence,
        solver=Solver.AGENT if attempt_id in runs.agent_limits else None,
        limits=runs.agent_limits.get(attempt_id),
    )


def _evaluation(row: AttemptView) -> Evaluation | None:
    if row.score is None:
        return None
    cost_usd = nanousd(row.cost_usd) / 1e9
    measured = Measurements(
        score=row.score,
        duration_seconds=round(row.duration_seconds, 3),
        complexity=4.5,
        cost_usd=cost_usd,
        peak_memory_mib=48.25,
        cpu_seconds=0.4,
    )
    return evaluate(_EVALUATION, measured)


def board(runs: ScriptedRuns, suite: str, category: str = "", difficulty: str = "", language: str = "") -> Board:
    chosen = {
        task.task_id
        for task in TASKS
        if category in ("", task.category) and difficulty in ("", task.difficulty) and language in ("", task.language)
    }
    done: dict[str, list[AttemptView]] = {}
    last: dict[str, str] = {}
    for scripted in runs.by_id.values():
        if suite and scripted.run.suite != suite:
            continue
        for row in scripted.attempts:
            if row.outcome and row.task_id in chosen:
                done.setdefault(row.model, []).append(row)
                last[row.model] = scripted.run.run_id
    rows = [_board_row(model, attempts, last[model]) for model, attempts in done.items()]
    return Board(
        suite=suite,
        category=category,
        difficulty=difficulty,
        language=language,
        rows=ranked(rows),
        suites=tuple(one.suite_id for one in SUITES),
        categories=tuple(sorted({task.category for task in TASKS})),
        difficulties=tuple(each.value for each in Difficulty if each in {task.difficulty for task in TASKS}),
        languages=tuple(sorted({task.language for task in TASKS} - {""})),
        updated_at=now() if rows else None,
    )


def _board_row(model: str, finished: list[AttemptView], last_run_id: str) -> BoardRow:
    attempts = [row for row in finished if row.score is not None and not row.impossible]
    impossible = [row for row in finished if row.score is not None and row.impossible]
    n, passed = len(attempts), sum(1 for row in attempts if row.score == 1)
    cost = sum(nanousd(row.cost_usd) for row in attempts)
    by_category: dict[str, list[float]] = {}
    for row in attempts:
        by_category.setdefault(row.category, []).append(row.score or 0)
    return BoardRow(
        model=model,
        n=n,
        passed=passed,
        errors=len(finished) - n - len(impossible),
        flagged=sum(row.flag_count > 0 and row.outcome is Outcome.PASSED for row in attempts),
        impossible_attempts=len(impossible),
        impossible_passed=sum(row.outcome is Outcome.PASSED for row in impossible),
        score=sum(row.score or 0 for row in attempts) / n if n else None,
        pass_rate=passed / n if n else None,
        cost_usd=usd(cost),
        cost_per_attempt_usd=usd(cost // n if n else 0),
        duration_seconds=sum(row.duration_seconds for row in attempts) / n if n else 0.0,
        usage=sum((row.usage for row in attempts), Usage()),
        tasks=len({row.task_id for row in attempts}),
        categories={name: sum(scores) / len(scores) for name, scores in by_category.items()},
        last_run_id=last_run_id,
    )


def validate(request: RunRequest) -> None:
    """Raises ProblemError for unknown names, with the near match as the gateway suggests it."""
    known = {model.name for model in MODELS}
    errors = [
        FieldError(where=f"models[{at}]", message=f"unknown model {name!r}.", near="local/smollm2-135m")
        for at, name in enumerate(request.models)
        if name not in known
    ]
    if request.parameters.temperature == 1.99:
        errors.append(FieldError(where="parameters.temperature", message="must be at most 1.5 here."))
    if errors:
        title = "Invalid request"
        raise ProblemError(Problem(code="invalid", title=title, status=422, errors=tuple(errors)))
