"""``docs/catalogue.md``: what each task measures, how it is graded, and the scores of three models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from assay.catalog import Catalog
from assay.contracts.tasks import SuiteView, TaskView

MODELS = ("oracle", "nop", "local/smollm2-135m")
_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs" / "catalogue.md"
SCORES_FILE = _ROOT / "bench" / "catalogue_scores.json"

_HEAD = """\
# The catalogue

Every task that comes with Assay: what it measures, how hard it is meant to be, its checks, and how many samples it
has. The last columns are mean scores: of the reference solutions (`oracle`, which must score 1), of doing nothing
(`nop`, which must score 0), and of the embedded model (`local/smollm2-135m`, 135 million parameters), with at most
{max_tokens} tokens per completion and the first {samples} samples of a task. `-`: not measured, because the model
cannot see images, because a judge model grades the task, or because the task has changed since. No solution passes the
impossible tasks, not even theirs. `python -m bench catalogue` measures all and writes this page.
"""
MAX_TOKENS, SAMPLES = 256, 2
"""For the embedded model: of each completion, and of each task."""


class TaskScores(msgspec.Struct, frozen=True, kw_only=True):
    """Mean scores by model, of the task with this digest."""

    digest: str
    scores: dict[str, float]


Scores = Mapping[str, TaskScores]


def read_scores() -> Scores:
    """By task; empty if nothing was measured yet."""
    if not SCORES_FILE.exists():
        return {}
    return msgspec.json.decode(SCORES_FILE.read_bytes(), type=dict[str, TaskScores])


def write_scores(scores: Scores) -> None:
    content = msgspec.json.format(msgspec.json.encode(dict(sorted(scores.items()))), indent=1)
    SCORES_FILE.write_bytes(content + b"\n")


def page(tasks: Iterable[TaskView], suites: Sequence[SuiteView], scores: Scores) -> str:
    by_category = sorted(tasks, key=lambda task: (task.domain, task.category, task.task_id))
    sections = [_HEAD.format(max_tokens=MAX_TOKENS, samples=SAMPLES).rstrip(), "## Suites", _suites(suites)]
    for (domain, category), members in groupby(by_category, key=lambda task: (task.domain, task.category)):
        sections += [f"## `{category}` ({domain})", _tasks(list(members), scores)]
    return "\n\n".join(sections) + "\n"


def write_page() -> None:
    """Of the catalogue in this folder, with the scores measured last."""
    catalog = Catalog.open(_ROOT / "catalog")
    tasks = [task.view() for task in catalog.tasks()]
    PAGE.write_text(page(tasks, catalog.suites(), read_scores()), encoding="utf-8")


def _suites(suites: Sequence[SuiteView]) -> str:
    lines = ["| suite | tasks | what it is |", "|---|---:|---|"]
    for suite in sorted(suites, key=lambda suite: suite.suite_id):
        about = " ".join(suite.description.split())
        lines.append(f"| `{suite.suite_id}` | {len(suite.task_ids)} | {suite.title}. {about} |")
    return "\n".join(lines)


def _tasks(tasks: Sequence[TaskView], scores: Scores) -> str:
    models = " | ".join(f"`{model.rpartition('/')[2]}`" for model in MODELS)
    lines = [
        f"| task | measures | difficulty | language | checks | samples | {models} |",
        f"|---|---|---|---|---|---:|{'---:|' * len(MODELS)}",
    ]
    for task in tasks:
        tags = ", ".join(task.tags)
        measured = " | ".join(_score(task, scores, model) for model in MODELS)
        lines.append(
            f"| `{task.task_id}` | {task.title} ({tags}) | {task.difficulty} | {task.language or '-'} | "
            f"{', '.join(task.checks)} | {task.samples} | {measured} |"
        )
    return "\n".join(lines)


def _score(task: TaskView, scores: Scores, model: str) -> str:
    """Of this version of the task."""
    found = scores.get(task.task_id)
    score = found.scores.get(model) if found and found.digest == task.digest else None
    return "-" if score is None else f"{score:.2f}".rstrip("0").rstrip(".")
