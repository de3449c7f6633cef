"""Scores of models over all tasks, and over the tasks that share a label."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from assay.contracts.attempts import AttemptView
from assay.contracts.codec import Data
from assay.contracts.money import nanousd, usd
from assay.contracts.runs import RunView
from assay.contracts.tasks import Difficulty, TaskView
from assay.contracts.verdicts import Outcome

LABELS = ("difficulty", "domain", "language", "category")
NO_LABEL = "none"
"""The group of tasks without the label."""


class Score(Data, frozen=True, kw_only=True):
    """One model on some tasks. ``score`` is the weighted mean over tasks of the mean over their ``n`` scored attempts;
    None without one. ``errors`` are attempts that say nothing about the model."""

    score: float | None
    passed: int
    n: int
    tasks: int
    errors: int
    cost_usd: str
    seconds: float
    """Mean execution time of the ``n`` attempts."""


class Group(Data, frozen=True, kw_only=True):
    """The tasks with one value of a label, and the models' scores on them."""

    name: str
    task_ids: tuple[str, ...]
    scores: dict[str, Score]


class Report(Data, frozen=True, kw_only=True):
    """``labels`` has the groups of each label, ``tasks`` the scores on each task."""

    title: str
    runs: tuple[RunView, ...]
    models: dict[str, Score]
    labels: dict[str, tuple[Group, ...]]
    tasks: tuple[Group, ...]


def make_report(
    title: str,
    runs: Sequence[RunView],
    attempts: Sequence[AttemptView],
    tasks: Mapping[str, TaskView],
    weights: Mapping[str, float],
) -> Report:
    """``tasks`` are those of the catalogue: a task that is no longer in it has no labels but its category. Attempts at
    impossible tasks are left out. Models are sorted by score."""
    counted = [attempt for attempt in attempts if not attempt.impossible]
    totals = _scores(counted, weights)
    order = sorted(totals, key=lambda model: (-_rank(totals[model]), model))
    return Report(
        title=title,
        runs=tuple(runs),
        models={model: totals[model] for model in order},
        labels={label: _groups(counted, _label_of(label, tasks), weights, order) for label in LABELS},
        tasks=_groups(counted, lambda attempt: attempt.task_id, weights, order),
    )


def _rank(score: Score) -> float:
    return -1.0 if score.score is None else score.score


def _label_of(label: str, tasks: Mapping[str, TaskView]) -> Callable[[AttemptView], str]:
    def find(attempt: AttemptView) -> str:
        if label == "category":
            return attempt.category
        task = tasks.get(attempt.task_id)
        return str(getattr(task, label)) if task and getattr(task, label) else NO_LABEL

    return find


def _groups(
    attempts: Sequence[AttemptView],
    label: Callable[[AttemptView], str],
    weights: Mapping[str, float],
    models: Sequence[str],
) -> tuple[Group, ...]:
    by_name: defaultdict[str, list[AttemptView]] = defaultdict(list)
    for attempt in attempts:
        by_name[label(attempt)].append(attempt)
    groups: list[Group] = []
    for name in sorted(by_name, key=_order):
        scores = _scores(by_name[name], weights)
        task_ids = tuple(sorted({attempt.task_id for attempt in by_name[name]}))
        found = {model: scores[model] for model in models if model in scores}
        groups.append(Group(name=name, task_ids=task_ids, scores=found))
    return tuple(groups)


def _order(name: str) -> tuple[bool, int, str]:
    """Difficulties from trivial to expert, everything else by name, tasks without a label last."""
    place = list(Difficulty).index(Difficulty(name)) if name in set(Difficulty) else 0
    return name == NO_LABEL, place, name


def _scores(attempts: Sequence[AttemptView], weights: Mapping[str, float]) -> dict[str, Score]:
    by_model: defaultdict[str, list[AttemptView]] = defaultdict(list)
    for attempt in attempts:
        by_model[attempt.model].append(attempt)
    return {model: _score(found, weights) for model, found in by_model.items()}


def _score(attempts: Sequence[AttemptView], weights: Mapping[str, float]) -> Score:
    by_task: defaultdict[str, list[float]] = defaultdict(list)
    seconds = 0.0
    for attempt in attempts:
        if attempt.score is not None:
            by_task[attempt.task_id].append(attempt.score)
            seconds += attempt.duration_seconds
    weight = sum(weights.get(task, 1.0) for task in by_task)
    total = sum(weights.get(task, 1.0) * sum(scores) / len(scores) for task, scores in by_task.items())
    n = sum(map(len, by_task.values()))
    return Score(
        score=total / weight if weight else None,
        passed=sum(attempt.outcome is Outcome.PASSED for attempt in attempts),
        n=n,
        tasks=len(by_task),
        errors=sum(attempt.outcome is Outcome.INFRA_ERROR for attempt in attempts),
        cost_usd=usd(sum(nanousd(attempt.cost_usd) for attempt in attempts)),
        seconds=seconds / n if n else 0.0,
    )
