"""``oracle`` hands in the reference solution: a task it does not pass is a broken task."""

from __future__ import annotations

from assay.contracts.tasks import ReferenceTask
from assay.files import Files
from services.runner.errors import TaskUnusable
from services.runner.tries.artifacts import below

NAME = "oracle"


def answer(task: ReferenceTask, sample_id: str) -> str:
    """Raises TaskUnusable when there is no reference answer to the sample."""
    if sample_id not in task.answers:
        raise TaskUnusable(f"the reference of task {task.task_id!r} has no answer to sample {sample_id!r}")
    return task.answers[sample_id]


def files(bundle: Files) -> Files:
    """What is below ``reference/``. Raises TaskUnusable when there is nothing."""
    found = below(bundle, "reference/")
    if not found:
        raise TaskUnusable("the reference bundle has no files below reference/")
    return found
