"""A report as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assay.cli.report.rollup import NO_LABEL, Group, Report, Score
from assay.contracts.runs import RunView

_EXPLANATION = """\
A score is the mean over tasks, weighted as in the suite, of the mean score over a task's samples and repeats. In the
tables below it is followed by the number of attempts that passed and of those that were scored. Attempts that ended by
an error of the infrastructure or a provider, and attempts at impossible tasks, count in no score."""


def to_markdown(report: Report) -> str:
    sections = [
        f"# {_safe(report.title)}",
        "\n".join(f"- {_run(run)}" for run in report.runs),
        "## Models",
        _models(report),
        _EXPLANATION,
    ]
    for label, groups in report.labels.items():
        if any(group.name != NO_LABEL for group in groups):
            sections += [f"## By {label}", _rollup(label, groups, list(report.models))]
    sections += ["## By task", _rollup("task", report.tasks, list(report.models), counted=False)]
    return "\n\n".join(sections) + "\n"


def _run(run: RunView) -> str:
    progress, repeats = run.progress, "" if run.repeats == 1 else f", {run.repeats} repeats"
    ended = f", finished {run.finished_at:%Y-%m-%d %H:%M} UTC" if run.finished_at else ""
    imported = f", imported from {run.imported}, which executed and graded it" if run.imported else ""
    return (
        f"run `{run.run_id}` ({run.status}): {progress.done} of {progress.total} attempts done{repeats}, "
        f"${progress.cost_usd}, started {run.created_at:%Y-%m-%d %H:%M} UTC{ended}{imported}"
    )


def _models(report: Report) -> str:
    rows = [
        (
            f"`{model}`",
            _percent(score.score),
            f"{score.passed} of {score.n}",
            str(score.tasks),
            str(score.errors),
            f"${score.cost_usd}",
            f"{score.seconds:.1f}" if score.n else "-",
        )
        for model, score in report.models.items()
    ]
    return _table(("model", "score", "passed", "tasks", "errors", "cost", "seconds per attempt"), rows)


def _rollup(label: str, groups: Sequence[Group], models: Sequence[str], *, counted: bool = True) -> str:
    """One row per group, one column per model."""
    header = (label, *(("tasks",) if counted else ()), *(f"`{model}`" for model in models))
    rows = [
        (
            f"`{group.name}`" if not counted else _safe(group.name),
            *((str(len(group.task_ids)),) if counted else ()),
            *(_cell(group.scores.get(model)) for model in models),
        )
        for group in groups
    ]
    return _table(header, rows)


def _cell(score: Score | None) -> str:
    return f"{_percent(score.score)} ({score.passed}/{score.n})" if score else ""


def _percent(score: float | None) -> str:
    return "-" if score is None else f"{100 * score:.1f} %"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _safe(text: str) -> str:
    """Without what Markdown would take for a table's or a line's end."""
    return " ".join(text.replace("|", "\\|").split())
