"""Grading by models: which models judge, how much they are asked, and what they say."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.models import ModelName, ModelSpec
from assay.contracts.money import Price
from assay.contracts.providers import Provider


class JudgeModel(Data, frozen=True, kw_only=True):
    """A model that judges. ``structured_output``: whether it accepts a schema for its answer; None if that is
    unknown. ``provider`` is set if the ledger has it instead of the catalogue, as ``registered`` says."""

    model: ModelSpec
    price: Price | None = None
    registered: bool = False
    structured_output: bool | None = None
    provider: Provider | None = None


class Judging(Data, frozen=True, kw_only=True):
    """How an attempt of a task is judged: by ``models``, each of which gets ``requests`` of at most ``prompt_bytes``,
    and answers each in at most ``max_tokens``. This determines what grading an attempt can cost."""

    models: tuple[ModelName, ...]
    requests: Annotated[int, Meta(ge=1)]
    prompt_bytes: Annotated[int, Meta(ge=0)]
    max_tokens: Annotated[int, Meta(ge=1)]


class CriterionJudgement(Data, frozen=True, kw_only=True):
    """What a judge says by one criterion: the score that it gave and that score between 0 and 1, why, and what it
    quotes from the output. A comparison has 1 for the better, 0.5 for a tie and 0 for the worse."""

    criterion: str
    score: float
    normalized: Annotated[float, Meta(ge=0, le=1)]
    reason: str = ""
    evidence: str = ""


class Judgement(Data, frozen=True, kw_only=True):
    """What one judge says of an output, and its weighted mean over the criteria."""

    judge: ModelName
    score: Annotated[float, Meta(ge=0, le=1)]
    criteria: tuple[CriterionJudgement, ...]
    served_model: str = ""
