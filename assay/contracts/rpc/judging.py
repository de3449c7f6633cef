"""Requests about grading by models."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.artifacts import Sha256
from assay.contracts.codec import Data
from assay.contracts.models import Call, CallFault, ModelName, Parameters
from assay.contracts.money import NanoUsd, Price
from assay.contracts.providers import Provider
from assay.contracts.rpc.request import Request

MAX_ASK_SECONDS = 600.0


class ModelAnswer(Data, frozen=True, kw_only=True):
    """What a model answered, and the calls that it took. ``fault`` is set if it did not answer; ``retryable`` if the
    same question may be answered later. ``refused``: the model or its provider declined to answer."""

    text: str = ""
    refused: bool = False
    truncated: bool = False
    served_model: str = ""
    calls: tuple[Call, ...] = ()
    fault: CallFault | None = None
    message: str = ""
    retryable: bool = False


class AskModel(Request[ModelAnswer], frozen=True, kw_only=True, tag="models.ask"):
    """Ask a model one question on behalf of a judge, using the runner's keys, network and rate limits. ``provider`` is
    set if it is in the ledger. A stored key is opened with the judge's lease of the attempt, or with ``key_permit``.
    ``budget_nanousd`` is what the calls may cost together; ``task_id`` and ``sample_id`` select the response of a
    scripted model."""

    service: ClassVar[str] = "runner"
    reply: ClassVar[Any] = ModelAnswer
    request_id: str
    model: ModelName
    system: str
    prompt: str
    parameters: Parameters = Parameters()
    provider: Provider | None = None
    price: Price | None = None
    budget_nanousd: NanoUsd = 0
    key_permit: str = ""
    attempt_id: str = ""
    token: int = 0
    task_id: str = ""
    sample_id: str = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=MAX_ASK_SECONDS)] = 180.0


class JudgeAnswer(Data, frozen=True, kw_only=True):
    """A readable answer of a model that judges. ``key`` is the sha256 of everything that determines it."""

    key: Sha256
    model: ModelName
    served_model: str = ""
    text: str


class JudgeAnswers(Data, frozen=True, kw_only=True):
    """The stored ones of those that were asked for."""

    items: tuple[JudgeAnswer, ...] = ()


class FindJudgeAnswers(Request[JudgeAnswers], frozen=True, kw_only=True, tag="judge_answers.find"):
    """Find stored answers of judges, so that the same question is not paid twice and gets the same answer."""

    reply: ClassVar[Any] = JudgeAnswers
    keys: Annotated[tuple[Sha256, ...], Meta(max_length=100)]


class StoreJudgeAnswer(Request[JudgeAnswer], frozen=True, kw_only=True, tag="judge_answers.store"):
    """Store an answer, unless its key has one; the reply is the stored one."""

    reply: ClassVar[Any] = JudgeAnswer
    answer: JudgeAnswer
