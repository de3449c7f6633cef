"""Tests whether models can be used, by this runner's own keys and network: with one short request, or without any."""

from __future__ import annotations

import asyncio
import time

from assay.contracts.models import BASELINES, FAULT_REMEDIES, CallFault, ModelName, ModelProblem, Parameters
from assay.contracts.rpc import CheckModels, ModelProbe, ModelProblems, TestModel
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.protocol import ignore_text
from services.runner.ports import Models
from services.runner.text import clean

TIMEOUT_SECONDS = 20.0
MAX_TOKENS = 16
_REQUEST = ModelRequest(
    messages=(ChatMessage(role="user", content="Answer with the one word: ready"),),
    parameters=Parameters(max_tokens=MAX_TOKENS),
)


async def on_models_test(request: TestModel, models: Models, timeout_seconds: float = TIMEOUT_SECONDS) -> ModelProbe:
    """Does not raise: the reply says what is wrong."""
    if request.model in BASELINES:
        return ModelProbe(model=request.model, ok=True, message="a baseline; it calls no model")
    started = time.monotonic()
    try:
        message = await _ask(request.model, models, timeout_seconds)
    except CallFailed as error:
        return _failed(request.model, error.fault, str(error))
    except TimeoutError:
        return _failed(request.model, CallFault.TIMEOUT, f"no answer within {timeout_seconds:g} s")
    return ModelProbe(model=request.model, ok=True, message=message, latency_seconds=time.monotonic() - started)


async def on_models_check(request: CheckModels, models: Models) -> ModelProblems:
    """Opens each model as a try would: its key and address must be set, and its library installed."""
    found = await asyncio.gather(*(_problem(name, models) for name in request.models if name not in BASELINES))
    return ModelProblems(problems=tuple(problem for problem in found if problem))


async def _problem(name: ModelName, models: Models) -> ModelProblem | None:
    try:
        await models.open(name, "", "")
    except CallFailed as error:
        remedy = FAULT_REMEDIES.get(error.fault, "")
        return ModelProblem(model=name, fault=error.fault, reason=clean(str(error)), remedy=remedy)
    return None


async def _ask(name: str, models: Models, timeout_seconds: float) -> str:
    """Bypasses the rate limiter, so that the probe also works while the provider is busy."""
    model = (await models.open(name, "", "")).model
    async with asyncio.timeout(timeout_seconds):
        completion = await model.complete(_REQUEST, ignore_text)
    return clean(completion.text, 200)


def _failed(model: str, fault: CallFault, message: str) -> ModelProbe:
    return ModelProbe(model=model, ok=False, fault=fault, message=clean(message))
