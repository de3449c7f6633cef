"""Cost estimates: what attempts cost at most, and what they will probably cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assay.contracts.codec import encode
from assay.contracts.money import TYPICAL_IMAGE_TOKENS, worst_prompt_tokens
from assay.contracts.runs import ModelPin, RunPlan
from assay.contracts.tasks import TaskPin

PROMPT_MESSAGES = 2
_BYTES_PER_TOKEN = 4
_OUTPUT_SHARE = 4

History = Mapping[tuple[str, str], int]
"""Mean nano-USD per attempt by (task digest, model name), where there were any."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a run. ``reused`` attempts are taken over at no cost; ``cheapest`` is the worst case of the cheapest of the
    others."""

    attempts: int
    reused: int
    estimated_nanousd: int
    worst_nanousd: int
    cheapest_nanousd: int
    from_history: bool


def estimate_run(plan: RunPlan, history: History, reused: Mapping[tuple[str, str], int]) -> Estimate:
    """``reused``: how many attempts would be taken over, by task digest and model name."""
    attempts, estimated, worst, cheapest = 0, 0, 0, list[int]()
    for task, pin, count in _cells(plan):
        attempts += count
        left = count - reused.get((task.digest, pin.model.name), 0)
        estimated += left * probable_nanousd(task, pin, history)
        worst += left * worst_nanousd(task, pin)
        cheapest += [worst_nanousd(task, pin)] if left else []
    return Estimate(
        attempts=attempts,
        reused=sum(reused.values()),
        estimated_nanousd=min(estimated, worst),
        worst_nanousd=worst,
        cheapest_nanousd=min(cheapest, default=0),
        from_history=bool(history),
    )


def worst_nanousd(task: TaskPin, pin: ModelPin) -> int:
    """The most that one attempt's first request can cost; 0 for a model without a price."""
    if pin.price is None:
        return 0
    sent = task.prompt_bytes + len(encode(pin.model.parameters.extra))
    return pin.price.worst_case(
        input_tokens=worst_prompt_tokens(sent, PROMPT_MESSAGES, task.images), output_tokens=_max_tokens(task, pin)
    )


def probable_nanousd(task: TaskPin, pin: ModelPin, history: History) -> int:
    """The mean cost of earlier attempts; without any, the cost of a quarter of the tokens it is allowed to write."""
    if pin.price is None:
        return 0
    known = history.get((task.digest, pin.model.name))
    if known is not None:
        return known
    return pin.price.cost(
        input_tokens=-(-task.prompt_bytes // _BYTES_PER_TOKEN) + TYPICAL_IMAGE_TOKENS * task.images,
        output_tokens=-(-_max_tokens(task, pin) // _OUTPUT_SHARE),
    )


def _cells(plan: RunPlan) -> Iterator[tuple[TaskPin, ModelPin, int]]:
    """Each task with each model, and how many attempts the plan has of the two."""
    for task in plan.tasks:
        for pin in plan.models:
            yield task, pin, len(task.sample_ids) * plan.repeats


def _max_tokens(task: TaskPin, pin: ModelPin) -> int:
    return min(pin.model.parameters.max_tokens or task.limits.max_tokens, task.limits.max_tokens)
