"""Solver ``answer``: one request; the model's text is the output. It is never executed."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from services.runner.solvers.prompts import answer_prompt
from services.runner.task_bundles import TaskBundle
from services.runner.tries.try_context import TryContext


async def solve(try_: TryContext, bundle: TaskBundle) -> ArtifactRef:
    """The output, which is also the artifact ``response.txt``."""
    sample = bundle.sample(try_.ticket.sample_id)
    _, response = await try_.ask(answer_prompt(bundle.task, sample, bundle.images_of(sample)))
    return response


async def write_answer(try_: TryContext, text: str) -> ArtifactRef:
    """Stores a baseline's answer as if a model had given it."""
    return await try_.artifacts.write_text("response.txt", text)
