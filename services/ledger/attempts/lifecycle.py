"""An attempt's life: the states it can pass through, what moves it, and which fact reports each step.

``transitions.py`` holds the statements that make these transitions; nothing else in the product writes the state.
``python -m services.ledger.attempts.diagram`` draws this table into ``docs/architecture.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from assay.contracts.attempts import State
from assay.contracts.facts import (
    AttemptFact,
    AttemptFinished,
    AttemptGrading,
    AttemptHandedIn,
    AttemptQueued,
    AttemptRecalled,
    AttemptRequeued,
    AttemptStarted,
)
from assay.contracts.runs import Progress
from assay.contracts.verdicts import Verdict
from services.ledger.attempts.rows import AttemptRow
from services.ledger.database.rows import Row


class Event(StrEnum):
    """What moves an attempt."""

    RELEASED = "released"
    CLAIMED = "claimed"
    CLAIMED_AGAIN = "claimed again"
    RECALLED = "recalled"
    EXECUTED = "executed"
    GRADED = "graded"
    LEASE_EXPIRED = "lease expired"
    UNAFFORDABLE = "unaffordable"
    MODEL_STOPPED = "model stopped"
    DEAD_LETTERED = "dead-lettered twice"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Rule:
    """A legal transition. Without a ``fact`` it is not reported by itself; ``when`` is its condition."""

    event: Event
    before: State
    after: State
    fact: type[AttemptFact] | None
    when: str


_TRIES_LEFT, _NONE_LEFT = "and tries are left", "and no tries are left: infra_error"

TRANSITIONS = (
    Rule(Event.RELEASED, State.WAITING, State.QUEUED, AttemptQueued, "workers, caps and limits have room for it"),
    Rule(Event.CLAIMED, State.QUEUED, State.RUNNING, AttemptStarted, "a runner claims it under its token"),
    Rule(Event.CLAIMED, State.EXECUTED, State.GRADING, AttemptGrading, "a judge claims it under its token"),
    Rule(Event.CLAIMED, State.GRADING, State.GRADING, AttemptGrading, "a judge claims it after a lease was lost"),
    Rule(Event.CLAIMED_AGAIN, State.RUNNING, State.RUNNING, None, "its runner lost the answer to its claim"),
    Rule(Event.CLAIMED_AGAIN, State.GRADING, State.GRADING, None, "its judge lost the answer to its claim"),
    Rule(Event.RECALLED, State.QUEUED, State.WAITING, AttemptRecalled, "its run is paused, or no limit has room"),
    Rule(Event.EXECUTED, State.RUNNING, State.EXECUTED, AttemptHandedIn, "the try left something to grade"),
    Rule(Event.EXECUTED, State.RUNNING, State.DONE, AttemptFinished, "the try decided the outcome"),
    Rule(Event.EXECUTED, State.RUNNING, State.QUEUED, AttemptRequeued, f"infrastructure failed {_TRIES_LEFT}"),
    Rule(Event.GRADED, State.GRADING, State.DONE, AttemptFinished, "the judge gave a verdict"),
    Rule(Event.GRADED, State.GRADING, State.GRADING, AttemptRequeued, f"the judge failed {_TRIES_LEFT}"),
    Rule(Event.LEASE_EXPIRED, State.RUNNING, State.QUEUED, AttemptRequeued, f"the runner is silent {_TRIES_LEFT}"),
    Rule(Event.LEASE_EXPIRED, State.RUNNING, State.DONE, AttemptFinished, f"the runner is silent {_NONE_LEFT}"),
    Rule(Event.LEASE_EXPIRED, State.GRADING, State.GRADING, AttemptRequeued, f"the judge is silent {_TRIES_LEFT}"),
    Rule(Event.LEASE_EXPIRED, State.GRADING, State.DONE, AttemptFinished, f"the judge is silent {_NONE_LEFT}"),
    Rule(Event.UNAFFORDABLE, State.WAITING, State.DONE, AttemptFinished, "no limit will ever have room: limit"),
    *(
        Rule(Event.MODEL_STOPPED, before, State.DONE, AttemptFinished, "its model cannot be called: infra_error")
        for before in (State.WAITING, State.QUEUED)
    ),
    *(
        Rule(Event.DEAD_LETTERED, before, State.DONE, AttemptFinished, "its order was dead-lettered twice: infra_error")
        for before in (State.QUEUED, State.EXECUTED, State.GRADING)
    ),
    *(
        Rule(Event.CANCELLED, before, State.DONE, None, "its run is cancelled; the run's own fact covers it")
        for before in (State.WAITING, State.QUEUED, State.RUNNING)
    ),
    *(
        Rule(Event.CANCELLED, before, State.DONE, AttemptFinished, "its run is cancelled without grading its answer")
        for before in (State.EXECUTED, State.GRADING)
    ),
)

_FACTS = {(rule.event, rule.before, rule.after): rule.fact for rule in TRANSITIONS}


class Transition(Row):
    """One attempt as a statement changed it: state, token and worker before, the whole row after. ``cause`` says why an
    attempt was recalled."""

    before: State
    before_token: int
    before_worker_id: str
    after: AttemptRow
    event: Event = Event.RELEASED
    cause: str = ""
    verdict: Verdict | None = None

    def fact(self, progress: Progress) -> AttemptFact:
        """The fact that reports it; raises KeyError for a transition that is not declared."""
        kind = _FACTS[self.event, self.before, self.after.state]
        after, attempt = self.after, self.after.view()
        if kind is AttemptStarted or kind is AttemptGrading:
            return kind(attempt=attempt, progress=progress, worker_id=after.worker_id)
        if kind is AttemptRequeued:
            return kind(attempt=attempt, progress=progress, cause=after.reason, back_to=after.state)
        if kind is AttemptRecalled:
            return kind(attempt=attempt, progress=progress, cause=self.cause)
        if kind is AttemptFinished:
            return kind(attempt=attempt, progress=progress, verdict=self.verdict)
        assert kind is AttemptQueued or kind is AttemptHandedIn
        return kind(attempt=attempt, progress=progress)
