"""``nop`` hands in nothing, or what the task says is worth nothing: a task it passes is a broken task."""

from __future__ import annotations

from assay.contracts.tasks import ReferenceTask
from assay.files import Files
from services.runner.tries.artifacts import below

NAME = "nop"


def answer(task: ReferenceTask) -> str:
    return task.noop_answer


def files(bundle: Files) -> Files:
    """What is below ``noop/``; mostly nothing, and the workspace is handed in as it was."""
    return below(bundle, "noop/")
