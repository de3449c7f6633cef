"""Verdicts: what a judge decides about an attempt."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.checks import Tier
from assay.contracts.codec import Data

Score = Annotated[float, Meta(ge=0, le=1)]


class Outcome(StrEnum):
    """How an attempt ended. ``limit``: money, tokens or tool calls were used up. ``agent_error``: a fault of the model.
    ``infra_error``: a fault of Assay or of a provider, which says nothing about the model."""

    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    LIMIT = "limit"
    REFUSED = "refused"
    AGENT_ERROR = "agent_error"
    INFRA_ERROR = "infra_error"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"

    @property
    def counts(self) -> bool:
        """Whether the outcome can say something about the model. The attempt then has a score, except for a ``limit``
        that a money limit caused: attempts with a score are evidence, all others are not."""
        return self not in (Outcome.INFRA_ERROR, Outcome.CANCELLED, Outcome.NEEDS_REVIEW)


class CheckResult(Data, frozen=True, kw_only=True):
    """One check's result. ``message`` gives the reason without revealing hidden tests or expected answers."""

    name: str
    kind: str
    passed: bool
    score: Score
    weight: float = 1.0
    message: str = ""
    tier: Tier = Tier.DETERMINISTIC
    needs_review: bool = False
    """Neither passed nor failed: a person must decide."""


class Verdict(Data, frozen=True, kw_only=True):
    outcome: Outcome
    score: Score = 0.0
    reason: str = ""
    checks: tuple[CheckResult, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict[str, float])
