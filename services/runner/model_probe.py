"""Answers questions about models with this runner's own keys and network: whether one can be used, by one short real
request, and which ones a provider has."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import chain

from msgspec.structs import replace

from assay.contracts.models import BASELINES, FAULT_REMEDIES, CallFault, ModelProblem, ModelSpec, Usage
from assay.contracts.rpc import (
    CheckModels,
    ListOfferedModels,
    ModelProbe,
    ModelProblems,
    OfferedModel,
    OfferedModels,
    TestModel,
)
from services.runner.calls.pricing import cost_nanousd
from services.runner.errors import CallFailed
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.keys.stored_keys import KeyAccess
from services.runner.models.protocol import OnWait, loaded
from services.runner.models.registry import ModelRegistry
from services.runner.ports import Models
from services.runner.text import clean

TIMEOUT_SECONDS = 20.0
MAX_TOKENS = 16
SHORTEST_SECONDS = 0.02
"""In less time, the tokens of an answer have arrived together."""
_QUESTION = ChatMessage(role="user", content="Answer with the one word: ready")


async def on_models_test(request: TestModel, models: Models, timeout_seconds: float = TIMEOUT_SECONDS) -> ModelProbe:
    """Does not raise: the reply says what is wrong."""
    if request.model in BASELINES:
        return ModelProbe(model=request.model, ok=True, message="a baseline; it calls no model")
    waits: list[str] = []

    async def on_wait(text: str) -> None:
        waits.append(text)

    try:
        return await _ask(request, models, timeout_seconds, on_wait)
    except CallFailed as error:
        return _failed(request.model, error.fault, str(error))
    except TimeoutError:
        why = "".join(f" ({text}; try again later)" for text in waits[-1:])
        return _failed(request.model, CallFault.TIMEOUT, f"no answer within {timeout_seconds:g} s{why}")


async def on_models_check(request: CheckModels, models: ModelRegistry) -> ModelProblems:
    """Opens each model as a try would: its key and address must be set, its library installed, and its parameters
    acceptable."""
    asked = [model for model in request.models if model.name not in BASELINES]
    found = await asyncio.gather(*(_problems(models, each, request) for each in asked))
    return ModelProblems(problems=tuple(chain.from_iterable(found)))


async def _problems(models: ModelRegistry, model: ModelSpec, request: CheckModels) -> list[ModelProblem]:
    provider, has_stored_key = request.providers.get(model.provider), model.provider in request.stored_keys
    try:
        mistakes = await models.parameter_mistakes(model, provider, has_stored_key=has_stored_key)
    except CallFailed as error:
        remedy = FAULT_REMEDIES.get(error.fault, "")
        return [ModelProblem(model=model.name, fault=error.fault, reason=clean(str(error)), remedy=remedy)]
    fault = CallFault.CONFIGURATION
    return [ModelProblem(model=model.name, fault=fault, reason=each.reason, remedy=each.remedy) for each in mistakes]


async def on_models_list(
    request: ListOfferedModels, models: ModelRegistry, timeout_seconds: float = TIMEOUT_SECONDS
) -> OfferedModels:
    """Does not raise: the reply says what is wrong."""
    found: list[OfferedModel] = []
    reason = ""
    try:
        async with asyncio.timeout(timeout_seconds):
            found = await models.offered(request.provider_id, request.provider, KeyAccess(permit=request.key_permit))
    except CallFailed as error:
        reason = clean(str(error))
    except TimeoutError:
        reason = f"no answer within {timeout_seconds:g} s"
    by_name = sorted(found, key=lambda model: model.name)
    return OfferedModels(
        provider_id=request.provider_id, models=tuple(by_name), reason=reason, fetched_at=datetime.now(UTC)
    )


async def _ask(request: TestModel, models: Models, timeout_seconds: float, on_wait: OnWait) -> ModelProbe:
    """Bypasses the rate limiter, so that the probe also works while the provider is busy."""
    parameters = replace(request.parameters, max_tokens=min(request.parameters.max_tokens or MAX_TOKENS, MAX_TOKENS))
    question = ModelRequest(messages=(_QUESTION,), parameters=parameters)
    async with asyncio.timeout(timeout_seconds):
        handle = await models.open(request.model, "", "", request.provider, KeyAccess(permit=request.key_permit))
        try:
            async with loaded(handle.model, on_wait):
                started, first = time.monotonic(), _FirstTime()
                completion = await handle.model.complete(question, first, first)
        finally:
            await handle.close()
    ended, usage = time.monotonic(), completion.usage
    return ModelProbe(
        model=request.model,
        ok=True,
        message=clean(completion.text, 200),
        latency_seconds=ended - started,
        first_token_seconds=first.at - started if first.at else None,
        tokens_per_second=_speed(usage, ended - first.at) if usage and first.at else None,
        usage=usage,
        served_model=clean(completion.served_model, 200),
        price=request.price,
        cost_nanousd=cost_nanousd(request.price, usage) if usage else 0,
    )


def _speed(usage: Usage, seconds: float) -> float | None:
    """Tokens per second after the first token. None if the answer is too short to tell, or came all at once."""
    tokens = usage.output_tokens - 1
    return tokens / seconds if tokens > 0 and seconds > SHORTEST_SECONDS else None


class _FirstTime:
    """Remembers when it was first called."""

    def __init__(self) -> None:
        self.at: float | None = None

    def __call__(self, text: str) -> None:
        self.at = self.at or time.monotonic()


def _failed(model: str, fault: CallFault, message: str) -> ModelProbe:
    return ModelProbe(model=model, ok=False, fault=fault, message=clean(message))
