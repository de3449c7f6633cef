"""What a check finds out, before it is weighed."""

from __future__ import annotations

from msgspec import field

from assay.contracts.codec import Data
from assay.contracts.results import TestOutput


class CheckScore(Data, frozen=True, kw_only=True):
    """``message`` tells why in words that give away neither an expected answer nor a hidden test; ``tests`` are those
    that were run."""

    passed: bool
    score: float
    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tests: tuple[TestOutput, ...] = ()


def passed(message: str = "", metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=True, score=1.0, message=message, metrics=metrics or {})


def failed(message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=False, score=0.0, message=message, metrics=metrics or {})


def partial(right: int, total: int, message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    """So many of so many are right; all of them pass."""
    return CheckScore(passed=right == total, score=right / total, message=message, metrics=metrics or {})
