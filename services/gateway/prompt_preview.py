"""Preview of a run that is not submitted: its cost and its prompts."""

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
_QUOTE_TIMEOUT_SECONDS = 30.0
_CONCURRENCY = 8
_NO_PROMPT = Prompt(note="no prompt: baselines submit an answer from the task, replays a stored response")

_PromptRequest = tuple[TaskPin, str, tuple[ModelName, ...], Parameters | None]
"""A task, a sample, the models that get the same prompt, and their parameters; None if they get no prompt."""


async def build_preview(plan: RunPlan, bus: Bus) -> RunPreview:
    """A live runner builds the prompts, as it would for an attempt. Raises ProblemError if there is no runner."""
    quote = await bus.rpc.request(QuoteRun(plan=plan), _QUOTE_TIMEOUT_SECONDS)
    requests = list(_prompt_requests(plan))
    slots = asyncio.Semaphore(_CONCURRENCY)

    async def preview(each: _PromptRequest) -> AttemptPreview:
        task, sample_id, models, parameters = each
        prompt = _NO_PROMPT
        if parameters is not None:
            limits = task.limits
            request = PreviewPrompt(public=task.public, sample_id=sample_id, limits=limits, parameters=parameters)
            async with slots:
                prompt = await bus.rpc.request(request)
        return AttemptPreview(task_id=task.task_id, sample_id=sample_id, models=models, prompt=prompt)

    prompts = await asyncio.gather(*(preview(each) for each in requests[:MAX_PROMPTS]))
    return RunPreview(quote=quote, prompts=tuple(prompts), more=max(0, len(requests) - MAX_PROMPTS))


def _prompt_requests(plan: RunPlan) -> Iterator[_PromptRequest]:
    """Models share a prompt unless their tool settings differ."""
    groups: dict[str, tuple[list[ModelName], Parameters | None]] = {}
    for pin in plan.models:
        no_prompt = pin.model.name in BASELINES or is_replay(pin.model.name)
        key = "" if no_prompt else f"tools {pin.model.parameters.tools}"
        groups.setdefault(key, ([], None if no_prompt else pin.model.parameters))[0].append(pin.model.name)
    for task in plan.tasks:
        for sample_id in task.sample_ids:
            for models, parameters in groups.values():
                yield task, sample_id, tuple(models), parameters
