"""The baselines, which call no model: ``oracle`` submits the reference solution, ``nop`` one that must score 0. A task
that the oracle fails or the nop passes is broken."""

from __future__ import annotations

from assay.contracts.models import BASELINES
from assay.contracts.tasks import ReferenceTask
from assay.files import Files
from services.runner.errors import TaskUnusable
from services.runner.task_bundles import files_below

ORACLE, NOP = BASELINES


def baseline_answer(name: str, task: ReferenceTask, sample_id: str) -> str:
    """Raises TaskUnusable if there is no reference answer to the sample."""
    if name == NOP:
        return task.noop_answer
    if sample_id not in task.answers:
        raise TaskUnusable(f"the reference of task {task.task_id!r} has no answer to sample {sample_id!r}")
    return task.answers[sample_id]


def baseline_files(name: str, bundle: Files) -> Files:
    """The files below ``noop/`` (usually none: the workspace is submitted unchanged) or ``reference/``. Raises
    TaskUnusable if there are no reference files."""
    if name == NOP:
        return files_below(bundle, "noop/")
    found = files_below(bundle, "reference/")
    if not found:
        raise TaskUnusable("the reference bundle has no files below reference/")
    return found
