"""Facts: public events, published by the ledger's outbox alone, as CloudEvents 1.0 JSON.

A fact's tag is the event's ``type``, the end of its subject, and what the browser switches on.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from assay.contracts.attempts import AttemptView, State
from assay.contracts.codec import Data, Message
from assay.contracts.money import Usd
from assay.contracts.runs import Progress, RunView
from assay.contracts.verdicts import Verdict


class RunSubmitted(Message, frozen=True, kw_only=True, tag="run.submitted"):
    """A run and its attempts are stored; it will be carried out."""

    run: RunView


class RunStarted(Message, frozen=True, kw_only=True, tag="run.started"):
    """The run's first attempt was claimed."""

    run: RunView


class RunFinished(Message, frozen=True, kw_only=True, tag="run.finished"):
    """Every attempt of the run is done."""

    run: RunView


class RunCancelled(Message, frozen=True, kw_only=True, tag="run.cancelled"):
    """The run was cancelled; attempts that were not done are now ``cancelled``, results so far are kept."""

    run: RunView


class RunPaused(Message, frozen=True, kw_only=True, tag="run.paused"):
    """The run begins nothing new until it is resumed."""

    run: RunView


class RunResumed(Message, frozen=True, kw_only=True, tag="run.resumed"):
    """A paused run goes on."""

    run: RunView


class RunCancelling(Message, frozen=True, kw_only=True, tag="run.cancelling"):
    """The run was cancelled; attempts that are under way may end by themselves for some seconds more."""

    run: RunView


class RunChanged(Message, frozen=True, kw_only=True, tag="run.changed"):
    """The run's limits, its priority, or the reason for which its attempts wait, are others now."""

    run: RunView


class RunWarned(Message, frozen=True, kw_only=True, tag="run.warned"):
    """Spending reached a share of a limit, or money went where no hold was. ``account`` is ``run``, ``day``,
    ``project`` or ``excess``; ``percent`` is 80 or 100."""

    run: RunView
    account: str
    percent: int
    spent_usd: Usd
    held_usd: Usd
    limit_usd: Usd | None = None
    message: str = ""


class RunStalled(Message, frozen=True, kw_only=True, tag="run.stalled"):
    """Nothing of the run has changed for its no-progress window, for the stated reason."""

    run: RunView
    seconds: float
    reason: str


class AttemptQueued(Message, frozen=True, kw_only=True, tag="attempt.queued"):
    """The attempt may be claimed by a runner."""

    attempt: AttemptView
    progress: Progress


class AttemptStarted(Message, frozen=True, kw_only=True, tag="attempt.started"):
    """A runner claimed the attempt: a try began."""

    attempt: AttemptView
    progress: Progress
    worker_id: str


class AttemptRequeued(Message, frozen=True, kw_only=True, tag="attempt.requeued"):
    """A try was lost to infrastructure, for the stated cause; there will be another."""

    attempt: AttemptView
    progress: Progress
    cause: str
    back_to: State


class AttemptRecalled(Message, frozen=True, kw_only=True, tag="attempt.recalled"):
    """The attempt waits again before anyone began it: its run was paused, or its money is not there."""

    attempt: AttemptView
    progress: Progress
    cause: str


class AttemptCharged(Message, frozen=True, kw_only=True, tag="attempt.charged"):
    """What the attempt cost, or what is held for it, is another sum now, though nothing else became of it."""

    attempt: AttemptView
    progress: Progress


class AttemptHandedIn(Message, frozen=True, kw_only=True, tag="attempt.handed_in"):
    """A try ended with something to grade; its calls are booked."""

    attempt: AttemptView
    progress: Progress


class AttemptGrading(Message, frozen=True, kw_only=True, tag="attempt.grading"):
    """A judge claimed the attempt."""

    attempt: AttemptView
    progress: Progress
    worker_id: str


class AttemptFinished(Message, frozen=True, kw_only=True, tag="attempt.finished"):
    """The attempt is done: this is its outcome, once and for all."""

    attempt: AttemptView
    progress: Progress
    verdict: Verdict | None = None


RunFact = (
    RunSubmitted
    | RunStarted
    | RunPaused
    | RunResumed
    | RunChanged
    | RunWarned
    | RunStalled
    | RunCancelling
    | RunFinished
    | RunCancelled
)
AttemptFact = (
    AttemptQueued
    | AttemptStarted
    | AttemptRequeued
    | AttemptRecalled
    | AttemptCharged
    | AttemptHandedIn
    | AttemptGrading
    | AttemptFinished
)
Fact = RunFact | AttemptFact


class Event(Data, frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope. ``sequence`` counts a run's facts from 1 without gaps; ``subject`` is the run, or the
    attempt. ``type`` repeats ``data``'s tag."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    sequence: Annotated[int, Meta(ge=1)]
    project: str
    runid: str
    data: Fact
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
