"""Asks a model through a runner, because only runners have keys and rate limits. Every call is recorded, also of
questions that failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from msgspec import structs

from assay.bus.errors import BusUnavailable, NoListener
from assay.bus.protocol import Rpc
from assay.contracts.attempts import Token
from assay.contracts.codec import encode
from assay.contracts.ids import new_id
from assay.contracts.judging import JudgeModel
from assay.contracts.models import Call, CallFault
from assay.contracts.money import MAX_NANOUSD, worst_prompt_tokens
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import AskModel, ModelAnswer
from services.judge.errors import JudgeModelUnavailable, JudgeModelUnusable
from services.judge.rubric.errors import AnswerDeclined
from services.judge.rubric.judge_budget import JudgeBudget
from services.judge.rubric.prompt import Prompt

_MARGIN_SECONDS = 10.0
"""How much longer than the runner the judge waits for its reply."""
_DECLINED = (CallFault.CONTENT_REFUSED, CallFault.CONTEXT_LENGTH)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class AskPolicy:
    """A question that fails for reasons of infrastructure or of the provider is asked again after each of
    ``waits_seconds``; the runner retries by itself within ``timeout_seconds``."""

    timeout_seconds: float = 180.0
    waits_seconds: Sequence[float] = (1.0, 5.0, 20.0, 60.0)


@dataclass(frozen=True, kw_only=True)
class AskContext:
    """Who asks, and on whose money. ``calls`` collects all calls; they belong into the report."""

    budget: JudgeBudget
    attempt_id: str = ""
    token: Token = 0
    task_id: str = ""
    sample_id: str = ""
    key_permit: str = ""
    calls: list[Call] = field(default_factory=list[Call])


class ModelClient:
    """Asks at most ``slots`` questions at a time."""

    def __init__(self, rpc: Rpc, slots: int, policy: AskPolicy | None = None) -> None:
        self._rpc, self._policy = rpc, policy or AskPolicy()
        self._slots = asyncio.Semaphore(slots)

    async def ask(
        self, judge: JudgeModel, prompt: Prompt, schema: dict[str, Any], max_tokens: int, context: AskContext
    ) -> ModelAnswer:
        """An answer, which may be refused or truncated. Raises NoBudget, AnswerDeclined, JudgeModelUnavailable or
        JudgeModelUnusable."""
        request = _request(judge, prompt, max_tokens, context, self._policy.timeout_seconds)
        if judge.structured_output is not False:
            request = _with_schema(request, schema)
        answer = await self._ask_patiently(request, context)
        if answer.fault is CallFault.CONFIGURATION and request.parameters.response_schema:
            _log.info("judge.asks_without_schema", model=request.model, reason=answer.message)
            answer = await self._ask_patiently(_with_schema(request, None), context)
        if answer.fault in _DECLINED:
            raise AnswerDeclined(f"judge {request.model} cannot judge this output: {answer.message}")
        if answer.fault:
            raise JudgeModelUnusable(f"judge {request.model} cannot be called: {answer.message}", answer.fault)
        return answer

    async def _ask_patiently(self, request: AskModel, context: AskContext) -> ModelAnswer:
        """Returns answers and permanent failures. Raises JudgeModelUnavailable."""
        for wait_seconds in (*self._policy.waits_seconds, None):
            async with self._slots:
                answer = await self._ask_once(structs.replace(request, request_id=new_id()), context)
            if answer.fault is None or not answer.retryable:
                return answer
            _log.info("judge.question_failed", model=request.model, fault=answer.fault, reason=answer.message)
            if wait_seconds is None:
                raise JudgeModelUnavailable(f"judge {request.model} does not answer: {answer.message}", answer.fault)
            await asyncio.sleep(wait_seconds)
        raise AssertionError("unreachable")

    async def _ask_once(self, request: AskModel, context: AskContext) -> ModelAnswer:
        """With the worst case reserved before. A call whose end is unknown is recorded at its worst case."""
        worst = worst_case_nanousd(request)
        if worst:
            await context.budget.reserve(worst)
        calls: tuple[Call, ...] = (_unknown_call(request, worst),)
        try:
            answer = await self._send(structs.replace(request, budget_nanousd=worst))
            calls = answer.calls
            return answer
        finally:
            context.calls.extend(calls)
            context.budget.settle(worst, sum(call.cost_nanousd for call in calls))

    async def _send(self, request: AskModel) -> ModelAnswer:
        try:
            return await self._rpc.request(request, request.timeout_seconds + _MARGIN_SECONDS)
        except NoListener:
            message = "no runner answers; start one, or wait until it is back"
            return ModelAnswer(fault=CallFault.CONNECTION, message=message, retryable=True)
        except BusUnavailable as error:
            calls = (_unknown_call(request, request.budget_nanousd),)
            message = f"the runner that was asked did not reply: {error}"
            return ModelAnswer(calls=calls, fault=CallFault.TIMEOUT, message=message, retryable=True)
        except ProblemError as error:
            return ModelAnswer(fault=CallFault.PROVIDER, message=error.problem.detail, retryable=True)


def worst_case_nanousd(request: AskModel) -> int:
    """The most that the question can cost, counted as the runner counts it."""
    if request.price is None or request.price.free:
        return 0
    parameters = request.parameters
    extra = [each for each in (parameters.extra, parameters.response_schema) if each]
    size = sum(len(text.encode("utf-8", "replace")) for text in (request.system, request.prompt))
    size += sum(len(encode(each)) for each in extra)
    cost = request.price.worst_case(
        input_tokens=worst_prompt_tokens(size, messages=2), output_tokens=parameters.max_tokens or 0
    )
    return min(cost, MAX_NANOUSD)


def _request(
    judge: JudgeModel, prompt: Prompt, max_tokens: int, context: AskContext, timeout_seconds: float
) -> AskModel:
    parameters = judge.model.parameters
    limit = min(parameters.max_tokens or max_tokens, max_tokens)
    return AskModel(
        request_id="",
        model=judge.model.name,
        system=prompt.system,
        prompt=prompt.user,
        parameters=structs.replace(parameters, max_tokens=limit),
        provider=judge.provider,
        price=judge.price,
        key_permit=context.key_permit,
        attempt_id=context.attempt_id,
        token=context.token,
        task_id=context.task_id,
        sample_id=context.sample_id,
        timeout_seconds=timeout_seconds,
    )


def _with_schema(request: AskModel, schema: dict[str, Any] | None) -> AskModel:
    return structs.replace(request, parameters=structs.replace(request.parameters, response_schema=schema))


def _unknown_call(request: AskModel, worst_nanousd: int) -> Call:
    return Call(
        call_id=new_id(),
        model=request.model,
        cost_nanousd=worst_nanousd,
        price_version=request.price.version if request.price else "",
        estimated=True,
        fault=CallFault.TIMEOUT,
    )
