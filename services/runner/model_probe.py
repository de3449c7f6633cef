"""Trying a model out: one short real request, with this runner's own keys and network."""

from __future__ import annotations

import asyncio
import time

from assay.contracts.models import CallFault, Parameters
from assay.contracts.rpc import ModelProbe, TestModel
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage
from services.runner.ports import Models
from services.runner.solvers.dispatch import BASELINES
from services.runner.text import clean

WAIT_SECONDS = 20.0
MAX_TOKENS = 16
_PROMPT = (ChatMessage(role="user", content="Answer with the one word: ready"),)


async def on_models_test(request: TestModel, models: Models, wait_seconds: float = WAIT_SECONDS) -> ModelProbe:
    """Never raises: what is wrong is in the answer."""
    if request.model in BASELINES:
        return ModelProbe(model=request.model, ok=True, message="a baseline; it asks no model")
    started = time.monotonic()
    try:
        message = await _ask(request.model, models, wait_seconds)
    except CallFailed as error:
        return _failed(request.model, error.fault, str(error))
    except TimeoutError:
        return _failed(request.model, CallFault.TIMEOUT, f"no answer within {wait_seconds:g} s")
    return ModelProbe(model=request.model, ok=True, message=message, latency_seconds=time.monotonic() - started)


async def _ask(name: str, models: Models, wait_seconds: float) -> str:
    """Past the provider's gate: a busy provider still answers whether it is there."""
    model = (await models.open(name, "", "")).model
    async with asyncio.timeout(wait_seconds):
        completion = await model.complete(_PROMPT, Parameters(max_tokens=MAX_TOKENS), lambda _: None)
    return clean(completion.text, 200)


def _failed(model: str, fault: CallFault, message: str) -> ModelProbe:
    return ModelProbe(model=model, ok=False, fault=fault, message=clean(message))
