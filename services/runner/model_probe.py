"""Tests whether a model can be used: one short real request, with this runner's own keys and network."""

from __future__ import annotations

import asyncio
import time

from assay.contracts.models import BASELINES, CallFault, Parameters
from assay.contracts.rpc import ModelProbe, TestModel
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


async def _ask(name: str, models: Models, timeout_seconds: float) -> str:
    """Bypasses the rate limiter, so that the probe also works while the provider is busy."""
    model = (await models.open(name, "", "")).model
    async with asyncio.timeout(timeout_seconds):
        completion = await model.complete(_REQUEST, ignore_text)
    return clean(completion.text, 200)


def _failed(model: str, fault: CallFault, message: str) -> ModelProbe:
    return ModelProbe(model=model, ok=False, fault=fault, message=clean(message))
