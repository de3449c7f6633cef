"""The attempts of a new run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.contracts.attempts import State
from assay.contracts.ids import attempt_id
from assay.contracts.runs import RunPlan
from services.ledger.memory.rules.worth import content_key, worst_nanousd

COLUMNS = (
    *("attempt_id", "run_id", "ordinal", "task_index", "model_index", "task_id", "category", "sample_id"),
    *("model", "repeat", "key", "worst_nanousd", "state", "outcome", "score", "reason", "duration_seconds"),
    "reused_from",
)
"""Of ``attempts_of``; the others begin at their defaults."""


def attempts_of(run_id: str, plan: RunPlan) -> Iterator[tuple[Any, ...]]:
    """All attempts of a plan. Models alternate, so that a comparison is even at any moment of the run."""
    ordinal = 0
    worst = {(t, m): worst_nanousd(task, pin) for t, task in enumerate(plan.tasks) for m, pin in enumerate(plan.models)}
    for repeat in range(1, plan.repeats + 1):
        for task_index, task in enumerate(plan.tasks):
            for sample_id in task.sample_ids:
                for model_index, pin in enumerate(plan.models):
                    ordinal += 1
                    key = content_key(plan, task, pin, sample_id, repeat)
                    identity = (attempt_id(run_id, ordinal), run_id, ordinal, task_index, model_index)
                    labels = (task.task_id, task.category, sample_id, pin.model.name, repeat, key)
                    worth = worst[task_index, model_index]
                    yield (*identity, *labels, worth, State.WAITING.value, None, None, "", 0.0, "")


def is_free(plan: RunPlan) -> bool:
    """Whether none of its models has a price."""
    return all(pin.price is None or pin.price.free for pin in plan.models)
