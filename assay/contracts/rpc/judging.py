"""Requests about grading by models."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from assay.contracts.artifacts import Sha256
from assay.contracts.checks import Rubric
from assay.contracts.codec import Data
from assay.contracts.judging import Judgement, JudgeModel
from assay.contracts.models import Call, CallFault, ModelName, Parameters
from assay.contracts.money import NanoUsd, Price
from assay.contracts.providers import Provider
from assay.contracts.rpc.money import Grant
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


class TextJudgement(Data, frozen=True, kw_only=True):
    """What a judge says of a text, and the calls that it took; none if the answer was stored. Without a judgement,
    ``reason`` says why."""

    judgement: Judgement | None = None
    reason: str = ""
    calls: tuple[Call, ...] = ()


class JudgeText(Request[TextJudgement], frozen=True, kw_only=True, tag="judges.judge_text"):
    """Judge a text or files by a rubric outside of any run, to compare the judge with people. ``task`` is what was
    asked, ``expected`` the expected text. ``key_permit`` is set if the ledger stores the key of the judge's
    provider."""

    service: ClassVar[str] = "judge"
    reply: ClassVar[Any] = TextJudgement
    rubric: Rubric
    judge: JudgeModel
    task: str
    text: str = ""
    files: dict[str, str] = field(default_factory=dict[str, str])
    expected: str = ""
    key_permit: str = ""
    task_id: str = ""
    sample_id: str = ""


class HoldForCalibration(Request[Grant], frozen=True, kw_only=True, tag="calibrations.hold"):
    """Reserve money on the judges' account to judge a text outside of any run, all or nothing; idempotent by
    ``request_id``."""

    reply: ClassVar[Any] = Grant
    request_id: str
    calibration_id: str
    amount_nanousd: NanoUsd
    project: str = "default"


class Settled(Data, frozen=True, kw_only=True):
    posted_nanousd: NanoUsd


class SettleCalibration(Request[Settled], frozen=True, kw_only=True, tag="calibrations.settle"):
    """Post what judging a text has cost, and release the rest of what was held; repeating it changes nothing."""

    reply: ClassVar[Any] = Settled
    calibration_id: str
    calls: tuple[Call, ...] = ()
    project: str = "default"
