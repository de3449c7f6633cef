"""Verdicts: what a judge decides about an attempt, and how later decisions revise it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from assay.contracts.checks import ReviewCriterion, Tier
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


class ReviewForm(Data, frozen=True, kw_only=True):
    """What a reviewer is asked. The check passes if the weighted mean of the criteria reaches ``pass_score``."""

    instructions: str = ""
    criteria: tuple[ReviewCriterion, ...]
    pass_score: Score = 0.5


class Reviewed(Data, frozen=True, kw_only=True):
    """How a person decided. ``points`` are those of the form's criteria."""

    reviewer: str
    points: dict[str, int] = field(default_factory=dict[str, int])
    comment: str = ""


class CheckResult(Data, frozen=True, kw_only=True):
    """One check's result. ``message`` gives the reason without revealing hidden tests or expected answers."""

    name: str
    kind: str
    passed: bool
    score: Score
    weight: float = 1.0
    message: str = ""
    tier: Tier = Tier.DETERMINISTIC
    required: bool = True
    gate: bool = False
    needs_review: bool = False
    """Neither passed nor failed: a person must decide."""
    form: ReviewForm | None = None
    """What the person is asked. None: only for a score."""
    reviewed: Reviewed | None = None
    """Set if a person decided."""


class Verdict(Data, frozen=True, kw_only=True):
    """``pass_score`` is the least score that passes."""

    outcome: Outcome
    score: Score = 0.0
    pass_score: Score = 1.0
    reason: str = ""
    checks: tuple[CheckResult, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict[str, float])


class RevisionSource(StrEnum):
    """Who gave a verdict."""

    JUDGE = "judge"
    REVIEW = "review"
    """A person decided a check."""
    REGRADE = "regrade"
    """A later run graded the stored output again."""
    IMPORT = "import"
    """Another framework, whose results were imported."""


class VerdictRevision(Data, frozen=True, kw_only=True):
    """One of an attempt's verdicts. The one with the highest ``revision`` counts; earlier ones are kept."""

    revision: int
    source: RevisionSource
    author: str
    """The judge or the reviewer."""
    comment: str = ""
    by_run: str = ""
    """The run that graded the output again."""
    at: datetime
    verdict: Verdict


def verdict_of(results: Sequence[CheckResult], pass_score: float, metrics: Mapping[str, float]) -> Verdict:
    """Passed if every required check passed and the mean score, weighted, reaches ``pass_score``. A failed gate makes
    the score 0. While a person has yet to decide a check, the outcome is ``needs_review``, unless a gate has failed."""
    gate_failed = any(each.gate and not each.passed and not each.needs_review for each in results)
    score = 0.0 if gate_failed else _weighted_mean(results)
    passed = all(each.passed for each in results if each.required) and score >= pass_score
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    if any(each.needs_review for each in results) and not gate_failed:
        outcome = Outcome.NEEDS_REVIEW
    return Verdict(
        outcome=outcome,
        score=score,
        pass_score=pass_score,
        reason=_reason(outcome, [each for each in results if each.required]),
        checks=tuple(results),
        metrics=dict(metrics),
    )


def _weighted_mean(results: Sequence[CheckResult]) -> float:
    total = sum(each.weight for each in results)
    weighted = sum(each.weight * each.score for each in results)
    return min(1.0, max(0.0, weighted / total)) if total else 0.0


def _reason(outcome: Outcome, required: Sequence[CheckResult]) -> str:
    if outcome is Outcome.PASSED:
        return ""
    if outcome is Outcome.NEEDS_REVIEW:
        shown = [each for each in required if each.needs_review]
    else:
        shown = [each for each in required if not each.passed]
        if not shown:
            return "the score is below the task's pass score"
    return "; ".join(f"{each.name}: {each.message}" for each in shown)[:1000]
