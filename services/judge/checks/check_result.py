"""What a check returns, before it is weighed."""

from __future__ import annotations

from msgspec import field

from assay.contracts.codec import Data
from assay.contracts.results import TestOutput
from assay.contracts.rubric import Judgement


class CheckScore(Data, frozen=True, kw_only=True):
    """``message`` explains the score without revealing expected answers or hidden tests; ``tests`` are those that
    ran."""

    passed: bool
    score: float
    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tests: tuple[TestOutput, ...] = ()
    judgements: tuple[Judgement, ...] = ()
    review: str = ""
    """Why a person has to decide. The attempt then has no score."""


def passed(message: str = "", metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=True, score=1.0, message=message, metrics=metrics or {})


def failed(message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=False, score=0.0, message=message, metrics=metrics or {})


def partial(right: int, total: int, message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    """A score for ``right`` of ``total``; passes if all are right."""
    return CheckScore(passed=right == total, score=right / total, message=message, metrics=metrics or {})


def needs_review(
    reason: str, metrics: dict[str, float] | None = None, judgements: tuple[Judgement, ...] = ()
) -> CheckScore:
    return CheckScore(
        passed=False, score=0.0, message=reason, metrics=metrics or {}, judgements=judgements, review=reason
    )
