"""The provider of the models: answers by rule, charges by its own book, and is as unreliable as the seed wants it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256

from assay.contracts.attempts import Ticket
from assay.contracts.models import ModelName, Parameters, Usage
from services.runner.errors import EndpointSilent, EndpointUnreachable, RateLimited
from services.runner.models.protocol import ChatMessage, Completion, OnText
from services.runner.models.registry import Served
from services.runner.rate_limiter import Allowance, Pace
from tests.faults.simulation.chaos import Chaos

ticket_at_hand: ContextVar[Ticket] = ContextVar("ticket_at_hand")
"""Set by whoever makes an attempt, so that the provider's book can say what a charge was for."""


@dataclass(frozen=True, kw_only=True)
class Manners:
    """``lost``: charged, and no reply comes. ``greedy``: more tokens charged than were allowed."""

    slow_seconds: float = 1.0
    refused: float = 0.0
    unreachable: float = 0.0
    lost: float = 0.0
    greedy: float = 0.0


@dataclass(kw_only=True)
class Provider:
    """``billed`` in nano-USD by attempt and token; ``allowed`` the part of it that the requests allowed."""

    chaos: Chaos
    manners: Manners = Manners()
    billed: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    allowed: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    requests: int = 0

    def charge(self, usage: Usage, allowed_tokens: int) -> None:
        ticket = ticket_at_hand.get()
        if ticket.price is None:
            return
        cost = ticket.price.cost(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
        within = min(usage.output_tokens, allowed_tokens)
        self.billed[ticket.attempt_id, ticket.token] += cost
        self.allowed[ticket.attempt_id, ticket.token] += ticket.price.cost(
            input_tokens=usage.input_tokens, output_tokens=within
        )


class Models:
    """The provider as one runner reaches it, at that runner's pace."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.pace = Pace("sim", Allowance(concurrency=6))

    async def open(self, name: ModelName, task_id: str, sample_id: str) -> Served:
        return Served(model=Answering(self._provider, name, sample_id), pace=self.pace)


class Answering:
    def __init__(self, provider: Provider, name: str, sample_id: str) -> None:
        self._provider, self._name, self._sample_id = provider, name, sample_id

    async def complete(self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText) -> Completion:
        provider, chaos, manners = self._provider, self._provider.chaos, self._provider.manners
        provider.requests += 1
        if chaos.happens(manners.unreachable):
            raise EndpointUnreachable("no route to the provider")
        if chaos.happens(manners.refused):
            raise RateLimited("too many requests", retry_after_seconds=chaos.seconds(2.0))
        text = answer_of(self._name, self._sample_id)
        allowed = parameters.max_tokens or 0
        usage = Usage(input_tokens=sum(len(message.content) // 8 for message in messages), output_tokens=allowed // 2)
        if chaos.happens(manners.greedy):
            usage = Usage(input_tokens=usage.input_tokens, output_tokens=allowed * 3)
        provider.charge(usage, allowed)
        await asyncio.sleep(chaos.seconds(manners.slow_seconds))
        if chaos.happens(manners.lost):
            raise EndpointSilent("the reply never came", perhaps_billed=True)
        on_text(text)
        return Completion(text=text, usage=usage, finish_reason="stop")


def answer_of(model: str, sample_id: str) -> str:
    """Right or wrong, the same every time: by a hash of model and sample."""
    return right_answer(sample_id) if is_right(model, sample_id) else "wrong"


def is_right(model: str, sample_id: str) -> bool:
    return sha256(f"{model} {sample_id}".encode()).digest()[0] % 2 == 0


def right_answer(sample_id: str) -> str:
    return f"answer {sample_id}"
