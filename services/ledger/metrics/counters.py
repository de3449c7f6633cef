"""Prometheus counters of what this ledger process booked. They count when the transaction has committed."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Counter

from assay.contracts.attempts import Stage, State
from assay.contracts.verdicts import Outcome
from assay.service.bounded_label import BoundedLabel
from services.ledger.attempts.lifecycle import Event, Transition
from services.ledger.attempts.transitions import Cancelled

_MAX_PROJECTS = 100
_NANOUSD = 1e9
_FINISHED = Counter("assay_attempts_finished", "Attempts that ended, by outcome", ["outcome"])
_STARTED = Counter("assay_tries_started", "Tries and gradings that a worker claimed", ["stage"])
_REPEATED = Counter(
    "assay_tries_repeated", "Tries and gradings to be repeated: failed by infrastructure or lost", ["stage", "reason"]
)
_EXPIRED = Counter("assay_leases_expired", "Leases of workers that fell silent", ["stage"])
_SPEND = Counter("assay_spend_usd", "Money posted, in USD, for models or for judges", ["project", "purpose"])
_project = BoundedLabel(_MAX_PROJECTS)
for outcome in Outcome:
    _FINISHED.labels(outcome)
for stage in Stage:
    for counter in (_STARTED, _EXPIRED):
        counter.labels(stage)
    for reason in ("failed", "lost"):
        _REPEATED.labels(stage, reason)


def count_transitions(transitions: Iterable[Transition], cancelled: Iterable[Cancelled]) -> None:
    for each in transitions:
        _count(each)
    for each in cancelled:
        _FINISHED.labels(Outcome.CANCELLED).inc(each.count)


def _count(transition: Transition) -> None:
    event, after = transition.event, transition.after
    stage = Stage.JUDGE if transition.before in (State.EXECUTED, State.GRADING) else Stage.RUN
    lost = event is Event.LEASE_EXPIRED
    if event is Event.CLAIMED:
        _STARTED.labels(stage).inc()
    if lost:
        _EXPIRED.labels(stage).inc()
    if after.state is State.DONE and after.outcome is not None:
        _FINISHED.labels(after.outcome).inc()
    elif lost or (event is Event.EXECUTED and after.state is State.QUEUED) or event is Event.GRADED:
        _REPEATED.labels(stage, "lost" if lost else "failed").inc()


def count_spend(project: str, purpose: str, nanousd: int) -> None:
    _SPEND.labels(_project(project), purpose).inc(nanousd / _NANOUSD)
