"""Asking a model, trying again where that may help, and writing down every request that costs money.

A Call is booked for what was answered, for the last failure, and for each request before it whose end nobody saw and
that may be charged. All other requests that failed are counted in ``retries`` of the Call after them, so that calls
and retries together are the requests made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import msgspec
import stamina

from assay.contracts.ids import new_id
from assay.contracts.models import Call, CallFault, Parameters, Usage
from assay.contracts.money import Price
from services.runner.clock import WallClock
from services.runner.errors import CallFailed, CallRetryable
from services.runner.models import ChatMessage, Completion, Model
from services.runner.models.tokens import count_usage, worst_usage
from services.runner.pricing import cost_nanousd
from services.runner.tailing import Listener
from services.runner.text import clean


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """How often and how long apart requests are made; a provider that asks for more than ``patience_seconds`` is not
    asked again."""

    requests: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 10.0
    jitter_seconds: float = 0.5
    patience_seconds: float = 60.0


RETRYING = Retrying()


class Caller:
    """The requests of one try. ``gate`` is held while the model is asked: so many at once, for each provider."""

    def __init__(
        self,
        model: Model,
        name: str,
        price: Price | None,
        gate: AbstractAsyncContextManager[object],
        clock: WallClock,
        retrying: Retrying = RETRYING,
    ) -> None:
        self.calls: list[Call] = []
        self._model, self._name, self._price = model, name, price
        self._gate, self._clock, self._retrying = gate, clock, retrying
        self._uncounted = 0

    async def ask(self, messages: Sequence[ChatMessage], parameters: Parameters, listener: Listener) -> Completion:
        """Raises CallFailed when the last request failed too."""
        self._clock.pause()
        try:
            async with self._gate:
                return await self._ask(messages, parameters, listener)
        finally:
            self._clock.resume()

    async def _ask(self, messages: Sequence[ChatMessage], parameters: Parameters, listener: Listener) -> Completion:
        retrying, self._uncounted, booked = self._retrying, 0, len(self.calls)
        try:
            async for attempt in stamina.retry_context(
                on=self._wait,
                attempts=retrying.requests,
                timeout=None,
                wait_initial=retrying.first_wait_seconds,
                wait_max=retrying.longest_wait_seconds,
                wait_jitter=retrying.jitter_seconds,
            ):
                with attempt:
                    listener.restart(attempt.num)
                    booked = len(self.calls)
                    return await self._request(messages, parameters, listener)
        except CallFailed as error:
            if len(self.calls) == booked:
                self._uncounted -= 1
                self._book(Usage(), fault=error.fault)
            raise
        raise AssertionError("unreachable: stamina raises the last error")

    def _wait(self, error: Exception) -> bool | float:
        """Whether to try again; a number of seconds when the provider said how many."""
        if not isinstance(error, CallRetryable):
            return False
        if error.retry_after_seconds is None:
            return True
        return error.retry_after_seconds if error.retry_after_seconds <= self._retrying.patience_seconds else False

    async def _request(self, messages: Sequence[ChatMessage], parameters: Parameters, listener: Listener) -> Completion:
        started = time.monotonic()
        self._clock.resume()
        try:
            completion = await self._model.complete(messages, parameters, listener.hear)
        except CallFailed as error:
            if error.perhaps_billed:
                await self._book_lost(messages, parameters, error.fault, time.monotonic() - started)
            else:
                self._uncounted += 1
            raise
        except asyncio.CancelledError:
            await self._book_lost(messages, parameters, CallFault.TIMEOUT, time.monotonic() - started)
            raise
        finally:
            self._clock.pause()
        seconds = time.monotonic() - started
        usage = completion.usage or await count_usage(messages, completion.text)
        self._book(usage, seconds, estimated=completion.usage is None, finish_reason=completion.finish_reason)
        return msgspec.structs.replace(completion, usage=usage)

    async def _book_lost(
        self, messages: Sequence[ChatMessage], parameters: Parameters, fault: CallFault, seconds: float
    ) -> None:
        """Nobody knows what it used, so it is charged at its worst."""
        usage = await worst_usage(messages, parameters.max_tokens or 0)
        self._book(usage, seconds, estimated=True, fault=fault)

    def _book(
        self,
        usage: Usage,
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
            cost_nanousd=cost_nanousd(self._price, usage),
            price_version=self._price.version if self._price else "",
            estimated=estimated,
            fault=fault,
            retries=self._uncounted,
            latency_seconds=seconds,
            finish_reason=clean(finish_reason, 100),
        )
        self.calls.append(call)
        self._uncounted = 0
