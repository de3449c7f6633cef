"""The models that judge a run: the run's own, or those that its tasks name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assay.catalog.selection.selection import SelectedTask
from assay.contracts.models import BASELINES, ModelName
from assay.contracts.runs import RunRequest

JudgeError = tuple[str, str, str]
"""The field of the request, a code, and the message."""
_MAX_LISTED = 3


def judge_names(tasks: Sequence[SelectedTask]) -> tuple[ModelName, ...]:
    """Every model that judges an attempt of these tasks, once."""
    return tuple(dict.fromkeys(name for each in tasks if each.judging for name in each.judging.models))


def judge_errors(request: RunRequest, tasks: Sequence[SelectedTask]) -> Iterator[JudgeError]:
    graded = [each for each in tasks if each.judging]
    if request.judges and tasks and not graded:
        yield "judges", "unused_judge", "none of the run's tasks has a rubric; remove the judges"
    without = [each.task.task_id for each in graded if each.judging and not each.judging.models]
    if without:
        more = f" and {len(without) - _MAX_LISTED} more" if len(without) > _MAX_LISTED else ""
        listed = ", ".join(map(repr, without[:_MAX_LISTED]))
        message = (
            f"a model grades task {listed}{more}: choose one (`assay run --judge MODEL`), or set judges in its rubric"
        )
        yield "judges", "no_judge", message
    for index, name in enumerate(request.judges):
        if name in request.judges[:index]:
            yield f"judges[{index}]", "repeated_judge", f"judge {name!r} is listed twice"
        if name in BASELINES:
            yield f"judges[{index}]", "invalid_judge", f"{name!r} calls no model, so it cannot judge"
    yield from _own_judges(request, graded)


def _own_judges(request: RunRequest, graded: Sequence[SelectedTask]) -> Iterator[JudgeError]:
    """A model may not judge its own output, because it prefers that."""
    for name in judge_names(graded):
        if name in request.models:
            where = f"judges[{request.judges.index(name)}]" if name in request.judges else "judges"
            message = f"model {name!r} would judge its own output; choose another judge, or remove it from the models"
            yield where, "own_judge", message
