"""Asking a model, trying again where that may help, and writing down every request that costs money.

No request leaves before its worst case fits what the try's grant still holds, nor before the provider's turn is had.

A Call is booked for what was answered, for each request whose end nobody saw and that may be charged, and for the last
failure. All other requests that failed are counted in ``retries`` of the Call after them, so that calls and retries
together are the requests made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import stamina

from assay.contracts.attempts import Ticket
from assay.contracts.ids import new_id
from assay.contracts.models import Call, CallFault, Parameters, Usage
from services.runner.calls.attempt_limits import check_room
from services.runner.calls.grant_budget import Purse
from services.runner.calls.pricing import cost_nanousd, worst_nanousd
from services.runner.errors import CallFailed, CallRetryable
from services.runner.models import ChatMessage, Completion, Model, OnText
from services.runner.models.request import bound_of
from services.runner.models.token_count import count_usage, worst_usage
from services.runner.models.tools import offered_text
from services.runner.rate_limiter import Pace
from services.runner.text import clean
from services.runner.tries.tail_writer import Listener
from services.runner.tries.wall_clock import WallClock

_BYTES_PER_TOKEN = 4


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long apart requests are made; a provider that asks for more than ``patience_seconds`` is not
    asked again."""

    requests: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 10.0
    jitter_seconds: float = 0.5
    patience_seconds: float = 60.0


RETRYING = Retrying()


@dataclass(kw_only=True, slots=True)
class _Request:
    """What is asked, once or more often. ``bound`` is the most that it can use, each time; ``took_seconds`` is None
    until it has left."""

    messages: Sequence[ChatMessage]
    parameters: Parameters
    bound: Usage
    on_text: OnText | None = None
    number: int = 1
    took_seconds: float | None = None
    passed_on: bool = False
    """Somebody else has heard of the answer, too: it cannot be taken back and asked for again."""

    def hear(self, text: str) -> None:
        if self.on_text:
            self.passed_on = True
            self.on_text(text)

    @property
    def likely_tokens(self) -> int:
        """What it counts for until it is known what it used."""
        return self.bound.input_tokens // _BYTES_PER_TOKEN + self.bound.output_tokens


class Caller:
    """The requests of one try. ``purse`` None: they cost nothing. Waiting of any kind is not on the ``clock``."""

    def __init__(
        self,
        ticket: Ticket,
        model: Model,
        pace: Pace,
        purse: Purse | None,
        clock: WallClock,
        listener: Listener,
        retrying: Retrying = RETRYING,
    ) -> None:
        self.calls: list[Call] = []
        self.usage, self.cost_nanousd = Usage(), 0
        self._limits = ticket.limits
        self._name, self._price = ticket.model.name, ticket.price
        self._model, self._pace, self._purse = model, pace, purse
        self._clock, self._listener, self._retrying = clock, listener, retrying
        self._uncounted: list[CallFault] = []

    async def ask(
        self, messages: Sequence[ChatMessage], parameters: Parameters, on_text: OnText | None = None
    ) -> Completion:
        """``on_text`` hears the answer as it comes; from its first piece on the request is not made again.

        Raises CallFailed when the last request failed too, LimitReached, GrantRefused or LeaseLost when there may be
        no other."""
        bound = bound_of(messages, parameters)
        request = _Request(messages=messages, parameters=parameters, bound=bound, on_text=on_text)
        self._clock.pause()
        try:
            return await self._ask(request)
        finally:
            self._clock.resume()
            if self._uncounted:
                self._book(Usage(), 0, fault=self._uncounted.pop())

    async def _ask(self, request: _Request) -> Completion:
        try:
            return await self._request(request)
        except CallRetryable as error:
            return await self._ask_again(request, error)

    async def _ask_again(self, request: _Request, first: CallRetryable) -> Completion:
        """The error of the first request is the first that counts: most need no second, and none of this."""
        retrying = self._retrying
        async for attempt in stamina.retry_context(
            on=lambda error: False if request.passed_on else self._wait(error),
            attempts=retrying.requests,
            timeout=None,
            wait_initial=retrying.first_wait_seconds,
            wait_max=retrying.longest_wait_seconds,
            wait_jitter=retrying.jitter_seconds,
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                request.number, request.took_seconds = attempt.num, None
                return await self._request(request)
        raise AssertionError("unreachable: stamina raises the last error")

    def _wait(self, error: Exception) -> bool | float:
        """Whether to try again. A provider that said how long to wait is waited for at its pace, with all others."""
        if not isinstance(error, CallRetryable):
            return False
        if error.retry_after_seconds is None:
            return True
        return 0.0 if error.retry_after_seconds <= self._retrying.patience_seconds else False

    async def _request(self, request: _Request) -> Completion:
        worst = worst_nanousd(self._price, request.bound)
        check_room(self._limits, self.usage, self.cost_nanousd, worst)
        if self._purse:
            await self._purse.make_room(worst)
        try:
            completion = await self._in_turn(request)
            usage = completion.usage or await self._estimate(request, completion)
        except BaseException as error:
            if request.took_seconds is not None:
                await self._book_failed(request, error, request.took_seconds)
            if isinstance(error, CallRetryable):
                await self._listener.step(f"request {request.number} failed: {clean(str(error), 300)}")
            raise
        estimated, cost = completion.usage is None, cost_nanousd(self._price, usage)
        self._book(
            usage, cost, request.took_seconds or 0.0, estimated=estimated, finish_reason=completion.finish_reason
        )
        return msgspec.structs.replace(completion, usage=usage)

    async def _in_turn(self, request: _Request) -> Completion:
        patience_seconds = self._retrying.patience_seconds
        async with self._pace.turn(request.likely_tokens, self._listener.step, patience_seconds) as turn:
            self._listener.restart(request.number)
            began_seconds = time.monotonic()
            self._clock.resume()

            def heard(text: str) -> None:
                self._listener.hear(text)
                request.hear(text)

            try:
                completion = await self._model.complete(request.messages, request.parameters, heard)
            finally:
                request.took_seconds = time.monotonic() - began_seconds
                self._clock.pause()
            if completion.usage:
                turn.used = completion.usage.input_tokens + completion.usage.output_tokens
        return completion

    async def _estimate(self, request: _Request, completion: Completion) -> Usage:
        """Of what the provider did not tell; it cannot have been more than was allowed."""
        usage = await count_usage(request.messages, completion, offered_text(request.parameters))
        return Usage(
            input_tokens=min(usage.input_tokens, request.bound.input_tokens),
            output_tokens=min(usage.output_tokens, request.bound.output_tokens),
        )

    async def _book_failed(self, request: _Request, error: BaseException, seconds: float) -> None:
        """Where nobody knows what a request used, it is charged at its worst."""
        if isinstance(error, CallFailed) and not error.perhaps_billed:
            self._uncounted.append(error.fault)
            return
        unseen = CallFault.TIMEOUT if isinstance(error, asyncio.CancelledError) else CallFault.PROVIDER
        fault = error.fault if isinstance(error, CallFailed) else unseen
        usage = request.bound
        try:
            usage = await worst_usage(request.messages, request.bound, offered_text(request.parameters))
        finally:
            self._book(usage, worst_nanousd(self._price, usage), seconds, estimated=True, fault=fault)

    def _book(
        self,
        usage: Usage,
        cost: int,
        seconds: float = 0.0,
        *,
        estimated: bool = False,
        fault: CallFault | None = None,
        finish_reason: str = "",
    ) -> None:
        call = Call(
            call_id=new_id(),
            model=self._name,
            usage=usage,
            cost_nanousd=cost,
            price_version=self._price.version if self._price else "",
            estimated=estimated,
            fault=fault,
            retries=len(self._uncounted),
            latency_seconds=seconds,
            finish_reason=clean(finish_reason, 100),
        )
        self.calls.append(call)
        self.usage += usage
        self.cost_nanousd += cost
        self._uncounted.clear()
        if self._purse:
            self._purse.spend(cost)
