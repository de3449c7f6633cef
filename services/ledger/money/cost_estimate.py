"""Cost estimates: what attempts cost at most, and what they will probably cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from assay.contracts.codec import encode
from assay.contracts.judging import Judging
from assay.contracts.money import TYPICAL_IMAGE_TOKENS, Price, worst_prompt_tokens
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
    judging_nanousd: int = 0
    """What models that judge will probably cost, which is booked apart."""
    worst_judging_nanousd: int = 0
    cheapest_judging_nanousd: int = 0
    """The worst case of grading one attempt, where that is least."""


def estimate_run(plan: RunPlan, history: History, reused: Mapping[tuple[str, str], int]) -> Estimate:
    """``reused``: how many attempts would be taken over, by task digest and model name."""
    attempts, estimated, worst, cheapest = 0, 0, 0, list[int]()
    judging = _Judging()
    for task, pin, count in _cells(plan):
        attempts += count
        left = count - reused.get((task.digest, pin.model.name), 0)
        estimated += left * probable_nanousd(task, pin, history)
        worst += left * worst_nanousd(task, pin)
        cheapest += [worst_nanousd(task, pin)] if left else []
        judging.add(plan, task, left)
    return Estimate(
        attempts=attempts,
        reused=sum(reused.values()),
        estimated_nanousd=min(estimated, worst),
        worst_nanousd=worst,
        cheapest_nanousd=min(cheapest, default=0),
        from_history=bool(history),
        judging_nanousd=judging.probable,
        worst_judging_nanousd=judging.worst,
        cheapest_judging_nanousd=min(judging.each, default=0),
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


@dataclass(slots=True)
class _Judging:
    """Sums of what grading by models costs. ``each`` has the worst case of one attempt by task."""

    probable: int = 0
    worst: int = 0
    each: list[int] = field(default_factory=list[int])

    def add(self, plan: RunPlan, task: TaskPin, attempts: int) -> None:
        if task.judging is None or not attempts:
            return
        prices = [judge.price for judge in plan.judges if judge.price and judge.model.name in task.judging.models]
        worst = sum(judging_nanousd(task.judging, price) for price in prices)
        self.worst += attempts * worst
        self.probable += attempts * sum(_probable_judging_nanousd(task.judging, price) for price in prices)
        self.each.append(worst)


def judging_nanousd(judging: Judging, price: Price) -> int:
    """The most that one judge's questions about an attempt can cost, if each is answered at once."""
    input_tokens = worst_prompt_tokens(judging.prompt_bytes, PROMPT_MESSAGES)
    return judging.requests * price.worst_case(input_tokens=input_tokens, output_tokens=judging.max_tokens)


def _probable_judging_nanousd(judging: Judging, price: Price) -> int:
    """A quarter of the text and of the tokens that are allowed."""
    input_tokens = judging.prompt_bytes // _BYTES_PER_TOKEN // _OUTPUT_SHARE
    output_tokens = judging.max_tokens // _OUTPUT_SHARE
    return judging.requests * price.cost(input_tokens=input_tokens, output_tokens=output_tokens)
