"""Facts: public events as CloudEvents 1.0 JSON, published only by the ledger's outbox.

A fact's tag is the event's ``type`` and part of its subject; the dashboard dispatches on it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from assay.contracts.attempts import AttemptView, State
from assay.contracts.codec import Data, Message
from assay.contracts.money import Usd
from assay.contracts.runs import Progress, RunView
from assay.contracts.verdicts import RevisionSource, Verdict


class RunSubmitted(Message, frozen=True, kw_only=True, tag="run.submitted"):
    """The run and its attempts are stored and will be executed."""

    run: RunView


class RunStarted(Message, frozen=True, kw_only=True, tag="run.started"):
    """The run's first attempt was claimed."""

    run: RunView


class RunFinished(Message, frozen=True, kw_only=True, tag="run.finished"):
    """Every attempt of the run is done."""

    run: RunView


class RunCancelled(Message, frozen=True, kw_only=True, tag="run.cancelled"):
    """The run was cancelled: its unfinished attempts are now ``cancelled``, earlier results are kept."""

    run: RunView


class RunPaused(Message, frozen=True, kw_only=True, tag="run.paused"):
    """The run was paused: it starts no attempts until it is resumed."""

    run: RunView


class RunResumed(Message, frozen=True, kw_only=True, tag="run.resumed"):
    """The run was resumed."""

    run: RunView


class RunCancelling(Message, frozen=True, kw_only=True, tag="run.cancelling"):
    """Cancellation was requested: running attempts have a few seconds left to finish, and executed ones are
    graded."""

    run: RunView


class RunChanged(Message, frozen=True, kw_only=True, tag="run.changed"):
    """The run's limits, priority or wait reason changed, or one of its models was stopped."""

    run: RunView


class RunWarned(Message, frozen=True, kw_only=True, tag="run.warned"):
    """Spending reached ``percent`` (80 or 100) of a limit, or exceeded the reserved amount. ``account`` is ``run``,
    ``day``, ``project`` or ``excess``."""

    run: RunView
    account: str
    percent: int
    spent_usd: Usd
    held_usd: Usd
    limit_usd: Usd | None = None
    message: str = ""


class RunStalled(Message, frozen=True, kw_only=True, tag="run.stalled"):
    """The run made no progress during its no-progress window, for the stated reason."""

    run: RunView
    seconds: float
    reason: str


class AttemptQueued(Message, frozen=True, kw_only=True, tag="attempt.queued"):
    """The attempt can be claimed by a runner."""

    attempt: AttemptView
    progress: Progress


class AttemptStarted(Message, frozen=True, kw_only=True, tag="attempt.started"):
    """A runner claimed the attempt and a try started."""

    attempt: AttemptView
    progress: Progress
    worker_id: str


class AttemptRequeued(Message, frozen=True, kw_only=True, tag="attempt.requeued"):
    """A try was lost to an infrastructure failure; the attempt is queued for another try."""

    attempt: AttemptView
    progress: Progress
    cause: str
    back_to: State


class AttemptRecalled(Message, frozen=True, kw_only=True, tag="attempt.recalled"):
    """The attempt was withdrawn before it started, because its run was paused or cannot pay for it, and waits again."""

    attempt: AttemptView
    progress: Progress
    cause: str


class AttemptCharged(Message, frozen=True, kw_only=True, tag="attempt.charged"):
    """The attempt's cost or reserved amount changed; its state did not."""

    attempt: AttemptView
    progress: Progress


class AttemptHandedIn(Message, frozen=True, kw_only=True, tag="attempt.handed_in"):
    """A try produced an output to grade; its calls are booked."""

    attempt: AttemptView
    progress: Progress


class AttemptGrading(Message, frozen=True, kw_only=True, tag="attempt.grading"):
    """A judge claimed the attempt."""

    attempt: AttemptView
    progress: Progress
    worker_id: str


class AttemptFinished(Message, frozen=True, kw_only=True, tag="attempt.finished"):
    """The attempt is done. Only a revision of its verdict can change its outcome."""

    attempt: AttemptView
    progress: Progress
    verdict: Verdict | None = None


class AttemptRevised(Message, frozen=True, kw_only=True, tag="attempt.revised"):
    """A review or a later grading replaced the verdict of an attempt that was done. ``source`` and ``author`` say which
    and by whom; ``by_run`` is the run that graded it again."""

    attempt: AttemptView
    progress: Progress
    verdict: Verdict
    revision: int
    source: RevisionSource
    author: str
    by_run: str = ""


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
    | AttemptRevised
)
Fact = RunFact | AttemptFact


class Event(Data, frozen=True, kw_only=True):
    """A CloudEvents 1.0 envelope. ``sequence`` numbers a run's facts from 1 without gaps. ``subject`` is the id of the
    run or of the attempt. ``type`` repeats the tag of ``data``."""

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
