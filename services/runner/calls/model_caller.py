"""Calls a model, retries where that may help, and books every request that costs money.

A request is sent only when the try's grant covers its worst case and the provider's rate limiter admits it.

A Call is booked for each answer, for each request that may be charged although its end was not seen, and for the last
failure. Other failed requests are counted in ``retries`` of the next Call, so that calls plus retries is the number of
requests made.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

import msgspec

from assay.contracts.ids import new_id
from assay.contracts.models import Call, CallFault, Usage
from assay.contracts.money import IMAGE_TOKENS, TYPICAL_IMAGE_TOKENS
from services.runner.calls.attempt_limits import check_limits
from services.runner.calls.call_purpose import Budget, CallPurpose, CallTail
from services.runner.calls.metrics import count_usage, measured
from services.runner.calls.pricing import cost_nanousd, worst_case_nanousd
from services.runner.errors import (
    CallFailed,
    CallRetryable,
    EndpointTimeout,
    EndpointUnreachable,
    ProviderUnavailable,
    RateLimited,
)
from services.runner.models import Completion, ModelRequest, OnText
from services.runner.models.open_provider import ModelHandle
from services.runner.models.protocol import loaded
from services.runner.models.reasoning import without_reasoning
from services.runner.models.reasoning_stream import ReasoningStream
from services.runner.models.token_count import count_tokens, estimate_usage, worst_case_usage
from services.runner.models.usage_bound import usage_bound
from services.runner.rate_limiter import ModelLimiter
from services.runner.text import clean
from services.runner.tries.wall_clock import WallClock

_BYTES_PER_TOKEN = 4
_OUTAGES = (RateLimited, ProviderUnavailable, EndpointUnreachable, EndpointTimeout)
"""Failures of the provider, whatever it was asked: not counted unless they may be billed."""
_NOTHING = Completion(text="")
_MARGIN_SECONDS = 5.0
"""So long before its run's time is over, at most, an attempt stops waiting, so that its report can still be read."""


@dataclass(kw_only=True, slots=True)
class _Sending:
    """A request and its retries. ``bound`` is the most that each can use; ``latency_seconds`` is None until it was
    sent."""

    request: ModelRequest
    bound: Usage
    on_text: OnText | None = None
    number: int = 1
    counted_failures: int = 0
    billed_failures: int = 0
    latency_seconds: float | None = None
    first_token_seconds: float | None = None
    forwarded: bool = False
    """Part of the answer went to ``on_text`` and cannot be taken back, so the request is not retried."""

    def forward(self, text: str) -> None:
        if self.on_text:
            self.forwarded = True
            self.on_text(text)

    @property
    def expected_tokens(self) -> int:
        """What the rate limiter reserves until the usage is known."""
        images = self.request.image_count
        text_bytes = self.bound.input_tokens - IMAGE_TOKENS * images
        return text_bytes // _BYTES_PER_TOKEN + TYPICAL_IMAGE_TOKENS * images + self.bound.output_tokens


class ModelCaller:
    """The model calls of one try or question. ``budget`` is None if they are free. The ``clock`` runs only while the
    model does."""

    def __init__(
        self,
        purpose: CallPurpose,
        handle: ModelHandle,
        budget: Budget | None,
        clock: WallClock,
        tail: CallTail,
    ) -> None:
        self.calls: list[Call] = []
        self.usage, self.cost_nanousd = Usage(), 0
        self._limits = purpose.limits
        self._name, self._price = purpose.model.name, purpose.price
        self._model, self._rate_limiter, self._budget = handle.model, handle.rate_limiter, budget
        self._clock, self._tail = clock, tail
        self._run_ends_at = _run_ends_at(purpose, handle.rate_limiter)
        self._unbooked: list[CallFault] = []

    async def complete(self, request: ModelRequest, on_text: OnText | None = None) -> Completion:
        """``on_text`` gets the answer as it arrives, without reasoning that begins it; after its first piece the
        request is not retried. In the completion, reasoning is separate from the text.

        Raises CallFailed if the last request failed too; LimitReached, GrantRefused or LeaseLost if no further request
        is allowed."""
        sending = _Sending(request=request, bound=usage_bound(request), on_text=on_text)
        self._clock.pause()
        try:
            return await self._complete(sending)
        finally:
            self._clock.resume()
            if self._unbooked:
                self._book(Usage(), 0, fault=self._unbooked.pop())

    async def _complete(self, sending: _Sending) -> Completion:
        while True:
            try:
                return await self._send(sending)
            except CallRetryable as error:
                wait_seconds = self._retry_in(sending, error)
                if wait_seconds is None:
                    raise
            await self._rate_limiter.sleep(wait_seconds)
            sending.number, sending.latency_seconds = sending.number + 1, None

    def _retry_in(self, sending: _Sending, error: CallRetryable) -> float | None:
        """Seconds until the request may be sent again; None if it is not retried. The rate limiter waits for a
        Retry-After and for the end of an outage, on behalf of all tries."""
        if error.final or sending.forwarded:
            return None
        policy = self._rate_limiter.policy
        sending.billed_failures += error.may_be_billed
        sending.counted_failures += error.may_be_billed or not isinstance(error, _OUTAGES)
        if sending.counted_failures >= policy.max_requests or sending.billed_failures >= policy.max_billed_requests:
            return None
        if error.retry_after_seconds:
            return 0.0
        return policy.wait_seconds(sending.number, billed=error.may_be_billed)

    async def _send(self, sending: _Sending) -> Completion:
        worst_case = worst_case_nanousd(self._price, sending.bound)
        check_limits(self._limits, self.usage, self.cost_nanousd, worst_case)
        if self._budget:
            await self._budget.ensure(worst_case)
        try:
            completion = await self._send_rate_limited(sending)
            usage = completion.usage or await self._estimate(sending, completion)
            answer = without_reasoning(completion)
            counted = await _count_reasoning(usage, answer.reasoning)
        except BaseException as error:
            if sending.latency_seconds is not None:
                await self._book_failure(sending, error)
            if isinstance(error, CallRetryable):
                await self._tail.step(f"request {sending.number} failed: {clean(str(error), 300)}")
            raise
        estimated, cost = completion.usage is None, cost_nanousd(self._price, usage)
        self._book(counted, cost, sending, estimated=estimated, completion=completion)
        return msgspec.structs.replace(answer, usage=counted)

    async def _send_rate_limited(self, sending: _Sending) -> Completion:
        def on_text(text: str) -> None:
            self._tail.add_text(text)
            sending.forward(text)

        stream = ReasoningStream(on_text, self._tail.add_reasoning)
        limiter = self._rate_limiter
        give_up_at = self._run_ends_at or limiter.time() + limiter.policy.max_unseen_seconds
        step, model = self._tail.step, self._model
        async with limiter.acquire(sending.expected_tokens, step, give_up_at) as permit, loaded(model, step):

            def on_data() -> None:
                permit.on_data()
                if sending.first_token_seconds is None:
                    sending.first_token_seconds = time.monotonic() - started

            def on_answer(text: str) -> None:
                on_data()
                stream.add(text)

            def on_reasoning(text: str) -> None:
                on_data()
                self._tail.add_reasoning(text)

            self._tail.start_request(sending.number)
            sending.first_token_seconds, started = None, time.monotonic()
            self._clock.resume()
            try:
                with measured(self._name):
                    completion = await model.complete(sending.request, on_answer, on_reasoning)
            finally:
                stream.end()
                sending.latency_seconds = time.monotonic() - started
                self._clock.pause()
            if completion.usage:
                permit.used_tokens = completion.usage.input_tokens + completion.usage.output_tokens
        return completion

    async def _estimate(self, sending: _Sending, completion: Completion) -> Usage:
        """The usage if the provider did not report it: at most what was allowed."""
        usage = await estimate_usage(sending.request, completion)
        return Usage(
            input_tokens=min(usage.input_tokens, sending.bound.input_tokens),
            output_tokens=min(usage.output_tokens, sending.bound.output_tokens),
        )

    async def _book_failure(self, sending: _Sending, error: BaseException) -> None:
        """A request whose usage is unknown is charged at its worst case."""
        if isinstance(error, CallFailed) and not error.may_be_billed:
            self._unbooked.append(error.fault)
            return
        unknown = CallFault.TIMEOUT if isinstance(error, asyncio.CancelledError) else CallFault.PROVIDER
        fault = error.fault if isinstance(error, CallFailed) else unknown
        usage = sending.bound
        try:
            usage = await worst_case_usage(sending.request, sending.bound)
        finally:
            self._book(usage, worst_case_nanousd(self._price, usage), sending, estimated=True, fault=fault)

    def _book(
        self,
        usage: Usage,
        cost: int,
        sending: _Sending | None = None,
        *,
        estimated: bool = False,
        fault: CallFault | None = None,
        completion: Completion = _NOTHING,
    ) -> None:
        call = Call(
            call_id=new_id(),
            model=self._name,
            usage=usage,
            cost_nanousd=cost,
            price_version=self._price.version if self._price else "",
            estimated=estimated,
            fault=fault,
            retries=len(self._unbooked),
            latency_seconds=(sending and sending.latency_seconds) or 0.0,
            first_token_seconds=sending and sending.first_token_seconds,
            finish_reason=clean(completion.finish_reason, 100),
            served_model=clean(completion.served_model, 200),
        )
        count_usage(call)
        self.calls.append(call)
        self.usage += usage
        self.cost_nanousd += cost
        self._unbooked.clear()
        if self._budget:
            self._budget.spend(cost)


def _run_ends_at(purpose: CallPurpose, limiter: ModelLimiter) -> float | None:
    """When the try stops waiting for its model, by the limiter's clock; None if the run's time is unknown."""
    seconds = purpose.run_seconds_left
    return None if seconds is None else limiter.time() + seconds - min(_MARGIN_SECONDS, seconds / 10)


async def _count_reasoning(usage: Usage, reasoning: str) -> Usage:
    """Counts the reasoning tokens if the provider did not. The cost does not change: it charged them as output."""
    if not reasoning or usage.reasoning_tokens:
        return usage
    tokens = min(await count_tokens(reasoning), usage.output_tokens)
    return msgspec.structs.replace(usage, reasoning_tokens=tokens)
