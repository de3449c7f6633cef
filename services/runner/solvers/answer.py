"""Solver ``answer``: one message; the text that comes back is what is handed in. Nothing of it is ever run."""

from __future__ import annotations

from assay.contracts.artifacts import ArtifactRef
from services.runner.solvers.prompts import answer_prompt
from services.runner.tries.artifacts import Opened
from services.runner.tries.try_context import Try


async def solve(attempt: Try, opened: Opened) -> ArtifactRef:
    """What is handed in, kept also as ``response.txt``."""
    sample = opened.sample(attempt.ticket.sample_id)
    _, response = await attempt.ask(answer_prompt(opened.task, sample))
    return response


async def hand_in(attempt: Try, text: str) -> ArtifactRef:
    """A baseline's answer, as if a model had given it."""
    return await attempt.kept.keep_text("response.txt", text)
