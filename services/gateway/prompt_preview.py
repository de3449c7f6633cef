"""A run that is not made: what it would cost, and what its models would be told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from assay.bus.protocol import Bus
from assay.catalog.models import BASELINES
from assay.catalog.selection.replays import is_replay
from assay.contracts.models import ModelName, Parameters
from assay.contracts.rpc import AttemptPreview, PreviewPrompt, Prompt, QuoteRun, RunPreview
from assay.contracts.runs import RunPlan
from assay.contracts.tasks import TaskPin

MAX_PROMPTS = 100
_QUOTE_SECONDS = 30.0
_CONCURRENCY = 8
_NO_PROMPT = Prompt(note="no model is asked: a baseline hands in what the task has for it, a replay what is stored")

_PromptRequest = tuple[TaskPin, str, tuple[ModelName, ...], Parameters | None]
"""A task, a sample, the models that are told the same, and with which parameters; None: they are told nothing."""


async def build_preview(plan: RunPlan, bus: Bus) -> RunPreview:
    """A live runner makes the prompts, as it would for an attempt; raises ProblemError when there is none."""
    quote = await bus.rpc.request(QuoteRun(plan=plan), _QUOTE_SECONDS)
    asked = list(_prompt_requests(plan))
    places = asyncio.Semaphore(_CONCURRENCY)

    async def shown(each: _PromptRequest) -> AttemptPreview:
        task, sample_id, models, parameters = each
        prompt = _NO_PROMPT
        if parameters is not None:
            limits = task.limits
            request = PreviewPrompt(public=task.public, sample_id=sample_id, limits=limits, parameters=parameters)
            async with places:
                prompt = await bus.rpc.request(request)
        return AttemptPreview(task_id=task.task_id, sample_id=sample_id, models=models, prompt=prompt)

    prompts = await asyncio.gather(*(shown(each) for each in asked[:MAX_PROMPTS]))
    return RunPreview(quote=quote, prompts=tuple(prompts), more=max(0, len(asked) - MAX_PROMPTS))


def _prompt_requests(plan: RunPlan) -> Iterator[_PromptRequest]:
    """Models are told the same unless they use tools in another way."""
    groups: dict[str, tuple[list[ModelName], Parameters | None]] = {}
    for pin in plan.models:
        unasked = pin.model.name in BASELINES or is_replay(pin.model.name)
        key = "" if unasked else f"asked {pin.model.parameters.tools}"
        groups.setdefault(key, ([], None if unasked else pin.model.parameters))[0].append(pin.model.name)
    for task in plan.tasks:
        for sample_id in task.sample_ids:
            for models, parameters in groups.values():
                yield task, sample_id, tuple(models), parameters
