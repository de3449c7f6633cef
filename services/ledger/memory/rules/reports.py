"""Workers' reports: what each says of its attempt and its try, before it is known whether it may."""

from __future__ import annotations

from typing import NamedTuple

from assay.contracts.attempts import AttemptExecuted, AttemptJudged
from assay.contracts.verdicts import Outcome

BUDGET = "budget"
"""The fault of a try that a money limit ended: it says nothing about the model."""

LEASES_FOR_A_LATE_REPORT = 2
"""A try that is over is given so much time to be reported on."""


class Execution(NamedTuple):
    """``outcome`` is empty where a judge is to find it; ``again``: the try is lost, and another one may be made."""

    attempt_id: str
    token: int
    outcome: str
    reason: str
    again: bool
    duration_seconds: float


class Judgement(NamedTuple):
    attempt_id: str
    token: int
    outcome: str
    score: float | None
    reason: str
    again: bool


class TryEnd(NamedTuple):
    """How a try ended, and why."""

    ended: str
    cause: str


def execution_of(report: AttemptExecuted) -> Execution:
    again = report.outcome is Outcome.INFRA_ERROR and report.fault is not None and report.fault.new_try
    reason = report.reason or (report.fault.message if report.fault else "")
    return Execution(report.attempt_id, report.token, report.outcome or "", reason, again, report.duration_seconds)


def judgement_of(report: AttemptJudged) -> Judgement:
    verdict = report.verdict
    again = verdict.outcome is Outcome.INFRA_ERROR and report.fault is not None and report.fault.new_try
    return Judgement(report.attempt_id, report.token, verdict.outcome, verdict.score, verdict.reason, again)


def try_end(report: AttemptExecuted, *, superseded: bool) -> TryEnd:
    """``superseded``: the report came too late to change its attempt."""
    ended = "superseded" if superseded else "failed" if report.outcome is Outcome.INFRA_ERROR else "executed"
    return TryEnd(ended, report.fault.message if report.fault else report.reason)


def is_broke(report: AttemptExecuted) -> bool:
    return report.fault is not None and report.fault.kind == BUDGET
