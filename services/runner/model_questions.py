"""Answers the questions of judges: one request to a model, within its rate limits, with this runner's keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from assay.contracts.models import Call, CallFault, ModelSpec
from assay.contracts.money import Price, usd
from assay.contracts.rpc import AskModel, ModelAnswer
from assay.contracts.tasks import Limits
from services.runner.calls.model_caller import ModelCaller
from services.runner.errors import CallFailed, CallRetryable, GrantRefused
from services.runner.models import ChatMessage, ModelRequest
from services.runner.models.keys.stored_keys import KeyAccess
from services.runner.ports import Models
from services.runner.text import clean
from services.runner.tries.wall_clock import WallClock

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Question:
    """Why the calls are made. They may take as long as the question may wait."""

    model: ModelSpec
    price: Price | None
    run_seconds_left: float | None
    limits: Limits = field(default_factory=Limits)


class FixedBudget:
    """A sum that does not grow: the judge has reserved it."""

    def __init__(self, amount_nanousd: int) -> None:
        self._available_nanousd = amount_nanousd

    async def ensure(self, worst_case_nanousd: int) -> None:
        """Raises GrantRefused if the rest does not cover a request of that cost."""
        if worst_case_nanousd > self._available_nanousd:
            raise GrantRefused(
                f"a request may cost ${usd(worst_case_nanousd)}, but ${usd(self._available_nanousd)} of the question's "
                "budget is left"
            )

    def spend(self, cost_nanousd: int) -> None:
        self._available_nanousd = max(0, self._available_nanousd - cost_nanousd)


class _NoTail:
    """Judges' questions are not shown live."""

    def start_request(self, number: int) -> None: ...
    def add_text(self, text: str) -> None: ...
    def add_reasoning(self, text: str) -> None: ...
    async def step(self, text: str) -> None:
        _log.debug("question.waits", reason=text)


async def on_models_ask(request: AskModel, models: Models) -> ModelAnswer:
    """Does not raise: the reply says what is wrong, and what it cost."""
    access = KeyAccess(attempt_id=request.attempt_id, token=request.token, permit=request.key_permit)
    try:
        handle = await models.open(request.model, request.task_id, request.sample_id, request.provider, access)
    except CallFailed as error:
        return _failed((), error.fault, str(error), retryable=isinstance(error, CallRetryable))
    try:
        clock = WallClock(request.timeout_seconds)
        question = _Question(
            model=ModelSpec(name=request.model, parameters=request.parameters),
            price=request.price,
            run_seconds_left=request.timeout_seconds,
        )
        free = request.price is None or request.price.free
        budget = None if free else FixedBudget(request.budget_nanousd)
        return await _ask(request, ModelCaller(question, handle, budget, clock, _NoTail()), clock)
    finally:
        await handle.close()


async def _ask(request: AskModel, caller: ModelCaller, clock: WallClock) -> ModelAnswer:
    messages = (
        ChatMessage(role="system", content=request.system),
        ChatMessage(role="user", content=request.prompt),
    )
    try:
        async with asyncio.timeout(request.timeout_seconds), clock:
            completion = await caller.complete(ModelRequest(messages=messages, parameters=request.parameters))
    except CallFailed as error:
        return _failed(caller.calls, error.fault, str(error), retryable=isinstance(error, CallRetryable))
    except GrantRefused as error:
        misfit = CallFault.PROVIDER if caller.calls else CallFault.CONFIGURATION
        return _failed(caller.calls, misfit, str(error), retryable=bool(caller.calls))
    except TimeoutError:
        message = f"no answer within {request.timeout_seconds:g} s"
        return _failed(caller.calls, CallFault.TIMEOUT, message, retryable=True)
    return ModelAnswer(
        text=completion.text,
        refused=completion.refused,
        truncated=completion.truncated or completion.finish_reason in _CUT,
        served_model=clean(completion.served_model, 200),
        calls=tuple(caller.calls),
    )


_CUT = ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")
"""Why an answer ended before its end, in the words of the providers."""


def _failed(calls: Sequence[Call], fault: CallFault, message: str, *, retryable: bool) -> ModelAnswer:
    return ModelAnswer(calls=tuple(calls), fault=fault, message=clean(message, 1000), retryable=retryable)
