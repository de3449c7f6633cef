"""Requests about runs: asking for them, and controlling them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from assay.contracts.codec import Data
from assay.contracts.money import Usd
from assay.contracts.rpc.request import PageSize, Request
from assay.contracts.runs import Priority, RunLimits, RunPlan, RunStatus, RunView
from assay.contracts.spending import AccountView


class SubmitRun(Request[RunView], frozen=True, kw_only=True, tag="runs.submit"):
    """Store the run and its attempts. The same ``idempotency_key`` with the same plan gives the same run."""

    reply: ClassVar[Any] = RunView
    plan: RunPlan
    idempotency_key: str = ""


class GetRun(Request[RunView], frozen=True, kw_only=True, tag="runs.get"):
    """One run as it is now."""

    reply: ClassVar[Any] = RunView
    run_id: str


class RunPage(Data, frozen=True, kw_only=True):
    """Newest first. ``next_cursor`` fetches the following page; empty on the last."""

    items: tuple[RunView, ...]
    next_cursor: str = ""
    total: int = 0


class ListRuns(Request[RunPage], frozen=True, kw_only=True, tag="runs.list"):
    """Runs that match, newest first."""

    reply: ClassVar[Any] = RunPage
    status: RunStatus | None = None
    suite: str = ""
    model: str = ""
    search: str = ""
    cursor: str = ""
    limit: PageSize = 50


class CancelRun(Request[RunView], frozen=True, kw_only=True, tag="runs.cancel"):
    """End a run: attempts not begun become ``cancelled`` at once, those under way after ``grace_seconds``; a run that
    has ended stays as it is."""

    reply: ClassVar[Any] = RunView
    run_id: str
    grace_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10.0


class PauseRun(Request[RunView], frozen=True, kw_only=True, tag="runs.pause"):
    """Begin nothing new of a run; what is under way goes on."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ResumeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.resume"):
    """Go on with a paused run."""

    reply: ClassVar[Any] = RunView
    run_id: str


class ChangeRun(Request[RunView], frozen=True, kw_only=True, tag="runs.change"):
    """Other limits, or another priority, for a run that has not ended. A limit below what is spent stops new requests
    and changes nothing that was."""

    reply: ClassVar[Any] = RunView
    run_id: str
    limits: RunLimits | None = None
    priority: Priority | None = None


class RestartRun(Request[RunView], frozen=True, kw_only=True, tag="runs.restart"):
    """A new run of an earlier one's plan. It takes over what is done already unless ``fresh``; so a restart retries
    what ended by error, by a limit or by cancelling."""

    reply: ClassVar[Any] = RunView
    run_id: str
    fresh: bool = False
    limits: RunLimits | None = None
    idempotency_key: str = ""


class Quote(Data, frozen=True, kw_only=True):
    """What a run would cost. ``estimated_usd`` is what such attempts used before, or a quarter of the tokens they may
    write where none was made; ``worst_usd`` is all they may use."""

    attempts: int
    reused: int = 0
    estimated_usd: Usd
    worst_usd: Usd
    from_history: bool = False
    accounts: tuple[AccountView, ...] = ()
    fits: bool = True
    refusal: str = ""
    """Why it cannot be submitted, with the numbers; empty when it can."""


class QuoteRun(Request[Quote], frozen=True, kw_only=True, tag="runs.quote"):
    """Estimate a run without storing anything; submitting applies the same check."""

    reply: ClassVar[Any] = Quote
    plan: RunPlan
