"""Results that a run may take over instead of making them again: same content key, and an outcome that would be said
again."""

from __future__ import annotations

from typing import TypedDict

from assay.contracts.runs import RunPlan
from services.ledger.memory.rules.worth import content_key

REUSABLE = ("passed", "failed", "timeout", "refused", "agent_error")
"""Outcomes that say something about the model, and would be said again: a later run may take them over."""


class Earlier(TypedDict):
    """What is taken over, in the columns of ``attempts``; ``reused_from`` is the attempt that really made it."""

    outcome: str
    score: float | None
    reason: str
    duration_seconds: float
    reused_from: str


def keys_of(plan: RunPlan) -> dict[str, tuple[str, str]]:
    """The content key of every attempt of a plan, with its task's digest and its model's name."""
    return {
        content_key(plan, task, pin, sample_id, repeat): (task.digest, pin.model.name)
        for task in plan.tasks
        for pin in plan.models
        for sample_id in task.sample_ids
        for repeat in range(1, plan.repeats + 1)
    }
