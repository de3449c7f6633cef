"""Runs, attempts and the leaderboard as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from assay.cli.display.output import money, percent, print_json, print_line
from assay.cli.display.run_text import limits_line, note_lines
from assay.cli.display.table import Table
from assay.cli.quantities import count_text
from assay.contracts.artifacts import ArtifactRef
from assay.contracts.attempts import AttemptView
from assay.contracts.leaderboard import Board
from assay.contracts.run_metrics import RunMetrics
from assay.contracts.runs import RunView
from assay.contracts.verdicts import Outcome


def runs_table(runs: Iterable[RunView]) -> Table:
    columns = ("run", "status", "name", "models", "done", "passed", "cost", "created")
    table = Table(*columns, numbers=("done", "passed", "cost"), prose=("name", "models"))
    for run in runs:
        progress = run.progress
        table.add(
            run.run_id,
            run.status,
            run.name or run.suite or ", ".join(run.task_ids[:3]),
            ", ".join(run.models),
            f"{progress.done}/{progress.total}",
            progress.outcomes.get(Outcome.PASSED, 0),
            money(progress.cost_usd),
            run.created_at,
        )
    return table


def run_lines(run: RunView) -> list[str]:
    """The run's name, progress, limits and notes."""
    progress = run.progress
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(progress.outcomes.items()) if number)
    tokens = count_text(progress.usage.input_tokens + progress.usage.output_tokens, "token")
    return [
        f"run {run.run_id} {run.status}: {run.name or run.suite or ', '.join(run.task_ids)}; {', '.join(run.models)}",
        f"{progress.done}/{progress.total} attempts done: {outcomes or 'no outcome yet'}; "
        f"{money(progress.cost_usd)}, {tokens}",
        limits_line(run),
        *note_lines(run),
    ]


def print_run(run: RunView, json: bool) -> None:
    if json:
        print_json(run)
    else:
        for line in run_lines(run):
            print_line(line)


def attempts_table(attempts: Iterable[AttemptView]) -> Table:
    columns = ("#", "task", "sample", "model", "repeat", "state", "score", "flags", "cost", "seconds", "reason")
    table = Table(*columns, numbers=("#", "repeat", "score", "flags", "cost", "seconds"), prose=("reason",))
    for attempt in attempts:
        table.add(
            attempt.ordinal,
            attempt.task_id,
            attempt.sample_id,
            attempt.model,
            attempt.repeat,
            attempt.outcome or attempt.state,
            "" if attempt.score is None else f"{attempt.score:.2f}",
            attempt.flag_count or "",
            money(attempt.cost_usd),
            f"{attempt.duration_seconds:.1f}",
            attempt.reason,
        )
    return table


def metrics_table(metrics: RunMetrics) -> Table:
    """One line per metric: means over attempts, and metrics of a whole set of answers."""
    table = Table("task", "model", "metric", "value", "n", "unreadable", numbers=("value", "n", "unreadable"))
    for each in metrics.items:
        for name, mean in each.means.items():
            table.add(each.task_id, each.model, f"mean {name}", f"{mean.value:.4g}", mean.n, "")
        for found in each.sets:
            for name, value in found.metrics.items():
                metric = name if found.check == found.kind else f"{found.check}: {name}"
                table.add(each.task_id, each.model, metric, f"{value:.4g}", found.n, found.unreadable or "")
    return table


def artifacts_table(artifacts: Mapping[str, ArtifactRef]) -> Table:
    table = Table("artifact", "bytes", "type", "", numbers=("bytes",))
    for name, ref in sorted(artifacts.items()):
        table.add(name, ref.size_bytes, ref.media_type.partition(";")[0], "truncated" if ref.truncated else "")
    return table


def board_table(board: Board) -> Table:
    """``flagged``: passes with audit flags. ``impossible``: passes of attempts at impossible tasks."""
    flagged = any(entry.flagged for entry in board.rows)
    impossible = any(entry.impossible_attempts for entry in board.rows)
    beside = (*(("flagged",) if flagged else ()), *(("impossible",) if impossible else ()))
    columns = ("rank", "model", "score", "passed", *beside, "n", "errors", "cost", "per attempt", "seconds")
    numbers = columns[2:]
    table = Table(*columns, numbers=numbers, title=f"Leaderboard: {board.suite or 'all tasks'}")
    for entry in board.rows:
        table.add(
            "-" if entry.rank is None else entry.rank,
            entry.model,
            "-" if entry.score is None else percent(entry.score),
            "-" if entry.pass_rate is None else percent(entry.pass_rate),
            *((entry.flagged,) if flagged else ()),
            *((f"{entry.impossible_passed} of {entry.impossible_attempts}",) if impossible else ()),
            entry.n,
            entry.errors,
            money(entry.cost_usd),
            money(entry.cost_per_attempt_usd) if entry.n else "-",
            f"{entry.duration_seconds:.2f}" if entry.n else "-",
        )
    return table
