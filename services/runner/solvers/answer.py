"""Solver ``answer``: one message; the text that comes back is what is handed in. Nothing of it is ever run."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from services.runner.solvers.prompts import answer_prompt
from services.runner.tries.artifacts import TaskBundle
from services.runner.tries.try_context import TryContext


async def solve(try_: TryContext, opened: TaskBundle) -> ArtifactRef:
    """What is handed in, kept also as ``response.txt``."""
    sample = opened.sample(try_.ticket.sample_id)
    _, response = await try_.ask(answer_prompt(opened.task, sample))
    return response


async def write_answer(try_: TryContext, text: str) -> ArtifactRef:
    """A baseline's answer, as if a model had given it."""
    return await try_.artifacts.write_text("response.txt", text)
