"""What a check returns, before it is weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import field, structs

from assay.contracts.audit import AuditFlag
from assay.contracts.codec import Data
from assay.contracts.judging import Judgement
from assay.contracts.results import Evidence, TestOutput
from assay.contracts.run_metrics import Prediction
from assay.contracts.verdicts import ReviewForm
from assay.sandbox import ResourceUse


@dataclass(frozen=True, kw_only=True, slots=True)
class TextLog:
    """Text output of a program."""

    data: bytes
    truncated: bool = False


class CheckScore(Data, frozen=True, kw_only=True):
    """``message`` explains the score without revealing expected answers or hidden tests; ``tests`` are those that
    ran. ``evidence`` and the tests' messages are stored as far as the task reveals them. ``logs`` are artifacts by
    name. ``used`` is what submitted code used."""

    passed: bool
    score: float
    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    tests: tuple[TestOutput, ...] = ()
    evidence: Evidence = Evidence()
    logs: dict[str, TextLog] = field(default_factory=dict[str, TextLog])
    judgements: tuple[Judgement, ...] = ()
    needs_review: bool = False
    """Neither passed nor failed: a person must decide."""
    form: ReviewForm | None = None
    used: ResourceUse = ResourceUse()
    flags: tuple[AuditFlag, ...] = ()
    prediction: Prediction | None = None
    """For metrics over all samples of the task."""

    def with_evidence(self, submitted: str, expected: str = "", difference: str = "") -> CheckScore:
        evidence = Evidence.of(submitted, expected, difference)
        return structs.replace(self, evidence=evidence)


_EMPTY_LOG = TextLog(data=b"")


def merge_logs(logs: Mapping[str, TextLog], more: Mapping[str, TextLog]) -> dict[str, TextLog]:
    """Concatenates logs of the same name, for tasks with several checks of one kind."""
    return {
        name: TextLog(
            data=logs.get(name, _EMPTY_LOG).data + more.get(name, _EMPTY_LOG).data,
            truncated=logs.get(name, _EMPTY_LOG).truncated or more.get(name, _EMPTY_LOG).truncated,
        )
        for name in (*logs, *(name for name in more if name not in logs))
    }


def passed(message: str = "", metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=True, score=1.0, message=message, metrics=metrics or {})


def failed(message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    return CheckScore(passed=False, score=0.0, message=message, metrics=metrics or {})


def partial(right: float, total: float, message: str, metrics: dict[str, float] | None = None) -> CheckScore:
    """A score for ``right`` of ``total``; passes if all are right."""
    return CheckScore(passed=right == total, score=right / total, message=message, metrics=metrics or {})
