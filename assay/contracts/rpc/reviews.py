"""Requests about attempts that a person must review, and about runs that grade others again."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from assay.contracts.attempt_detail import AttemptDetail
from assay.contracts.attempts import AttemptView
from assay.contracts.codec import Data
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.runs import RunView
from assay.contracts.tasks import TaskPin
from assay.contracts.verdicts import CheckResult, Outcome

Comment = Annotated[str, Meta(max_length=10_000)]
Reviewer = Annotated[str, Meta(min_length=1, max_length=200)]


class ReviewItem(Data, frozen=True, kw_only=True):
    """An attempt that waits for a reviewer, with the results of the checks that a person must decide."""

    attempt: AttemptView
    checks: tuple[CheckResult, ...]


class ReviewPage(Data, frozen=True, kw_only=True):
    """The oldest first. ``next_cursor`` fetches the next page; it is empty on the last one."""

    items: tuple[ReviewItem, ...] = ()
    next_cursor: str = ""
    total: int = 0


class ListReviews(Request[ReviewPage], frozen=True, kw_only=True, tag="reviews.list"):
    """List the attempts that wait for a reviewer, of one run or of all."""

    reply: ClassVar[Any] = ReviewPage
    run_id: str = ""
    cursor: str = ""
    limit: PageSize = 50


class CheckReview(Data, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's decision about one check: ``points`` for each criterion of its form, or a ``score`` from 0 to 1 for a
    check without a form."""

    check: Annotated[str, Meta(min_length=1, max_length=200)]
    points: dict[str, int] = field(default_factory=dict[str, int])
    score: Annotated[float, Meta(ge=0, le=1)] | None = None
    comment: Comment = ""


class ReviewAttempt(Request[AttemptDetail], frozen=True, kw_only=True, tag="reviews.submit"):
    """Decide checks of an attempt that is done. Its verdict is revised; the earlier one is kept. A check can be
    reviewed again, and so can one that a judge decided."""

    reply: ClassVar[Any] = AttemptDetail
    attempt_id: str
    reviewer: Reviewer
    reviews: Annotated[tuple[CheckReview, ...], Meta(min_length=1, max_length=50)]


class RegradeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.regrade"):
    """Submit a run that grades the stored outputs of another one again, without asking any model. ``checks`` restricts
    it to checks of these names. ``tasks`` are the tasks to grade by, if not those that the other run pinned."""

    reply: ClassVar[Any] = RunView
    run_id: str
    checks: tuple[str, ...] = ()
    tasks: tuple[TaskPin, ...] = ()
    idempotency_key: str = ""


class ChangedVerdict(Data, frozen=True, kw_only=True):
    """An attempt whose verdict a later grading changed."""

    attempt_id: str
    task_id: str
    sample_id: str
    model: str
    repeat: int
    outcome_before: Outcome
    score_before: float
    outcome: Outcome
    score: float
    reason: str = ""


class Changes(Data, frozen=True, kw_only=True):
    """What a run that grades others again has changed so far: the first ``changed`` verdicts, and how many ``more``.
    ``unchanged`` attempts got the same verdict, ``ungraded`` ones could not be graded and keep theirs."""

    regrades: str
    changed: tuple[ChangedVerdict, ...] = ()
    more: int = 0
    unchanged: int = 0
    ungraded: int = 0
    waiting: int = 0


class GetChanges(Request[Changes], frozen=True, kw_only=True, tag="runs.changes"):
    """Get what a run that grades another one again has changed."""

    reply: ClassVar[Any] = Changes
    run_id: str
