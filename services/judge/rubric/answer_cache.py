"""Answers by content: the same question to the same model is asked once, and always gives the same verdict."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

import structlog

from assay.bus.errors import BusError
from assay.bus.protocol import Rpc
from assay.contracts.codec import digest
from assay.contracts.judging import JudgeModel
from assay.contracts.problems import ProblemError
from assay.contracts.rpc import FindJudgeAnswers, JudgeAnswer, Request, StoreJudgeAnswer
from services.judge.errors import JudgeModelUnavailable
from services.judge.rubric.prompt import PROMPT_VERSION, Question, build_prompt

R = TypeVar("R")
_TIMEOUT_SECONDS = 10.0
_log = structlog.get_logger(__name__)


class AnswerCache(Protocol):
    async def find(self, key: str) -> JudgeAnswer | None: ...
    async def store(self, answer: JudgeAnswer) -> JudgeAnswer:
        """The stored answer, which is an earlier one if the key has one."""
        ...


class LedgerAnswers:
    """The ledger stores the answers, so all judges share them. Raises JudgeModelUnavailable without it."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def find(self, key: str) -> JudgeAnswer | None:
        found = await self._request(FindJudgeAnswers(keys=(key,)))
        return found.items[0] if found.items else None

    async def store(self, answer: JudgeAnswer) -> JudgeAnswer:
        return await self._request(StoreJudgeAnswer(answer=answer))

    async def _request(self, request: Request[R]) -> R:
        try:
            return await self._rpc.request(request, _TIMEOUT_SECONDS)
        except (BusError, ProblemError) as error:
            raise JudgeModelUnavailable(f"the stored answers of judges cannot be reached: {error}") from error


class KeyedLocks:
    """One lock for each key in use, so that two gradings do not ask the same question at the same time."""

    def __init__(self) -> None:
        self._locks = WeakValueDictionary[str, asyncio.Lock]()

    def of(self, key: str) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())


def answer_key(question: Question, judge: JudgeModel) -> str:
    """Everything that the model gets, except for the nonce, and which model it is. Prices do not count."""
    prompt = build_prompt(question, nonce="")
    provider = judge.provider
    endpoint: list[Any] = [provider.kind, provider.base_url] if provider else []
    return digest([PROMPT_VERSION, prompt.system, prompt.user, question.rubric.max_tokens, judge.model, endpoint])
