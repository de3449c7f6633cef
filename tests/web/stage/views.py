"""What the stage answers: pages of runs and attempts, details, the board."""

from __future__ import annotations

from assay.contracts.attempts import AttemptDetail, AttemptView, State, TryView
from assay.contracts.models import Call
from assay.contracts.money import nanousd, usd
from assay.contracts.problems import FieldError, Problem, ProblemError
from assay.contracts.runs import Board, BoardRow, RunRequest, RunView
from assay.contracts.tasks import Solver
from tests.web.stage.catalogue import MODELS, SUITES, TASKS
from tests.web.stage.play import Play, Played, now, verdict_of
from tests.web.stage.untrusted import FILES, refs


def newest(play: Play) -> list[RunView]:
    return sorted((played.run for played in play.runs.values()), key=lambda run: run.run_id, reverse=True)


def found(play: Play, run_id: str) -> Played:
    if run_id not in play.runs:
        error = FieldError(where="run", message=f"unknown run {run_id!r}")
        problem = Problem(code="unknown_run", title="Unknown run", status=404, detail=error.message, errors=(error,))
        raise ProblemError(problem)
    return play.runs[run_id]


def attempt_of(play: Play, attempt_id: str) -> tuple[Played, AttemptView]:
    run_id, _, ordinal = attempt_id.partition("-")
    played = found(play, run_id)
    if not ordinal.isdigit() or int(ordinal) >= len(played.attempts):
        raise ProblemError(Problem(code="unknown_attempt", title="Unknown attempt", status=404, detail=attempt_id))
    return played, played.attempts[int(ordinal)]


def files(play: Play, attempt_id: str) -> dict[str, tuple[bytes, str]]:
    return FILES | play.left.get(attempt_id, {})


def detail(play: Play, attempt_id: str) -> AttemptDetail:
    played, row = attempt_of(play, attempt_id)
    ran = row.state not in (State.WAITING, State.QUEUED, State.RUNNING)
    tries = (TryView(token=1, worker_id="runner-1", started_at=row.changed_at),) if row.tries else ()
    if ran:
        lost = TryView(
            token=1, worker_id="runner-7", started_at=row.changed_at, ended="lost", cause="The lease ran out."
        )
        kept = TryView(token=2, worker_id="runner-1", started_at=row.changed_at, ended="executed", duration_seconds=4.2)
        tries = (lost, kept) if row.ordinal == 0 else (kept,)
    called = ran and row.model not in ("oracle", "nop")
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
        tries=tries,
        calls=(call,) if called else (),
        artifacts=refs(files(play, attempt_id)) if ran else {},
        sequence=played.run.sequence,
        solver=Solver.AGENT if attempt_id in play.agents else None,
        limits=play.agents.get(attempt_id),
    )


def board(play: Play, suite: str, category: str) -> Board:
    done: dict[str, list[AttemptView]] = {}
    last: dict[str, str] = {}
    for played in play.runs.values():
        if suite and played.run.suite != suite:
            continue
        for row in played.attempts:
            if row.outcome and row.outcome.counts and category in ("", row.category):
                done.setdefault(row.model, []).append(row)
                last[row.model] = played.run.run_id
    rows = [_board_row(model, attempts, last[model]) for model, attempts in done.items()]
    return Board(
        suite=suite,
        category=category,
        rows=tuple(sorted(rows, key=lambda row: -row.score)),
        suites=tuple(one.suite_id for one in SUITES),
        categories=tuple(sorted({task.category for task in TASKS})),
        updated_at=now() if rows else None,
    )


def _board_row(model: str, attempts: list[AttemptView], last_run_id: str) -> BoardRow:
    n, passed = len(attempts), sum(1 for row in attempts if row.score == 1)
    cost = sum(nanousd(row.cost_usd) for row in attempts)
    by_category: dict[str, list[float]] = {}
    for row in attempts:
        by_category.setdefault(row.category, []).append(row.score or 0)
    return BoardRow(
        model=model,
        n=n,
        passed=passed,
        score=sum(row.score or 0 for row in attempts) / n,
        pass_rate=passed / n,
        cost_usd=usd(cost),
        cost_per_attempt_usd=usd(cost // n),
        duration_seconds=sum(row.duration_seconds for row in attempts) / n,
        usage=sum((row.usage for row in attempts[1:]), attempts[0].usage),
        tasks=len({row.task_id for row in attempts}),
        categories={name: sum(scores) / len(scores) for name, scores in by_category.items()},
        last_run_id=last_run_id,
    )


def check(request: RunRequest) -> None:
    """Raises ProblemError for names that do not exist, with the near match as the gateway gives it."""
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
