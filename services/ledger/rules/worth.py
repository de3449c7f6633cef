"""What attempts are worth: their content key, what they can cost at worst, and what they will probably cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.contracts.attempts import attempt_key
from assay.contracts.codec import encode
from assay.contracts.money import worst_prompt_tokens
from assay.contracts.runs import ModelPin, RunPlan
from assay.contracts.sandboxes import SandboxKind
from assay.contracts.tasks import TaskPin

PROMPT_MESSAGES = 2
_BYTES_PER_TOKEN = 4
_OUTPUT_SHARE = 4

History = Mapping[tuple[str, str], int]
"""Mean nano-USD of one attempt by (task digest, model name), where some were made."""


def worst_nanousd(task: TaskPin, pin: ModelPin) -> int:
    """The most that one attempt's first request can cost; 0 where nothing is charged."""
    if pin.price is None:
        return 0
    sent = task.prompt_bytes + len(encode(pin.model.parameters.extra))
    return pin.price.worst_case(
        input_tokens=worst_prompt_tokens(sent, PROMPT_MESSAGES), output_tokens=_max_tokens(task, pin)
    )


def estimated_nanousd(task: TaskPin, pin: ModelPin, history: History) -> int:
    """What one attempt cost on average before; without a past, a quarter of the tokens it may write."""
    if pin.price is None:
        return 0
    known = history.get((task.digest, pin.model.name))
    if known is not None:
        return known
    return pin.price.cost(
        input_tokens=-(-task.prompt_bytes // _BYTES_PER_TOKEN),
        output_tokens=-(-_max_tokens(task, pin) // _OUTPUT_SHARE),
    )


def cells_of(plan: RunPlan) -> Iterator[tuple[TaskPin, ModelPin, int]]:
    """Each task with each model, and how many attempts of it the plan has."""
    for task in plan.tasks:
        for pin in plan.models:
            yield task, pin, len(task.sample_ids) * plan.repeats


def content_key(plan: RunPlan, task: TaskPin, pin: ModelPin, sample_id: str, repeat: int) -> str:
    """What makes two attempts, of any runs, the same."""
    variant = ["not isolated"] if plan.sandbox == SandboxKind.PROCESS else []
    if pin.replay:
        variant.append(pin.replay.sha256)
    if plan.include_tests:
        variant.append("tests")
    if plan.install_deps:
        variant.append("installed")
    return attempt_key(
        task_digest=task.digest,
        sample_id=sample_id,
        model=pin.model,
        solver=task.solver,
        repeat=repeat,
        limits=task.limits,
        variant=variant,
    )


def _max_tokens(task: TaskPin, pin: ModelPin) -> int:
    return min(pin.model.parameters.max_tokens or task.limits.max_tokens, task.limits.max_tokens)
