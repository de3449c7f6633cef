"""A model provider that answers by a fixed rule, keeps its own record of charges, and fails as configured."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256

from assay.contracts.attempts import Ticket
from assay.contracts.models import ModelName, Usage
from services.runner.errors import AuthenticationFailed, EndpointTimeout, EndpointUnreachable, RateLimited
from services.runner.models.open_provider import ModelHandle
from services.runner.models.protocol import Completion, ModelRequest, OnText, ignore_text
from services.runner.rate_limiter import ProviderLimits, RateLimiter, RetryPolicy
from tests.faults.simulation.world.fault_injection import FaultInjector

RETRY_POLICY = RetryPolicy(
    max_requests=3,
    max_billed_requests=3,
    initial_wait_seconds=0.2,
    max_wait_seconds=1.0,
    jitter_seconds=0.2,
    initial_billed_wait_seconds=0.2,
    max_billed_wait_seconds=1.0,
)
current_ticket: ContextVar[Ticket] = ContextVar("current_ticket")
"""Set by the runner, so that the provider can record what each charge was for."""


@dataclass(frozen=True, kw_only=True)
class ProviderBehaviour:
    """Probabilities. ``lost_replies``: charged, never answered. ``overcharged``: more tokens charged than allowed.
    Every request to ``refused_model`` is refused."""

    slow_seconds: float = 1.0
    rate_limited: float = 0.0
    unreachable: float = 0.0
    lost_replies: float = 0.0
    overcharged: float = 0.0
    refused_model: ModelName = ""


@dataclass(kw_only=True)
class Provider:
    """``billed``: nano-USD by attempt and token; ``allowed``: the part within the requests' ``max_tokens``."""

    faults: FaultInjector
    behaviour: ProviderBehaviour = ProviderBehaviour()
    billed: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    allowed: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    requests: int = 0

    def charge(self, usage: Usage, allowed_tokens: int) -> None:
        ticket = current_ticket.get()
        if ticket.price is None:
            return
        cost = ticket.price.cost(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
        within = min(usage.output_tokens, allowed_tokens)
        self.billed[ticket.attempt_id, ticket.token] += cost
        self.allowed[ticket.attempt_id, ticket.token] += ticket.price.cost(
            input_tokens=usage.input_tokens, output_tokens=within
        )


class Models:
    """The provider behind one runner's rate limiter."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.rate_limiter = RateLimiter("sim", ProviderLimits(concurrency=6), policy=RETRY_POLICY)

    async def open(
        self, name: ModelName, task_id: str, sample_id: str, provider: object = None, access: object = None
    ) -> ModelHandle:
        return ModelHandle(
            model=SimulatedModel(self._provider, name, sample_id), rate_limiter=self.rate_limiter.model(name)
        )


class SimulatedModel:
    def __init__(self, provider: Provider, name: str, sample_id: str) -> None:
        self._provider, self._name, self._sample_id = provider, name, sample_id

    async def complete(
        self,
        request: ModelRequest,
        on_text: OnText,
        on_reasoning: OnText = ignore_text,
    ) -> Completion:
        provider, faults, behaviour = self._provider, self._provider.faults, self._provider.behaviour
        provider.requests += 1
        if self._name == behaviour.refused_model:
            raise AuthenticationFailed("the provider answered 401: no such key", status=401)
        if faults.happens(behaviour.unreachable):
            raise EndpointUnreachable("no route to the provider")
        if faults.happens(behaviour.rate_limited):
            raise RateLimited("too many requests", retry_after_seconds=faults.seconds(2.0))
        text = answer_to(self._name, self._sample_id)
        allowed = request.parameters.max_tokens or 0
        prompt_tokens = sum(len(message.content) // 8 for message in request.messages)
        usage = Usage(input_tokens=prompt_tokens, output_tokens=allowed // 2)
        if faults.happens(behaviour.overcharged):
            usage = Usage(input_tokens=usage.input_tokens, output_tokens=allowed * 3)
        provider.charge(usage, allowed)
        await asyncio.sleep(faults.seconds(behaviour.slow_seconds))
        if faults.happens(behaviour.lost_replies):
            raise EndpointTimeout("the reply never came", may_be_billed=True)
        on_text(text)
        return Completion(text=text, usage=usage, finish_reason="stop")


def answer_to(model: str, sample_id: str) -> str:
    """Right or wrong by a hash of model and sample, so the same every time."""
    return right_answer(sample_id) if is_right(model, sample_id) else "wrong"


def is_right(model: str, sample_id: str) -> bool:
    return sha256(f"{model} {sample_id}".encode()).digest()[0] % 2 == 0


def right_answer(sample_id: str) -> str:
    return f"answer {sample_id}"
